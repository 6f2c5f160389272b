"""Counts from tag ids equal the definition: decode each sentence, compare sets of spans."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Span
from harness.errors import HarnessError
from harness.scoring.counting import count
from harness.scoring.flat import flatten
from harness.tags import POLICIES, decode, encode, invalid_transitions, tag_set

LABELS = ("PER", "GPE-LOC", "T")
TAGS = tag_set((*LABELS, "NEW"))

answers = st.lists(st.sampled_from(TAGS), max_size=9)
pairs = st.integers(0, 9).flatmap(
    lambda size: st.tuples(*[st.lists(st.sampled_from(TAGS), min_size=size, max_size=size)] * 2)
)
sets = st.lists(pairs, max_size=6)


def setup(tags):
    return decode(tags, "strict")


def by_definition(gold, tags, policy, labels):
    rows = []
    for spans, answer in zip(gold, tags, strict=True):
        wanted, found = set(spans), set(decode(answer, policy))
        parts = wanted & found, found - wanted, wanted - found
        rows.append([[sum(s.label == label for s in part) for part in parts] for label in labels])
    return np.array(rows, int).reshape(len(gold), len(labels), 3)


@given(sets, st.sampled_from(POLICIES), st.randoms())
def test_counts_without_some_sentences_are_those_of_the_others(sentences, policy, draw):
    left_out = [draw.random() < 0.5 for _ in sentences]
    gold, tags = [setup(wanted) for wanted, _ in sentences], [found for _, found in sentences]
    kept = [[side[i] for i, gone in enumerate(left_out) if not gone] for side in (gold, tags)]

    some = count(gold, tags, policy, LABELS).without(left_out, LABELS)
    if policy == "conlleval":  # in which every tag is of an entity
        assert some.labels == count(*kept, policy, LABELS).labels
    assert some.by_type.items() <= count(*kept, policy, LABELS).by_type.items()
    assert (
        some.values[:, : len(LABELS)] == count(*kept, policy, LABELS).values[:, : len(LABELS)]
    ).all()


@given(sets, st.sampled_from(POLICIES))
def test_counts_equal_sets_of_decoded_spans(sentences, policy):
    gold = [setup(wanted) for wanted, _ in sentences]
    tags = [found for _, found in sentences]
    matrix = count(gold, tags, policy, LABELS)
    assert matrix.labels[:3] == LABELS
    assert matrix.values.tolist() == by_definition(gold, tags, policy, matrix.labels).tolist()


@given(sets)
def test_units_of_a_set_are_counted_as_its_sentences_are(sentences):
    gold = [setup(wanted) for wanted, _ in sentences]
    tags = [found for _, found in sentences]
    flat = flatten(gold, tags, LABELS)
    assert flat.misplaced() == sum(map(invalid_transitions, tags))
    wrong, units = [0] * 4, [0] * 4
    for spans, answer in zip(gold, tags, strict=True):
        for place, (a, b) in enumerate(zip(encode(spans, len(answer)), answer, strict=True)):
            wrong[4 * place // len(answer)] += a != b
            units[4 * place // len(answer)] += 1
    assert flat.wrong_by_part(4) == tuple(zip(wrong, units, strict=True))


@given(sets, st.sampled_from(POLICIES), st.randoms())
def test_the_order_of_sentences_does_not_matter(sentences, policy, random):
    shuffled = random.sample(sentences, len(sentences))
    totals = [
        count([setup(g) for g, _ in some], [t for _, t in some], policy, LABELS).by_type
        for some in (sentences, shuffled)
    ]
    assert totals[0] == totals[1]


@given(sets)
def test_swapping_the_sides_swaps_wrong_and_missed(sentences):
    one = [setup(a) for a, _ in sentences]
    two = [setup(b) for _, b in sentences]
    lengths = [len(a) for a, _ in sentences]

    def tagged(side):
        return [encode(spans, size) for spans, size in zip(side, lengths, strict=True)]

    forward = count(one, tagged(two), "conlleval", (*LABELS, "NEW")).values
    backward = count(two, tagged(one), "conlleval", (*LABELS, "NEW")).values
    assert forward[..., [0, 2, 1]].tolist() == backward.tolist()


def test_an_entity_never_crosses_a_sentence_border():
    tags = [("B-PER",), ("I-PER",)]
    gold = [(Span(0, 1, "PER"),), (Span(0, 1, "PER"),)]
    assert count(gold, tags, "conlleval", ["PER"]).by_type == {"PER": (2, 0, 0)}
    assert count(gold, tags, "strict", ["PER"]).by_type == {"PER": (1, 0, 1)}


def test_a_type_outside_the_label_set_is_wrong_on_its_own():
    matrix = count([(Span(0, 2, "PER"),)], [("B-ZZZ", "I-ZZZ")], "conlleval", ["PER"])
    assert matrix.by_type == {"PER": (0, 0, 1), "ZZZ": (0, 1, 0)}
    assert matrix.by_sentence.tolist() == [[0, 1, 1]]


def test_sentences_without_units_keep_their_row():
    matrix = count([(), (Span(0, 1, "T"),), ()], [(), ("B-T",), ()], "conlleval", ["T"])
    assert matrix.by_sentence.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert count([], [], "conlleval", ["T"]).values.shape == (0, 1, 3)


def test_sides_of_unequal_length_are_refused():
    with pytest.raises(HarnessError, match="gold has 1 sentences, the answers have 2"):
        count([()], [(), ()], "conlleval", LABELS)
    with pytest.raises(HarnessError, match="sentence 2: gold ends at unit 2, the answer has 1 tag"):
        count([(), (Span(0, 2, "PER"),)], [("O",), ("O",)], "conlleval", LABELS)
