"""Calibration of confidences: the definitions, on numbers that can be worked out by hand."""

import numpy as np
import pytest

from harness.core import Span
from harness.scoring.calibration import (
    AS_GIVEN,
    Judged,
    Scaling,
    calibration_error,
    chance_error,
    fit_scaling,
    judge,
    reliability,
)
from harness.scoring.risk import area_under_risk, risk_coverage
from harness.tags import decode


def judged(*pairs):
    sure, right = zip(*pairs, strict=True)
    return Judged(np.array(sure, np.float64), np.array(right, np.bool_))


NONE = Judged(np.empty(0), np.empty(0, np.bool_))


def drawn(entities, seed=0, heat=1.0, pride=0.0):
    """Entities that are as often right as their confidence says; then made surer, by two means."""
    numbers = np.random.default_rng(seed)
    true = 1 / (1 + np.exp(-2.5 - 1.5 * numbers.standard_normal(entities)))
    return Judged(Scaling(1 / heat, pride).of(true), numbers.random(entities) < true)


def log_loss(found):
    """The mean of -log of the probability of what came true."""
    return -np.log(np.where(found.right, found.confidence, 1 - found.confidence)).mean()


def test_an_entity_is_right_if_the_gold_has_it():
    gold = [(Span(0, 2, "PER"),), (), (Span(1, 2, "LOC"),)]
    tags = [("B-PER", "I-PER", "B-LOC"), ("I-PER",), ("O", "B-PER")]
    found = judge(gold, [decode(one) for one in tags], [(0.9, 0.8), (0.7,), (0.6,)])
    assert found.confidence.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert found.right.tolist() == [True, False, False, False]


def test_bins_hold_equally_many_entities_from_the_least_sure_on():
    bins = reliability(judged((0.9, True), (0.2, False), (0.8, True), (0.4, True)), bins=2)
    assert [one.entities for one in bins] == [2, 2]
    assert [one.confidence for one in bins] == pytest.approx([0.3, 0.85])
    assert [one.right for one in bins] == [0.5, 1.0]


def test_the_error_is_the_gap_of_each_bin_by_its_mass():
    found = judged((0.9, True), (0.2, False), (0.8, True), (0.4, True), (0.5, False))
    # 0.2 0.4 0.5 | 0.8 0.9: one of three right at 0.3667, two of two at 0.85.
    expected = 3 / 5 * abs(1 / 3 - 1.1 / 3) + 2 / 5 * 0.15
    assert calibration_error(found, bins=2) == pytest.approx(expected)


def test_equal_confidences_share_what_is_right_of_them_in_any_order():
    pairs = [(1.0, True)] * 12 + [(1.0, False)] * 4
    forward, backward = judged(*pairs), judged(*pairs[::-1])
    assert calibration_error(forward, bins=4) == calibration_error(backward, bins=4) == 0.25
    assert area_under_risk(forward) == area_under_risk(backward) == 0.25
    assert {one.right for one in reliability(forward, bins=4)} == {0.75}


def test_few_entities_have_a_bin_each_and_none_have_no_error():
    assert len(reliability(judged((0.5, True), (0.6, False)))) == 2
    assert calibration_error(NONE) is chance_error(NONE) is area_under_risk(NONE) is None
    assert reliability(NONE) == risk_coverage(NONE, 3) == ()
    assert fit_scaling(NONE) == AS_GIVEN


def test_a_temperature_divides_the_logit_and_leaves_the_order():
    values = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    warm = Scaling(2.0).of(values)
    assert np.log(warm[3] / (1 - warm[3])) == pytest.approx(np.log(9) / 2)
    assert warm[2] == 0.5
    assert (np.diff(warm) > 0).all()
    assert warm[4] < 0.9999
    assert AS_GIVEN.of(values).tolist() == values.tolist()


def test_a_bias_moves_the_logit_and_leaves_the_order():
    values = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    moved = Scaling(1.0, -1.0).of(values)
    assert np.log(moved[3] / (1 - moved[3])) == pytest.approx(np.log(9) - 1)
    assert (np.diff(moved) > 0).all()


def test_no_scaling_is_too_far_to_be_computed():
    with np.errstate(over="raise"):
        assert Scaling(1.0, -1e308).of(np.array([0.5, 0.9])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("pride", [-1.0, 0.0, 2.0])
@pytest.mark.parametrize("heat", [0.4, 1.0, 3.0])
def test_the_scaling_that_spoiled_confidences_is_found_again(heat, pride):
    spoiled = drawn(20_000, heat=heat, pride=pride)
    found = fit_scaling(spoiled)
    assert found.temperature == pytest.approx(heat, rel=0.06)
    assert found.bias == pytest.approx(-pride / heat, abs=0.15)
    assert log_loss(spoiled.at(found)) <= log_loss(spoiled)
    assert calibration_error(spoiled.at(found)) < 0.01
    if heat == 3.0:
        assert calibration_error(spoiled) > 0.04


@pytest.mark.parametrize("right", [True, False])
def test_where_all_is_right_or_wrong_no_entity_becomes_certain(right):
    """Five of five in the development set do not say that there is never an error."""
    alike = judged(*[(0.9, right), (0.99, right), (0.999, right)] * 20)
    found = fit_scaling(alike)
    assert 0.05 <= found.temperature <= 20
    assert alike.at(found).confidence.mean() == pytest.approx(
        61 / 62 if right else 1 / 62, abs=1e-3
    )


def test_chance_is_what_true_confidences_show():
    """The mean error of confidences that are true by construction, and smaller with more."""
    errors = [calibration_error(drawn(300, seed)) for seed in range(60)]
    assert chance_error(drawn(300)) == pytest.approx(np.mean(errors), rel=0.2)
    assert chance_error(drawn(30_000)) < chance_error(drawn(300)) / 5


@pytest.mark.parametrize("values", [(0.9,), (0.5, 0.9), (0.6, 0.8, 0.95, 1.0)])
def test_chance_is_that_of_confidences_that_tie_where_they_do(values):
    """What is measured shares ties, and has less luck than bins of as many entities."""
    numbers = np.random.default_rng(0)
    sure = np.repeat(values, 1500 // len(values))
    found = [Judged(sure, numbers.random(len(sure)) < sure) for _ in range(200)]
    errors = [calibration_error(one) for one in found]
    assert chance_error(found[0]) == pytest.approx(np.mean(errors), rel=0.15)


def test_risk_is_what_is_wrong_among_the_surest():
    found = judged((0.9, True), (0.7, False), (0.7, True), (0.2, False))
    points = risk_coverage(found, gold=4)
    assert [one.threshold for one in points] == [0.9, 0.7, 0.2]
    assert [one.coverage for one in points] == [0.25, 0.75, 1.0]
    assert [one.risk for one in points] == pytest.approx([0, 1 / 3, 0.5])
    assert [one.recall for one in points] == [0.25, 0.5, 0.5]
    # Kept one by one; the two of equal confidence count half wrong each.
    assert area_under_risk(found) == pytest.approx((0 + 0.5 / 2 + 1 / 3 + 2 / 4) / 4)


def test_without_gold_there_is_no_recall():
    assert [one.recall for one in risk_coverage(judged((0.9, False)), gold=0)] == [None]
