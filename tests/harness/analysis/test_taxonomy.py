from collections import Counter

import made_runs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.taxonomy import KINDS, cases, counts, tally
from harness.core import Example, Sentence, Span
from harness.results.record import Prediction
from harness.tags import decode, encode, tag_set

TAGS = st.lists(st.sampled_from(tag_set(["PER", "ORG"])), min_size=0, max_size=14)


def case_of(gold, found, size=12, **more):
    example = Example(Sentence("s", tuple("字" * size)), tuple(Span(*span) for span in gold))
    found_tags = encode([Span(*span) for span in found], size)
    return cases(made_runs.prediction(example, found_tags, **more))


@pytest.mark.parametrize(
    ("gold", "found", "kind"),
    [
        ([(2, 5, "PER")], [(2, 5, "PER")], "exact"),
        ([(2, 5, "PER")], [(2, 5, "ORG")], "type"),
        ([(2, 5, "PER")], [(3, 5, "PER")], "short"),
        ([(2, 5, "PER")], [(2, 4, "PER")], "short"),
        ([(2, 5, "PER")], [(1, 6, "PER")], "long"),
        ([(2, 5, "PER")], [(3, 7, "PER")], "shifted"),
        ([(2, 5, "PER")], [(3, 7, "ORG")], "type+boundary"),
        ([(2, 6, "PER")], [(2, 4, "PER"), (4, 6, "PER")], "split"),
        ([(2, 6, "PER")], [(1, 3, "ORG"), (5, 6, "PER")], "split"),
        ([(2, 4, "PER"), (4, 6, "ORG")], [(2, 6, "PER")], "merged"),
        ([(2, 5, "PER")], [], "missed"),
        ([], [(2, 5, "PER")], "spurious"),
    ],
)
def test_each_shape_has_one_kind(gold, found, kind):
    (case,) = case_of(gold, found)
    assert case.kind == case.shape == kind
    assert (len(case.gold), len(case.found)) == (len(gold), len(found))


def test_a_chain_of_overlaps_is_cut_at_its_weakest_link():
    chain = case_of([(0, 4, "PER"), (4, 8, "PER")], [(1, 5, "PER"), (5, 8, "PER")])
    assert [case.kind for case in chain] == ["shifted", "short"]


def test_an_entity_whose_overlap_explains_another_stands_alone():
    kinds = case_of([(0, 6, "PER"), (6, 8, "PER")], [(0, 2, "PER"), (2, 7, "PER")])
    assert [case.kind for case in kinds] == ["split", "missed"]


def test_repair_makes_what_the_unrepaired_answer_did_not_say():
    (case,) = case_of([(2, 5, "PER")], [(2, 4, "PER")], raw_tags=("O",) * 12)
    assert (case.kind, case.shape) == ("repair", "short")


def test_repair_loses_what_the_unrepaired_answer_had_right():
    raw = encode([Span(2, 5, "PER")], 12)
    (case,) = case_of([(2, 5, "PER")], [], raw_tags=raw)
    assert (case.kind, case.shape) == ("repair", "missed")


def test_an_error_that_repair_did_not_touch_keeps_its_shape():
    raw = encode([Span(2, 5, "ORG"), Span(8, 9, "PER")], 12)
    kinds = case_of([(2, 5, "PER")], [(2, 5, "ORG")], raw_tags=raw)
    assert [case.kind for case in kinds] == ["type"]


def test_what_repair_made_right_is_right():
    (case,) = case_of([(2, 5, "PER")], [(2, 5, "PER")], raw_tags=("O",) * 12)
    assert case.kind == "exact"


@pytest.mark.parametrize(("border", "kind"), [(2, "short"), (3, "window edge"), (5, "short")])
def test_a_window_edge_lies_strictly_inside_the_case(border, kind):
    (case,) = case_of([(2, 5, "PER")], [(2, 4, "PER")], borders=(border,))
    assert case.kind == kind


def test_repair_comes_before_window_edge():
    (case,) = case_of([(2, 5, "PER")], [(2, 4, "PER")], borders=(3,), raw_tags=("O",) * 12)
    assert case.kind == "repair"


@st.composite
def predictions(draw):
    gold = draw(TAGS)
    size = len(gold)
    answer = st.lists(st.sampled_from(tag_set(["PER", "ORG", "LOC"])), min_size=size, max_size=size)
    found = [tuple(draw(answer)) for _ in range(2)]
    return Prediction(
        id="s",
        units=("字",) * size,
        gold=tuple((span.start, span.end, span.label) for span in decode(gold)),
        tags=found[0],
        raw_tags=draw(st.sampled_from([None, found[0], found[1]])),
        borders=tuple(draw(st.sets(st.integers(1, max(1, size)), max_size=2))),
    )


@given(predictions())
def test_every_entity_is_in_exactly_one_case(prediction):
    found = cases(prediction)
    in_cases = Counter(span for case in found for span in case.gold)
    assert in_cases == Counter(prediction.gold_spans())
    assert Counter(s for case in found for s in case.found) == Counter(decode(prediction.tags))
    assert all(case.kind in KINDS for case in found)
    assert all(len(case.gold) <= 1 or len(case.found) <= 1 for case in found)


@given(st.lists(predictions(), max_size=4))
def test_false_positives_and_negatives_of_the_kinds_equal_set_logic(some):
    total = counts(tally(case for prediction in some for case in cases(prediction)))
    by_type = made_runs.by_sets(
        [each.gold_spans() for each in some], [decode(each.tags) for each in some]
    )
    sums = tuple(sum(column) for column in zip(*by_type.values(), strict=True)) or (0, 0, 0)
    assert (total.tp, total.fp, total.fn) == sums


@given(predictions())
def test_exact_means_equal_and_nothing_else_does(prediction):
    for case in cases(prediction):
        assert (case.kind == "exact") == (case.gold == case.found)
