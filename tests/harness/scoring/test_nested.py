"""Entities that may lie inside of each other: counted as sets, and the nested ones apart."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Counts, Span
from harness.errors import HarnessError
from harness.scoring import cross_check
from harness.scoring.counting import CountMatrix, count
from harness.scoring.cross_check import check_nested
from harness.scoring.nested import count_nested, nested
from harness.tags import encode

LABELS = ("ORG", "LOC")
UNITS = 12
SPANS = st.builds(
    lambda start, size, label: Span(start, min(start + size, UNITS), label),
    st.integers(0, UNITS - 1), st.integers(1, 6), st.sampled_from([*LABELS, "XYZ"]),
)  # fmt: skip
ENTITIES = st.frozensets(SPANS, max_size=7).map(lambda spans: tuple(sorted(spans)))
ANSWERS = st.lists(st.tuples(ENTITIES, ENTITIES), max_size=4)
OUTER, INNER, ALONE = Span(0, 4, "ORG"), Span(0, 2, "LOC"), Span(6, 8, "LOC")


def total(matrix):
    return Counts(*map(int, matrix.by_sentence.sum(axis=0)))


@pytest.mark.parametrize(
    ("found", "every", "inside"),
    [
        ((INNER, OUTER, ALONE), Counts(3, 0, 0), Counts(2, 0, 0)),
        ((OUTER, ALONE), Counts(2, 0, 1), Counts(1, 0, 1)),  # no inner one: half of the nested
        ((INNER, OUTER), Counts(2, 0, 1), Counts(2, 0, 0)),  # what is missed is flat
        ((ALONE,), Counts(1, 0, 2), Counts(0, 0, 2)),
        ((INNER, OUTER, Span(6, 7, "LOC"), ALONE), Counts(3, 1, 0), Counts(2, 1, 0)),
        ((INNER, OUTER, Span(6, 7, "LOC")), Counts(2, 1, 1), Counts(2, 0, 0)),  # a border is wrong
        ((Span(0, 2, "ORG"), OUTER, ALONE), Counts(2, 1, 1), Counts(1, 1, 1)),  # a type is
        ((), Counts(0, 0, 3), Counts(0, 0, 2)),
    ],
)
def test_nested_are_gold_entities_that_overlap_and_wrong_ones_beside_what_they_overlap(
    found, every, inside
):
    counts = count_nested([(INNER, OUTER, ALONE)], [found], LABELS)
    assert (total(counts.every), total(counts.nested)) == (every, inside)


def test_two_labels_of_one_place_are_two_entities_and_crossing_ones_count_as_nested():
    gold = [(Span(0, 2, "LOC"), Span(0, 2, "ORG")), (Span(0, 3, "LOC"), Span(2, 5, "ORG"))]
    counts = count_nested(gold, gold, LABELS)
    assert total(counts.every) == total(counts.nested) == Counts(4, 0, 0)


def test_neighbours_do_not_overlap():
    assert nested((Span(0, 2, "LOC"), Span(2, 4, "LOC"))) == (False, False)


@given(ENTITIES)
def test_an_entity_is_nested_exactly_where_another_shares_a_unit_with_it(spans):
    pairs = itertools.permutations(range(len(spans)), 2)
    shares = {a for a, b in pairs
              if spans[a].start < spans[b].end and spans[b].start < spans[a].end}  # fmt: skip
    assert nested(spans) == tuple(place in shares for place in range(len(spans)))


@given(ANSWERS)
def test_counts_are_those_of_sets_and_nested_ones_are_a_part_of_them(pairs):
    gold, found = [one for one, _ in pairs], [other for _, other in pairs]
    counts = count_nested(gold, found, LABELS)
    assert counts.every.labels[:2] == LABELS
    for row, (right, answer) in zip(counts.every.by_sentence.tolist(), pairs, strict=True):
        wanted, given_ = set(right), set(answer)
        assert row == [len(wanted & given_), len(given_ - wanted), len(wanted - given_)]
    assert (counts.nested.values <= counts.every.values).all()
    overlapping = sum(sum(nested(right)) for right in gold)
    assert total(counts.nested).support == overlapping
    check_nested(gold, found, counts.every)


@given(ANSWERS)
def test_flat_sets_count_as_the_scorer_of_tags_counts_them_and_nothing_is_nested(pairs):
    def flat(spans):
        kept = []
        for span in spans:
            if not kept or kept[-1].end <= span.start:
                kept.append(span)
        return tuple(kept)

    gold, found = [flat(one) for one, _ in pairs], [flat(other) for _, other in pairs]
    counts = count_nested(gold, found, LABELS)
    by_tags = count(gold, [encode(spans, UNITS) for spans in found], "conlleval", LABELS)
    assert counts.every.labels == by_tags.labels
    assert np.array_equal(counts.every.values, by_tags.values)
    assert total(counts.nested) == Counts()


def test_seqeval_reads_a_sample_of_a_set_beyond_the_limit(monkeypatch):
    gold, found = [(INNER, OUTER), ()] * 50, [(OUTER, ALONE), ()] * 50  # of 8 units each
    read, report = [], cross_check._report

    def watched(wanted, tags, **options):
        read.append(sum(map(len, tags)))
        return report(wanted, tags, **options)

    monkeypatch.setattr(cross_check, "_report", watched)
    matrix = count_nested(gold, found, LABELS).every
    check_nested(gold, found, matrix, limit=60)
    assert read == [56, 56]  # in each of seqeval's two modes
    monkeypatch.setattr(cross_check, "_check_totals", lambda *_: None)
    wrong = matrix.values.copy()
    wrong[:, 0, 0] += 1
    with pytest.raises(HarnessError, match="equal seqeval's, but for ORG"):
        check_nested(gold, found, CountMatrix(matrix.labels, wrong), limit=60)


def test_seqeval_has_to_read_the_same():
    gold, found = [(INNER, OUTER)], [(OUTER,)]
    matrix = count_nested(gold, found, LABELS).every
    wrong = matrix.values.copy()
    wrong[0, 0, 0] += 1
    with pytest.raises(HarnessError, match="ORG"):
        check_nested(gold, found, CountMatrix(matrix.labels, wrong))
