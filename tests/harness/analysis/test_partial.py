from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator

from harness.analysis.partial import SCHEMES, Credit, Fair, fair, partial_credit
from harness.analysis.taxonomy import overlap
from harness.core import Span
from harness.tags import decode, tag_set

TAGS = tag_set(["PER", "ORG"])
NERVALUATE = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
COUNTS = ("correct", "incorrect", "partial", "missed", "spurious")


@st.composite
def pairs(draw):
    size = draw(st.integers(1, 12))
    sides = (draw(st.lists(st.sampled_from(TAGS), min_size=size, max_size=size)) for _ in "gf")
    return tuple(decode(side) for side in sides)


def reference(sentences, scheme):
    as_dicts = [
        [[{"label": s.label, "start": s.start, "end": s.end - 1} for s in side] for side in sides]
        for sides in zip(*sentences, strict=True)
    ]
    result = Evaluator(*as_dicts, tags=["PER", "ORG"], loader="dict").evaluate()
    found = result["overall"][NERVALUATE[scheme]]
    return tuple(getattr(found, name) for name in COUNTS), found.f1


def counted(credit):
    return tuple(getattr(credit, name) for name in COUNTS)


@given(st.lists(pairs(), min_size=1, max_size=4))
def test_strict_exact_and_partial_equal_nervaluate(sentences):
    ours = partial_credit(sentences)
    for scheme in ("strict", "exact", "partial"):
        counts, f1 = reference(sentences, scheme)
        assert counted(ours[scheme]) == counts
        assert (ours[scheme].f1 or 0.0) == pytest.approx(f1)


@given(st.lists(pairs(), min_size=1, max_size=4))
def test_type_equals_nervaluate_where_overlaps_are_one_to_one_and_is_never_lower(sentences):
    ours = partial_credit(sentences)["type"]
    counts, _ = reference(sentences, "type")
    assert ours.correct >= counts[0]
    if all(_one_to_one(*sentence) for sentence in sentences):
        assert counted(ours) == counts


def _one_to_one(gold, found):
    return all(sum(overlap(a, b) > 0 for b in found) <= 1 for a in gold) and all(
        sum(overlap(a, b) > 0 for a in gold) <= 1 for b in found
    )


def test_nervaluate_counts_one_mention_twice_and_depends_on_the_direction():
    gold, found = [Span(0, 6, "PER")], [Span(0, 2, "ORG"), Span(3, 6, "PER")]
    mirrored = [Span(0, 3, "PER"), Span(4, 6, "ORG")]
    assert reference([(gold, found)], "type")[0] == (0, 1, 0, 0, 1)
    assert reference([(gold, mirrored)], "type")[0] == (1, 0, 0, 0, 1)
    for sides in (found, mirrored):
        assert counted(partial_credit([(gold, sides)])["type"]) == (1, 0, 0, 0, 1)


def test_nervaluate_overlooks_an_overlap_of_under_one_percent():
    gold, found = [Span(0, 150, "PER")], [Span(149, 152, "PER")]
    assert reference([(gold, found)], "partial")[0] == (0, 0, 0, 1, 1)
    assert counted(partial_credit([(gold, found)])["partial"]) == (0, 0, 1, 0, 0)


@given(pairs())
def test_the_pairing_of_type_is_the_best_there_is(sentence):
    gold, found = sentence
    links = [(a, b) for a in gold for b in found if overlap(a, b)]
    best = (0, 0)
    for size in range(min(len(gold), len(found), 4) + 1):
        for chosen in combinations(links, size):
            if all(len({pair[side] for pair in chosen}) == size for side in (0, 1)):
                best = max(best, (sum(a.label == b.label for a, b in chosen), size))
    credit = partial_credit([sentence])["type"]
    if best[1] < 4:
        assert (credit.correct, credit.correct + credit.incorrect) == best


@given(st.lists(pairs(), max_size=3))
def test_every_entity_is_counted_once(sentences):
    golds, founds = (sum(len(sides[i]) for sides in sentences) for i in (0, 1))
    for credit in partial_credit(sentences).values():
        assert (credit.possible, credit.actual) == (golds, founds)
    counts = fair(sentences)
    near = counts.le + counts.be + counts.lbe
    assert counts.tp + counts.fn + near == golds
    assert counts.tp + counts.fp + near == founds


def test_fair_counts_a_near_miss_once():
    gold = [Span(0, 2, "PER"), Span(3, 5, "PER"), Span(6, 8, "PER"), Span(9, 11, "PER")]
    found = [Span(0, 2, "PER"), Span(3, 5, "ORG"), Span(6, 9, "PER"), Span(10, 13, "ORG")]
    counts = fair([(gold, found)])
    assert counts == Fair(tp=1, le=1, be=1, lbe=1)
    assert counts.f1 == pytest.approx(2 / (2 + 3))
    assert counts.precision == counts.recall == pytest.approx(1 / 2.5)


def test_nothing_to_find_and_nothing_found_is_undefined():
    assert all(partial_credit([])[scheme].f1 is None for scheme in SCHEMES)
    assert fair([]).f1 is None
    assert Credit(missed=2).f1 == 0.0
