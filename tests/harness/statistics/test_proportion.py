"""Intervals of shares, and of F1 where resampling sees too little."""

import numpy as np
import pytest
from scipy.stats import binomtest

from harness.statistics import interval
from harness.statistics.proportion import SMALL, wilson


def test_wilson_equals_scipy():
    for right, total in [(0, 1), (1, 1), (3, 10), (99, 100), (250, 1000)]:
        found = binomtest(right, total).proportion_ci(method="wilson")
        assert wilson(right, total) == pytest.approx((found.low, found.high))
    assert wilson(0, 0) is None


def f1_counts(tp, fp, fn, seeds=1):
    return np.array([[[tp, fp, fn]]] * seeds)


def test_two_of_two_and_none_of_two_are_far_from_certain():
    found = interval(f1_counts(2, 0, 0), draws=200)
    share = binomtest(2, 2).proportion_ci(method="wilson").low
    assert (found.low, found.high) == (pytest.approx(2 * share / (1 + share)), 1.0)
    assert found.low < 0.6
    none = interval(f1_counts(0, 0, 2), draws=200)
    assert none.low == 0.0
    assert none.high > 0.7


def test_copies_of_a_seed_are_no_more_entities():
    assert interval(f1_counts(2, 0, 0, seeds=5), draws=200).low == pytest.approx(
        interval(f1_counts(2, 0, 0), draws=200).low
    )


@pytest.mark.parametrize("entities", [5, 12, SMALL - 1])
def test_an_interval_of_few_entities_holds_what_it_says(entities):
    rng = np.random.default_rng(entities)
    chance, hits = 0.8, []
    for number in range(300):
        tp = rng.binomial(1, chance, entities)
        counts = np.stack([tp, 0 * tp, 1 - tp], axis=-1)[None]
        found = interval(counts, draws=200, seed=number)
        hits.append(found.low <= 2 * chance / (1 + chance) <= found.high)
    assert np.mean(hits) >= 0.93
