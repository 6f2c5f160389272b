"""What a tagger tells apart: BIOES says where entities end, and answers in BIO all the same."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.tagging.scheme import Scheme
from backends.tagging.viterbi import viterbi_legal
from harness.core import Span
from harness.tags import decode, invalid_transitions, tag_set

TAGS = tag_set(["PER", "LOC"])
BIO, BIOES = Scheme("bio", TAGS), Scheme("bioes", TAGS)


def spans(widths):
    """One entity or gap after another: (width, label or None)."""
    start, found = 0, []
    for width, label in widths:
        if label:
            found.append(Span(start, start + width, label))
        start += width
    return tuple(found), start


runs = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from([None, "PER", "LOC"])), min_size=1
).map(spans)


def test_bioes_names_first_middle_last_and_single_units():
    ids = BIOES.ids((Span(0, 3, "PER"), Span(4, 5, "LOC"), Span(5, 7, "LOC")), 7)
    assert [BIOES.tags[i] for i in ids] == [
        "B-PER", "I-PER", "E-PER", "O", "S-LOC", "B-LOC", "E-LOC",
    ]  # fmt: skip


def test_bio_is_the_tag_set_of_the_task():
    assert BIO.tags == TAGS
    assert [TAGS[i] for i in BIO.ids((Span(0, 2, "LOC"),), 3)] == ["B-LOC", "I-LOC", "O"]


@pytest.mark.parametrize("scheme", [BIO, BIOES], ids=["bio", "bioes"])
@given(runs)
def test_gold_comes_back_as_it_went_in(scheme, run):
    gold, units = run
    assert decode(scheme.answer(scheme.ids(gold, units))) == gold


@given(runs)
def test_gold_keeps_the_rules(run):
    ids, rules = BIOES.ids(*run), BIOES.rules()
    assert rules.start[ids[0]]
    assert rules.end[ids[-1]]
    assert all(rules.follow[a, b] for a, b in itertools.pairwise(ids))


@pytest.mark.parametrize("units", [1, 2, 3])
def test_the_rules_allow_each_set_of_entities_one_path_and_no_other_path(units):
    rules = BIOES.rules()
    allowed = [
        path
        for path in itertools.product(range(len(BIOES)), repeat=units)
        if rules.start[path[0]] and rules.end[path[-1]]
        and all(rules.follow[a, b] for a, b in itertools.pairwise(path))
    ]  # fmt: skip
    meanings = {decode(BIOES.answer(path)) for path in allowed}
    legal = {
        decode(tags)
        for tags in itertools.product(TAGS, repeat=units)
        if not invalid_transitions(tags)
    }
    assert len(allowed) == len(meanings)
    assert meanings == legal


def test_held_to_the_rules_random_scores_are_legal_in_bio_too():
    rows = [
        np.random.default_rng(i).normal(size=(9, len(BIOES))).astype(np.float32) for i in (1, 2)
    ]
    rules = BIOES.rules()
    for path in viterbi_legal(rows, rules.start, rules.follow, rules.end):
        assert not invalid_transitions(BIOES.answer(path))
        assert BIOES.ids(decode(BIOES.answer(path)), 9) == path.tolist()
