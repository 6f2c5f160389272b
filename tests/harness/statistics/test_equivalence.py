"""Equivalence is shown or not shown: the burden is on the claim that two models are alike."""

import numpy as np
import pytest

from harness.statistics.equivalence import equivalence

MARGIN = 0.005


def counts(sentences, wrong):
    """Two entities a sentence, all found, but for one in each of the first ``wrong`` sentences."""
    found = np.tile([2, 0, 0], (1, sentences, 1))
    found[0, :wrong] = [1, 1, 1]
    return found


def test_models_with_the_same_answers_are_equivalent():
    found = equivalence(counts(400, 60), counts(400, 60), MARGIN)
    assert (found.difference, found.low, found.high, found.holds) == (0, 0, 0, True)


def test_a_difference_beyond_the_margin_is_not_to_either_side():
    assert not equivalence(counts(400, 60), counts(400, 40), MARGIN).holds
    assert not equivalence(counts(400, 40), counts(400, 60), MARGIN).holds


def test_a_small_difference_on_few_sentences_is_not_shown_to_be_small():
    """No test would find the difference, and that is no reason to claim that there is none."""
    few = equivalence(counts(300, 31), counts(300, 30), MARGIN)
    assert abs(few.difference) < MARGIN / 2
    assert few.low < 0 < few.high + 1e-9
    assert equivalence(counts(3000, 31), counts(3000, 30), MARGIN).holds
    scattered = counts(300, 0)
    scattered[0, 100:103] = [1, 1, 1]
    balanced = equivalence(counts(300, 3), scattered, MARGIN)
    assert balanced.difference == 0
    assert not balanced.holds


def test_the_interval_is_that_of_two_one_sided_tests_at_5_percent():
    """90 %, by the normal approximation of a difference of mean F1 of independent sentences."""
    wrong = 25
    found = equivalence(counts(500, wrong), counts(500, 0), MARGIN)
    share = wrong / 500
    error = np.sqrt(share * (1 - share) / 500) / 2
    assert found.difference == pytest.approx(-share / 2)
    assert (found.low, found.high) == pytest.approx(
        (-share / 2 - 1.645 * error, -share / 2 + 1.645 * error), abs=0.1 * error
    )
