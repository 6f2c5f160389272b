"""Scores: what is undefined is n/a, macro is over gold types, halves round up in print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Counts, Span
from harness.scoring.counting import count
from harness.scoring.flat import flatten
from harness.scoring.score import (
    PolicyScores,
    correct_units,
    of_policies,
    percent,
    scores,
    type_counts,
    unit_accuracy,
)
from harness.tags import POLICIES, decode, encode, tag_set

GOLD = [(Span(0, 2, "PER"), Span(3, 4, "LOC")), (Span(0, 1, "PER"),)]
FOUND = [("B-PER", "I-PER", "O", "I-LOC"), ("O",)]
LABELS = ("PER", "LOC", "T")

some_tags = st.lists(st.sampled_from(tag_set(("A", "B"))), min_size=1, max_size=10)
some_counts = st.builds(Counts, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))


def test_scores_of_a_small_set_by_hand():
    result = scores(count(GOLD, FOUND, "conlleval", LABELS), "conlleval")
    assert result.types == {"PER": Counts(1, 0, 1), "LOC": Counts(1, 0, 0), "T": Counts()}
    assert result.micro == Counts(2, 0, 1)
    assert result.micro.f1 == 0.8
    assert result.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert result.weighted_f1 == pytest.approx((2 * 2 / 3 + 1) / 3)


def test_each_policy_counts_the_same_tags_its_own_way():
    matrices = of_policies(flatten(GOLD, FOUND, LABELS))
    assert tuple(matrices) == POLICIES
    loc = {policy: type_counts(matrix)["LOC"] for policy, matrix in matrices.items()}
    assert loc == {"conlleval": (1, 0, 0), "strict": (0, 0, 1), "discard": (0, 0, 1)}


def test_nothing_to_find_and_nothing_found_is_undefined():
    result = scores(count([()], [("O", "O")], "conlleval", LABELS), "conlleval")
    assert (result.micro.f1, result.macro_f1, result.weighted_f1) == (None, None, None)
    assert percent(result.micro.f1) == "n/a"
    assert unit_accuracy([], []) is None


def test_macro_is_over_gold_types_and_a_missed_type_is_zero():
    result = PolicyScores("conlleval", {"A": Counts(1), "B": Counts(fn=1), "Z": Counts(fp=9)})
    assert result.macro_f1 == 0.5
    assert result.weighted_f1 == 0.5
    assert result.micro == Counts(1, 9, 1)


def test_unit_accuracy_compares_tags_and_counts_every_unit():
    assert correct_units(GOLD, FOUND) == 3
    assert unit_accuracy(GOLD, FOUND) == 3 / 5


@given(some_counts, some_counts, some_counts)
def test_weighted_f1_lies_between_the_worst_and_the_best_gold_type(a, b, c):
    result = PolicyScores("conlleval", {"A": a, "B": b, "C": c})
    values = [counts.f1 for counts in (a, b, c) if counts.support]
    if values:
        tiny = 1e-12
        assert min(values) - tiny <= result.weighted_f1 <= max(values) + tiny


@given(some_tags, st.data())
def test_one_more_wrong_span_never_raises_f1(wanted, data):
    gold = decode(wanted)
    free = [place for place, tag in enumerate(encode(gold, len(wanted))) if tag == "O"]
    kept = data.draw(st.sets(st.sampled_from(gold))) if gold else set()
    tags = list(encode(sorted(kept), len(wanted)))
    before = scores(count([gold], [tags], "conlleval", ("A", "B")), "conlleval").micro
    if not free:
        return
    tags[data.draw(st.sampled_from(free))] = "B-A"
    after = scores(count([gold], [tags], "conlleval", ("A", "B")), "conlleval").micro
    assert after == before + Counts(fp=1)
    assert after.f1 <= (before.f1 if before.f1 is not None else 0.0)


@pytest.mark.parametrize(
    ("fraction", "printed"),
    [
        (0.12345, "12.35"),
        (0.00125, "0.13"),  # half-even: 0.12
        (0.00015, "0.02"),  # the binary expansion: 0.01
        (1.0, "100.00"),
        (0.0, "0.00"),
        (1e-9, "0.00"),
        (2 / 3, "66.67"),
        (-0.00125, "-0.13"),
    ],
)
def test_percent_rounds_half_up_on_the_decimal_that_names_the_float(fraction, printed):
    assert percent(fraction) == printed
