"""The smallest difference that a table states, against the definition of power."""

import numpy as np
import pytest
from scipy.stats import norm, t

from harness.statistics.power import minimum_difference, nothing_is_found
from harness.statistics.seeds import SeedEffect

NONE = SeedEffect(0.0, 0.0, known=True)


def test_without_luck_it_is_two_quantiles_of_the_normal_distribution():
    found = minimum_difference([0.01], [NONE], seeds=3)
    assert found.models == found.systems == pytest.approx(0.01 * (1.9600 + 0.8416), rel=1e-4)
    assert (found.pairs, found.power) == (1, 0.80)


def test_each_pair_more_asks_for_a_larger_difference():
    ten = minimum_difference([0.01] * 10, [NONE] * 10, seeds=3)
    assert ten.models == pytest.approx(0.01 * (norm.isf(0.0025) + norm.isf(0.2)))


def test_a_difference_of_that_size_is_claimed_four_times_in_five():
    rng = np.random.default_rng(1)
    difference = minimum_difference([0.01] * 3, [NONE] * 3, seeds=3).models
    drawn = rng.normal(difference, 0.01, 100_000)
    assert np.mean(np.abs(drawn) > 0.01 * norm.isf(0.025 / 3)) == pytest.approx(0.80, abs=0.005)


def test_luck_on_few_degrees_of_freedom_asks_for_much_more():
    few = minimum_difference([0.01], [SeedEffect(0.0001, 2.0, known=True)], seeds=3)
    many = minimum_difference([0.01], [SeedEffect(0.0001, 40.0, known=True)], seeds=3)
    assert few.models == many.models
    assert many.systems > 2**0.5 * many.models
    assert few.systems > t.isf(0.025, 2) / norm.isf(0.025) * many.models


def test_it_holds_on_average_over_pairs_that_differ():
    effects = [NONE, SeedEffect(0.0004, 10.0, known=True)]
    found = minimum_difference([0.01, 0.01], effects, seeds=3).systems
    least, most = (minimum_difference([0.01] * 2, [one] * 2, seeds=3).systems for one in effects)
    assert least < found < most


def test_two_seeds_do_not_say():
    assert minimum_difference([0.01], [NONE], seeds=2).systems is None
    assert minimum_difference([], [], seeds=3) is None


def test_where_nothing_would_be_found_it_is_the_whole_scale():
    hopeless = minimum_difference([0.5], [NONE], seeds=3)
    assert hopeless.models == pytest.approx(1.0)


def test_of_so_few_documents_that_no_p_is_small_enough_nothing_is_found():
    assert [nothing_is_found(units, 1) for units in (0, 1, 5, 6)] == [True, True, True, False]
    assert [nothing_is_found(units, 3) for units in (6, 7)] == [True, False]  # Holm: 0.05 / 3
    assert not nothing_is_found(1, 0)  # a lone row
    found = minimum_difference([0.01], [NONE], seeds=3, units=5)
    assert (found.models, found.systems) == (1, 1)
    assert minimum_difference([0.01], [NONE], seeds=2, units=5).systems is None


def test_few_documents_have_the_tails_of_student():
    few, many = (minimum_difference([0.01], [NONE], seeds=3, units=n).models for n in (12, 99))
    wide = (t.isf(0.025, 11) + t.isf(0.2, 11)) * (12 / 11) ** 0.5
    assert few == pytest.approx(0.01 * wide, rel=0.02)  # p has few values
    assert many == pytest.approx(0.01 * (1.9600 + 0.8416), rel=0.02)
