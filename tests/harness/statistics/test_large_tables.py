"""Tables of more pairs than draws resolve: what is computed is what draws would say, or safer."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, t

from benchmarks import coverage
from benchmarks._population import system, tables
from harness.statistics import compare_all, table
from harness.statistics.comparison import compare
from harness.statistics.large_tables import Pairs, _swapped, far
from harness.statistics.leaders import leaders
from harness.statistics.mixture import NormalAndT
from harness.statistics.permutation import permuted

STEPS = [system(0.84 - 0.012 * row, 0.003 + 0.002 * (row % 3)) for row in range(12)]


def sums(error, variance, freedom):
    return NormalAndT(*(np.array([float(one)]) for one in (error, variance, freedom)))


def made(systems, seeds=4, sentences=400, number=1):
    rng = np.random.default_rng([len(systems), seeds])
    return tables(rng, systems, seeds, sentences, number)


@pytest.fixture(scope="module")
def both():
    """One table by draws alone, and as a large one."""
    samples = made(STEPS)
    drawn = compare_all(samples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "RESOLVED", 0)
        return drawn[0], compare_all(samples)[0], samples[0]


# The mixture


@pytest.mark.parametrize("freedom", [1, 2.5, 8, 300])
@pytest.mark.parametrize(("error", "variance"), [(1, 0.1), (1, 1), (0.2, 2)])
@pytest.mark.parametrize("point", [0.5, 3, 9])
def test_a_tail_is_that_of_the_sum(error, variance, freedom, point):
    def given_normal(z):
        return norm.pdf(z) * t.sf((point - error * z) / variance**0.5, freedom)

    expected, _ = quad(given_normal, -15, 15, epsabs=0, epsrel=1e-9, limit=400, points=[0, point])
    [found] = sums(error, variance, freedom).beyond(np.array([float(point)]))
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-15)


def test_without_luck_it_is_normal_and_without_sentences_it_is_t():
    [alone] = sums(2, 0, np.inf).beyond(np.array([5.0]))
    assert alone == pytest.approx(norm.sf(2.5))
    [luck] = sums(0, 4, 3).beyond(np.array([20.0]))
    assert luck == pytest.approx(t.sf(10, 3), rel=1e-4)


@pytest.mark.parametrize("level", [0.975, 0.99975])
def test_a_point_has_the_level_that_was_asked_for(level):
    for arguments in ((1, 0, np.inf), (1, 0.3, 2), (0.1, 1, 5), (0, 1, 1)):
        chance = sums(*arguments)
        [beyond] = chance.beyond(chance.reached(level))
        assert beyond == pytest.approx(1 - level, rel=1e-3)
    assert sums(0, 0, np.inf).reached(0.975).tolist() == [0]


parts = st.lists(st.floats(0.1, 1), min_size=1, max_size=9)


@settings(deadline=None)
@given(parts, st.sampled_from([0, 0.01, 1]), st.floats(0, 1))
def test_no_sum_of_signs_is_beyond_a_point_more_often_than_its_bound(steps, luck, where):
    """Every sign pattern of up to nine terms, with luck of training and without."""
    totals = np.array([np.dot(signs, steps) for signs in product((-1, 1), repeat=len(steps))])
    point = where * (sum(steps) + 3 * luck**0.5)
    if luck:
        exact = float(np.mean(t.sf((point - totals) / luck**0.5, 4)))
    else:
        exact = float(np.mean(totals >= point - 1e-12))
    [bound] = sums(np.linalg.norm(steps), luck, 4).bounded(np.array([point]))
    assert exact <= bound * (1 + 1e-6)


# The tests of a table


def test_swaps_have_the_spread_that_is_computed(both):
    _, _, samples = both
    pairs = Pairs.of([*table.tables_of([samples], 10, 0)[0].contests().values()])
    difference, error = _swapped(pairs)
    for place in (0, 5, 40):
        sides = pairs.contests[place].first, pairs.contests[place].second
        one, two = (np.stack([side.right.mean(0), side.size.mean(0)]) for side in sides)
        flips = np.random.default_rng(1).integers(0, 2, (4000, one.shape[1]))
        a, b = one @ (1 - flips.T) + two @ flips.T, two @ (1 - flips.T) + one @ flips.T
        assert np.std(2 * a[0] / a[1] - 2 * b[0] / b[1]) == pytest.approx(error[place], rel=0.05)
        apart = abs(2 * one[0].sum() / one[1].sum() - 2 * two[0].sum() / two[1].sum())
        assert difference[place] == pytest.approx(apart, rel=0.02)


def test_computed_pairs_agree_with_drawn_ones(both):
    drawn, large, _ = both
    assert drawn.intervals == large.intervals
    for one, other in zip(drawn.pairs, large.pairs, strict=True):
        drawn_one, computed = one.bootstrap.difference, other.bootstrap.difference
        width = (drawn_one.high - drawn_one.low) / 2
        assert computed.low == pytest.approx(drawn_one.low, abs=0.1 * width)
        assert computed.high == pytest.approx(drawn_one.high, abs=0.1 * width)
        assert other.bootstrap.p == pytest.approx(one.bootstrap.p, abs=0.03)
        assert other.first_ahead == pytest.approx(one.first_ahead, abs=0.2 * width)
        if one.permutation.p > 0.02:
            assert other.permutation.p == pytest.approx(one.permutation.p, abs=0.04)


def test_far_out_p_is_as_good_as_drawn_and_never_lower_by_more_than_luck_of_draws(both):
    _, _, samples = both
    [one] = table.tables_of([samples], 10, 0)
    contests = [*one.contests().values()]
    computed, drawn = far(Pairs.of(contests)), permuted(contests, 20_000, 0)
    told = [(c.p, d.p) for c, d in zip(computed, drawn, strict=True) if 0.001 < d.p < 0.02]
    assert len(told) > 3
    assert all(0.7 * draws < p < 5 * draws for p, draws in told)


def test_a_large_table_needs_no_more_draws_and_still_separates():
    wide = [system(0.9 - 0.03 * row, 0.004) for row in range(24)]
    [found] = compare_all(made(wide), draws=300)
    assert table.enough(24 * 23 // 2) == 0
    pairs = {(pair.first, pair.second): pair for pair in found.pairs}
    assert len(pairs) == 276
    assert pairs["row 0", "row 23"].separable
    assert not pairs["row 10", "row 11"].separable
    assert found.groups["row 0"] == 1 < found.groups["row 23"]
    assert 0.02 < found.minimum.models < found.minimum.systems < 0.3


def test_equal_systems_of_a_large_table_are_told_apart_in_few_tables():
    found = coverage.equal_rows(22, 3, 150, 30)
    assert found["false claims"] <= 0.1
    assert 0.92 <= found["covered"] <= 0.98


def test_one_seed_supports_no_claim_in_a_large_table_either():
    [found] = compare_all(made([system(0.9 - 0.03 * row, 0) for row in range(21)], seeds=1))
    assert not found.covers_training
    assert not any(pair.separable for pair in found.pairs)


# The leaders


def test_leaders_are_group_one_of_the_comparison():
    samples = made(STEPS, number=2)
    for one, other in zip(leaders(samples, 2000), compare_all(samples, 2000), strict=True):
        assert one.intervals == other.intervals
        assert one.first == {name for name, group in other.groups.items() if group == 1}
        assert 0 < len(one.first) < len(STEPS)


def test_leaders_of_a_large_table_hold_those_of_the_comparison():
    [samples] = made([system(0.9 - 0.03 * row, 0.004) for row in range(24)])
    [one], [other] = leaders([samples], 2000), compare_all([samples], 2000)
    assert {name for name, group in other.groups.items() if group == 1} <= one.first
    assert "row 23" not in one.first


def test_leaders_with_one_seed_are_none():
    assert leaders(made(STEPS, seeds=1))[0].first == frozenset()


def test_a_pair_of_equal_answers_has_p_one():
    same = np.random.default_rng(0).integers(0, 3, (2, 50, 3))
    rows = {f"s{i}": np.stack([same[0], same[0]]) for i in range(21)}
    found = compare(rows, draws=200)
    assert all(pair.permutation.p == pair.bootstrap.p == 1 for pair in found.pairs)


def test_one_document_says_nothing_of_others_in_a_large_table_either(monkeypatch):
    monkeypatch.setattr(table, "RESOLVED", 0)
    [found] = compare_all(made(STEPS[:2], sentences=1))
    [pair] = found.pairs
    assert (pair.bootstrap.difference.low, pair.bootstrap.difference.high) == (-1, 1)
    assert (pair.bootstrap.p, pair.first_ahead) == (1, 1)
