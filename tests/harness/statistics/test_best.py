"""Which row is best, how surely, and by how much the others may be behind."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from benchmarks import coverage
from harness.statistics import compare
from harness.statistics.best import behind_best, bound_level, chance_of_best
from harness.statistics.discordant import Discordance, discordances
from harness.statistics.samples import samples_of
from harness.statistics.seeds import contest, seed_effect


def counts(number, chance, sentences=400, seeds=3):
    gold = np.random.default_rng(0).poisson(1.8, sentences)
    tp = np.random.default_rng(number).binomial(gold, chance, (seeds, sentences))
    return np.stack([tp, np.zeros_like(tp), gold - tp], axis=-1)


def test_the_chance_of_being_best_is_a_share_of_draws_and_ties_share_it():
    drawn = {"a": np.array([3.0, 1.0, 2.0, 2.0]), "b": np.array([1.0, 3.0, 2.0, 0.0])}
    assert chance_of_best(drawn) == {"a": 0.625, "b": 0.375}
    assert chance_of_best({}) == {}


def test_it_is_the_normal_chance_where_scores_are_normal():
    rng = np.random.default_rng(1)
    drawn = {"a": rng.normal(1, 1, 200_000), "b": rng.normal(0, 1, 200_000)}
    assert chance_of_best(drawn)["a"] == pytest.approx(norm.cdf(1 / 2**0.5), abs=0.005)


def test_equal_rows_share_the_chance_and_their_luck_is_their_own():
    table = compare({f"s{i}": counts(i, 0.8) for i in range(4)}, draws=4000)
    assert sum(table.best.values()) == pytest.approx(1)
    assert max(table.best.values()) < 0.9
    same = counts(1, 0.8)
    tied = compare({"a": same, "b": same}, draws=500)
    assert tied.best["a"] == pytest.approx(0.5, abs=0.05)


def test_the_luck_of_two_rows_is_drawn_for_each():
    lucky = {
        name: np.concatenate([counts(i + 7 * shift, chance + shift / 100, 4000, seeds=1)
                              for i, chance in enumerate((0.75, 0.80, 0.85))])
        for name, shift in (("a", 0), ("b", 1))
    }  # fmt: skip
    assert max(compare(lucky, draws=2000).best.values()) < 0.75


def test_the_bound_is_the_worst_over_all_that_may_be_better():
    ahead = {("a", "b"): 0.03, ("c", "b"): 0.05, ("b", "a"): -0.01, ("c", "a"): -0.02,
             ("a", "c"): 0.01, ("b", "c"): 0.00}  # fmt: skip
    assert behind_best(["a", "b", "c"], ahead) == {"a": 0.0, "b": 0.05, "c": 0.01}


def test_all_rows_but_the_best_share_the_level():
    assert bound_level(2, 0.95) == 0.95
    assert bound_level(6, 0.95) == pytest.approx(0.99)
    assert bound_level(1, 0.95) == 0.95


def test_a_row_that_is_surely_best_is_behind_by_nothing_and_the_others_by_more_than_they_seem():
    table = compare({"best": counts(1, 0.95), "worst": counts(2, 0.6)}, draws=2000)
    gap = table.intervals["best"].point - table.intervals["worst"].point
    assert table.best == pytest.approx({"best": 1.0, "worst": 0.0}, abs=0.01)
    assert table.behind["best"] == 0
    assert gap < table.behind["worst"] < gap + 0.2


def test_of_two_copies_neither_is_behind_by_more_than_luck():
    steady = np.repeat(counts(1, 0.8, seeds=1), 3, axis=0)
    copies = compare({"a": steady, "b": steady}, draws=500)
    assert 0 < copies.behind["a"] == copies.behind["b"] < 0.01  # of some 700 entities: 3 may come
    lucky = counts(1, 0.8)
    behind = compare({"a": lucky, "b": lucky}, draws=500).behind
    assert 0 < max(behind.values()) < 0.03


def perfect(sentences, seeds=3):
    return np.tile(np.array([1, 0, 0]), (seeds, sentences, 1))


def test_two_perfect_rows_are_as_far_apart_as_their_entities_allow():
    few, many = (compare({"a": perfect(n), "b": perfect(n)}, draws=500) for n in (12, 3000))
    assert min(few.behind.values()) > 0.2
    assert max(many.behind.values()) < 0.0015
    assert few.minimum.systems > 0.2  # and nobody claims to find a difference of 0.00


def test_no_entity_seen_to_differ_is_the_rule_of_three():
    [found] = discordances([contest(*samples_of({"a": perfect(600), "b": perfect(600)}))])
    assert found.is_small
    assert found.most(1, seed_effect([]), 0.95) == pytest.approx(-np.log(0.05) / 600)


def test_sums_of_events_that_weigh_alike_have_the_bounds_of_poisson():
    parts = np.array([1, 1, 1, 1, -1, -1, -1, 0, 0]) / 100
    found = Discordance(parts, 1 / 100).most(1, seed_effect([]), 0.95)
    most, least = (chi2.ppf(level, df) / 200 for level, df in ((0.95, 10), (0.05, 6)))
    reach = ((most - 0.04) ** 2 + (0.03 - least) ** 2) ** 0.5
    assert found == pytest.approx(0.04 - 0.03 + reach)


def test_rows_that_differ_in_many_entities_are_bounded_by_resampling_alone():
    pair = samples_of({"a": counts(1, 0.8), "b": counts(2, 0.75)})
    [found] = discordances([contest(*pair)])
    assert not found.is_small
    assert found.parts.sum() == pytest.approx(
        float(pair[0].f1.mean() - pair[1].f1.mean()), rel=0.01
    )


@pytest.mark.parametrize("sentences", [30, 120, 270])
def test_a_row_near_100_is_rarely_further_behind_than_its_bound(sentences):
    assert max(coverage.near_100(2, 3, sentences, 150).values()) <= 0.09  # 5 %, and 150 tables
