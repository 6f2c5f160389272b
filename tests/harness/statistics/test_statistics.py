"""Intervals, tests, groups and ranks over counts, each held against an oracle or its definition."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import (
    binomtest,
    bootstrap,
    chi2,
    false_discovery_control,
    norm,
    studentized_range,
    t,
)

from harness.errors import HarnessError
from harness.statistics import (
    average_ranks,
    by_document,
    coarsest,
    compare,
    compare_all,
    holm,
    interval,
    letters,
    paired_bootstrap,
    paired_permutation,
    rank_groups,
)
from harness.statistics.bootstrap import _weights, exact, expanded, resampled
from harness.statistics.permutation import permuted
from harness.statistics.samples import samples_of
from harness.statistics.seeds import Luck, contest, luck, seed_effect, steadied
from harness.statistics.table import RESOLVED, enough


def f1(counts):
    tp, fp, fn = np.moveaxis(np.asarray(counts), -1, 0).sum(axis=-1)
    return 2 * tp / (2 * tp + fp + fn)


def system(number, chance=0.8, seeds=3, sentences=200, luck=0.0):
    """Counts of a made-up system; the gold is the same for all of one size."""
    gold = np.random.default_rng(0).poisson(1.8, sentences)
    rng = np.random.default_rng(number)
    chances = np.clip(chance + luck * rng.normal(size=(seeds, 1)), 0.01, 0.99)
    tp = rng.binomial(gold, np.broadcast_to(chances, (seeds, sentences)))
    fp = rng.poisson(0.3 * (1 - chances) * np.ones(sentences))
    return np.stack([tp, fp, gold - tp], axis=-1)


# The bootstrap


def width(found):
    return found.high - found.low


def test_every_draw_has_as_many_sentences_as_the_set():
    weights = list(_weights(7000, 301, seed=3))
    assert sum(map(len, weights)) == 301
    assert len(weights) > 1
    assert all((chunk.sum(axis=1) == 7000).all() for chunk in weights)


def test_a_resampled_score_is_the_f1_of_the_drawn_sentences():
    counts = system(1, sentences=50)
    [found] = resampled(samples_of({"a": counts}), draws=40, seed=5)
    weights = np.concatenate(list(_weights(50, 40, seed=5)))
    for row, score in zip(weights, found, strict=True):
        drawn = np.repeat(np.arange(50), row.astype(int))
        assert score == pytest.approx(np.mean([f1(seed[drawn]) for seed in counts]), abs=1e-12)


def test_with_one_seed_the_interval_is_the_percentile_bootstrap():
    counts = system(2, seeds=1)
    found = interval(counts, draws=20_000)
    oracle = bootstrap(
        tuple(counts[0].T),
        lambda tp, fp, fn, axis: (
            2 * tp.sum(axis) / (2 * tp.sum(axis) + fp.sum(axis) + fn.sum(axis))
        ),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert found.point == pytest.approx(f1(counts[0]))
    assert (found.low, found.high) == pytest.approx(tuple(oracle), abs=0.002)
    assert not found.covers_training


def test_equal_seeds_add_nothing_and_differing_seeds_widen():
    one = system(3, seeds=1)
    same = interval(np.repeat(one, 3, axis=0))
    alone = interval(one)
    assert (same.low, same.high) == (alone.low, alone.high)
    assert same.covers_training
    lucky = system(3, seeds=3, luck=0.05)
    models = resampled(samples_of({"a": lucky}), draws=2000, seed=0)[0]
    assert width(interval(lucky)) > 2 * np.ptp(np.quantile(models, [0.025, 0.975]))


def test_a_perfect_score_on_a_few_entities_is_not_certain():
    counts = system(4)
    perfect = np.stack(
        [counts[..., 0] + counts[..., 2], counts[..., 1] * 0, counts[..., 1] * 0], -1
    )
    found = interval(perfect, draws=100)
    entities = int(perfect[0].sum())
    assert (found.point, found.high) == (1.0, 1.0)
    share = binomtest(entities, entities).proportion_ci(method="wilson").low
    assert found.low == pytest.approx(2 * share / (1 + share))
    assert interval(perfect[:, :10], draws=100).low < found.low < 1


def test_few_sentences_are_given_the_tails_and_the_spread_that_they_lack():
    counts = system(7, seeds=1, sentences=20)
    [sample] = samples_of({"a": counts})
    [replicates] = resampled([sample], draws=4000, seed=0)
    wider = expanded(replicates, sample).std() / replicates.std()
    assert wider == pytest.approx(t.ppf(0.975, 19) / norm.ppf(0.975) * (20 / 19) ** 0.5)
    assert expanded(replicates, sample).mean() == pytest.approx(replicates.mean())
    [large] = samples_of({"a": system(7, seeds=1, sentences=5000)})
    assert expanded(replicates, large).std() / replicates.std() < 1.001


def test_a_wider_level_gives_a_wider_interval():
    counts = system(5)
    assert width(interval(counts, level=0.99)) > width(interval(counts, level=0.9))


def test_p_of_the_bootstrap_and_its_interval_agree():
    for number in range(12):
        pair = system(number, 0.80, luck=0.02), system(number + 50, 0.84, luck=0.02)
        found = paired_bootstrap(*pair, draws=2000)
        outside = found.difference.low > 0 or found.difference.high < 0
        assert outside == (found.p < 0.05) or abs(found.p - 0.05) < 0.002


def test_sums_beyond_float32_stay_exact():
    huge = np.full((4, 3), 2**23 + 1, np.int64)
    assert exact(huge).dtype == np.float64
    assert exact(huge // 2**22).dtype == np.float32


# The effect of seeds


def luck_of(counts):
    return luck(samples_of({"a": counts})[0])


def test_what_sentences_explain_is_not_blamed_on_seeds():
    without = [luck_of(system(i, seeds=5)) for i in range(300)]
    spread = np.mean([one.spread for one in without])
    assert spread == pytest.approx(np.mean([one.explained for one in without]), rel=0.15)
    assert spread > 0.0001
    varied = [luck_of(system(i, seeds=5, luck=0.05)) for i in range(300)]
    left = np.mean([one.spread - one.explained for one in varied])
    slope = np.ptp([f1(system(1, chance, 1, 50_000))[0] for chance in (0.75, 0.85)]) / 0.1
    assert left == pytest.approx((0.05 * slope) ** 2, rel=0.15)


@pytest.mark.parametrize("freedom", [1, 2, 4, 40])
def test_what_is_subtracted_is_what_a_spread_typically_is(freedom):
    drawn = chi2.rvs(freedom, size=200_000, random_state=1) / freedom
    typical = np.exp(np.log(drawn).mean())
    assert Luck(3.0, 1.0, freedom, 1 + freedom).variance == pytest.approx(3 - typical, abs=0.01)
    assert typical < 1


def test_degrees_of_freedom_are_welchs():
    one, two = Luck(6.0, 0.0, 2, seeds=3), Luck(5.0, 0.0, 4, seeds=5)
    effect = seed_effect([one, two])
    assert (effect.variance, effect.freedom) == (3.0, 9 / (4 / 2 + 1 / 4))
    assert seed_effect([one, Luck(1.0, 9.0, 4, seeds=5)]).freedom == 2
    assert seed_effect([one, two]).known
    assert not seed_effect([one, luck_of(system(1, seeds=1))]).known


def test_in_a_table_no_system_is_steadier_than_the_mean():
    lucks = [Luck(1.0, 0.5, 2, 3), Luck(0.2, 0.5, 2, 3), Luck(4.0, 0.5, 4, 5)]
    total, squares = 1.0 * 2 + 0.2 * 2 + 4.0 * 4, 1.0 * 2 + 0.04 * 2 + 16.0 * 4
    mean = Luck(total / 8, 0.5, total**2 / squares, 3)  # Satterthwaite's degrees of freedom
    assert steadied(lucks) == [mean, mean, lucks[2]]
    assert steadied(lucks[:2]) == lucks[:2]


def test_systems_that_differ_in_luck_lend_few_degrees_of_freedom():
    alike = steadied([Luck(1.0, 0.0, 2, 3)] * 9 + [Luck(0.9, 0.0, 2, 3)])
    assert alike[-1].freedom == pytest.approx(20, rel=0.01)
    apart = steadied([Luck(9.0, 0.0, 2, 3)] + [Luck(0.1, 0.0, 2, 3)] * 9)
    assert 2 < apart[-1].freedom < 3


def test_systems_with_one_seed_or_equal_answers_are_left_as_they_are():
    equal = luck_of(np.repeat(system(1, seeds=1), 3, axis=0))
    single = luck_of(system(1, seeds=1))
    assert (equal.freedom, single.freedom) == (np.inf, 0)
    assert (equal.variance, single.variance) == (0, 0)
    others = [Luck(1.0, 0.0, 2, 3)] * 3
    assert steadied([equal, single, *others]) == [equal, single, *others]


# The permutation


def test_the_permutation_test_is_the_share_of_all_swaps():
    first, second = system(1, 0.5, 2, 9), system(2, 0.9, 2, 9)
    observed = abs(f1(first.sum(axis=0)) - f1(second.sum(axis=0)))
    reached = 0
    for swaps in product([False, True], repeat=9):
        mask = np.array(swaps)[None, :, None]
        one, two = np.where(mask, second, first), np.where(mask, first, second)
        reached += abs(f1(one.sum(axis=0)) - f1(two.sum(axis=0))) >= observed - 1e-12
    found = paired_permutation(first, second, draws=20_000)
    assert found.models_p == pytest.approx(reached / 2**9, abs=0.01)


def test_more_pairs_than_are_tested_at_once_get_the_same_swaps():
    one, two = samples_of({"one": system(1), "two": system(2)})
    results = permuted([contest(one, two)] * 130, draws=50, seed=0)
    assert len(results) == 130
    assert set(results) == {paired_permutation(system(1), system(2), draws=50)}
    assert permuted([], draws=50, seed=0) == []


def test_equal_systems_are_never_apart_and_p_is_never_zero():
    one, other = system(1, 0.2), system(2, 0.99)
    assert paired_permutation(one, one, draws=500).p == 1.0
    assert paired_bootstrap(one, one, draws=500).p == 1.0
    assert paired_permutation(one, other, draws=500).p == 1 / 501


def test_a_test_of_systems_is_more_careful_than_a_test_of_models():
    pairs = [(system(i, 0.80, luck=0.03), system(i + 50, 0.82, luck=0.03)) for i in range(30)]
    found = [paired_permutation(one, two, draws=1000) for one, two in pairs]
    assert np.median([one.models_p for one in found]) < np.median([one.p for one in found]) / 2
    single = paired_permutation(system(1, seeds=1), system(2, seeds=1))
    assert single.p == single.models_p
    assert not single.covers_training


def test_a_different_number_of_seeds_weighs_both_sides_alike():
    one, two = system(1, seeds=1), system(2, seeds=1)
    plain = paired_permutation(one, two)
    repeated = paired_permutation(np.repeat(one, 2, axis=0), np.repeat(two, 3, axis=0))
    assert repeated.models_p == plain.models_p


# The table

TABLE = {f"s{i}": system(i, 0.70 + 0.05 * i, luck=0.01) for i in range(5)}


def test_a_table_of_two_says_what_the_paired_tests_say():
    one, two = TABLE["s0"], TABLE["s2"]
    [pair] = compare({"one": one, "two": two}, draws=2000).pairs
    assert pair.bootstrap == paired_bootstrap(one, two, draws=2000)
    assert pair.permutation == paired_permutation(one, two, draws=2000)
    assert (pair.bootstrap_holm, pair.permutation_holm) == (pair.bootstrap.p, pair.permutation.p)


def test_a_table_says_what_its_parts_say():
    table = compare(TABLE, draws=2000)
    assert table.intervals["s2"] == interval(TABLE["s2"], draws=2000)
    assert len(table.pairs) == 10
    assert [p.permutation_holm for p in table.pairs] == list(
        holm([p.permutation.p for p in table.pairs])
    )
    assert table.groups["s4"] == 1
    assert table.groups["s0"] > 1
    for one in table.pairs:
        shared = set(table.letters[one.first]) & set(table.letters[one.second])
        assert bool(shared) != one.separable
    assert table.covers_training


def test_equal_input_gives_equal_tables_and_order_does_not_matter():
    table, again = compare(TABLE, draws=2000), compare(TABLE, draws=2000)
    assert table == again
    backwards = compare(dict(reversed(TABLE.items())), draws=2000)
    assert backwards.intervals == table.intervals
    assert backwards.groups == table.groups
    assert backwards.letters == table.letters


def test_one_seed_anywhere_supports_no_claim():
    table = compare({**TABLE, "single": system(9, 0.1, seeds=1)}, draws=2000)
    assert not table.covers_training
    assert [n for n, one in table.intervals.items() if not one.covers_training] == ["single"]
    assert (table.groups, table.letters, table.best, table.behind) == ({}, {}, {}, {})
    against = [pair for pair in table.pairs if "single" in (pair.first, pair.second)]
    assert all(pair.permutation_holm < 0.05 for pair in against)  # of these models, it would be
    assert not any(pair.separable for pair in against)


def test_a_table_of_one_system_has_an_interval_and_no_pairs():
    table = compare({"alone": TABLE["s0"]}, draws=500)
    assert (table.pairs, table.minimum) == ((), None)
    assert (table.groups, table.letters) == ({"alone": 1}, {"alone": "a"})
    assert compare({}).intervals == {}


def test_a_table_draws_enough_to_separate_anything():
    assert 2 * RESOLVED / (1 + enough(RESOLVED)) < 0.04
    table = {f"s{i}": system(i, chance) for i, chance in enumerate((0.1, 0.5, 0.95))}
    assert [pair.separable for pair in compare(table, draws=2).pairs] == [True] * 3


def test_several_tables_at_once_are_what_each_is_alone():
    parts = [{"s0": TABLE["s0"], "s2": TABLE["s2"]}, TABLE]
    together = compare_all([dict(zip(p, samples_of(p), strict=True)) for p in parts], draws=2000)
    assert together == [compare(part, draws=2000) for part in parts]
    assert compare_all([]) == []


def test_runs_against_other_gold_are_refused():
    other = system(1, sentences=150)
    with pytest.raises(HarnessError, match="b and a were not scored against the same gold"):
        compare({"a": system(0), "b": other})
    moved = system(1).copy()
    moved[1, 3] += (0, 0, 1)  # one seed, one sentence, one more gold entity
    with pytest.raises(HarnessError, match="b and a were not scored against the same gold"):
        compare({"a": system(0), "b": moved})


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.zeros((4, 3), int), r"a: counts must be \(seeds, sentences, 3\)"),
        (np.zeros((0, 4, 3), int), "with a seed or more"),
        (np.ones((1, 4, 3)), "a: counts must be integers of 0 or more, not float64"),
        (-np.ones((1, 4, 3), int), "0 or more"),
        (np.zeros((1, 4, 3), int), "a: the test set holds no entities"),
        (np.ones((1, 4, 3), int) * (0, 1, 0), "a: the test set holds no entities"),
    ],
)
def test_counts_that_mean_nothing_are_refused(counts, message):
    with pytest.raises(HarnessError, match=message):
        compare({"a": counts})


# Documents


def test_documents_sum_their_sentences():
    counts = system(1, seeds=2, sentences=5)
    summed = by_document(counts, ["x", "y", "x", "z", "y"])
    assert summed.tolist() == [
        [(s[0] + s[2]).tolist(), (s[1] + s[4]).tolist(), s[3].tolist()] for s in counts
    ]
    with pytest.raises(HarnessError, match="5 sentences need as many document ids, not 2"):
        by_document(counts, ["x", "y"])


def test_of_several_accounts_of_documents_the_coarsest_is_drawn_by_whoever_gives_it():
    accounts = [(), ("x", "y", "z"), ("p", "p", "q")]
    assert {coarsest(order) for order in permutations(accounts)} == {("p", "p", "q")}
    assert coarsest([(), ()]) == ()
    counts = system(1, seeds=2, sentences=5)
    assert by_document(counts, ()).tolist() == counts.tolist()


def test_copies_of_a_sentence_are_no_new_evidence():
    counts = system(1, seeds=1, sentences=100)
    copies = np.repeat(counts, 9, axis=1)
    documents = [str(number) for number in np.repeat(np.arange(100), 9)]
    honest = width(interval(by_document(copies, documents)))
    assert honest == pytest.approx(width(interval(counts)))
    assert honest == pytest.approx(3 * width(interval(copies)), rel=0.1)


# Ranking

p_lists = st.lists(st.floats(0, 1), max_size=12)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()


@given(p_lists)
def test_holm_keeps_the_order_and_lies_between_none_and_bonferroni(p_values):
    corrected = holm(p_values)
    for p, q in zip(p_values, corrected, strict=True):
        assert p <= q <= min(1.0, p * len(p_values)) or q == pytest.approx(p)
    for (p, q), (r, s) in combinations(zip(p_values, corrected, strict=True), 2):
        assert (q <= s) if p <= r else (q >= s)
    if p_values:  # Holm is never milder than a false discovery rate
        rates = false_discovery_control(p_values)
        assert all(q >= rate - 1e-12 for q, rate in zip(corrected, rates, strict=True))


@given(st.integers(1, 7), st.data())
def test_two_systems_share_a_letter_exactly_when_not_separable(size, data):
    names = [f"s{i}" for i in range(size)]
    scores = {name: data.draw(st.floats(0, 1)) for name in names}
    apart = {pair for pair in combinations(names, 2) if data.draw(st.booleans())}

    def separable(one, two):
        return (one, two) in apart or (two, one) in apart

    shown = letters(scores, separable)
    assert "a" in shown[max(names, key=scores.get)]
    for one, two in combinations(names, 2):
        assert bool(set(shown[one]) & set(shown[two])) != separable(one, two)
    holders = [{n for n in names if letter in shown[n]} for letter in set("".join(shown.values()))]
    assert not any(one < two for one in holders for two in holders), "a letter says nothing new"
    groups = rank_groups(scores, separable)
    assert sorted(set(groups.values())) == list(range(1, max(groups.values()) + 1))
    best = max(names, key=scores.get)
    assert {n for n, g in groups.items() if g == 1} == {n for n in names if not separable(best, n)}


def test_more_systems_than_letters_still_have_names_apart():
    scores = {f"s{i}": 1 - i / 100 for i in range(54)}
    shown = letters(scores, lambda one, two: True)
    assert (shown["s0"], shown["s51"], shown["s53"]) == ("a", "Z", "[54]")


# Ranks over tasks


def test_the_critical_difference_is_that_of_demsar():
    scores = {str(task): {name: task + i for i, name in enumerate("abcd")} for task in range(14)}
    assert average_ranks(scores).critical_difference == pytest.approx(1.25, abs=0.005)
    assert average_ranks(scores, alpha=0.1).critical_difference == pytest.approx(1.12, abs=0.005)
    assert studentized_range.ppf(0.95, 4, np.inf) / 2**0.5 == pytest.approx(2.569, abs=0.001)


def test_ranks_are_means_with_ties_shared_and_gaps_left_out():
    found = average_ranks(
        {
            "one": {"a": 0.9, "b": 0.8, "c": 0.8, "gone": 0.99},
            "two": {"a": 0.7, "b": 0.9, "c": 0.1},
        }
    )
    assert found.ranks == {"a": 1.5, "b": 1.75, "c": 2.75}
    assert (found.left_out, found.tasks) == (("gone",), ("one", "two"))
    assert 0 < found.p < 1


def test_ranks_need_two_tasks_and_two_systems_in_common():
    assert average_ranks({"one": {"a": 1.0, "b": 0.5}}) is None
    assert average_ranks({"one": {"a": 1.0}, "two": {"b": 0.5}}) is None
    tied = {str(task): dict.fromkeys("abc", 0.5) for task in range(3)}
    assert average_ranks(tied).p == 1.0
    pair = {str(task): {"a": 0.5, "b": 0.6} for task in range(3)}
    assert average_ranks(pair).p is None


def p_of_each(names, p):
    return {frozenset(pair): p for pair in combinations(names, 2)}


def test_the_interval_of_a_mean_rank_counts_whom_each_task_separates():
    scores = {"one": {"a": 0.9, "b": 0.5, "c": 0.4}, "two": {"a": 0.9, "b": 0.5, "c": 0.4}}
    sure = {task: p_of_each("abc", 0.001) for task in scores}
    assert average_ranks(scores, sure).intervals == {"a": (1, 1), "b": (2, 2), "c": (3, 3)}
    nothing = {task: p_of_each("abc", 0.5) for task in scores}
    assert average_ranks(scores, nothing).intervals == dict.fromkeys("abc", (1, 3))
    half = {"one": p_of_each("abc", 0.001), "two": p_of_each("abc", 0.5)}
    assert average_ranks(scores, half).intervals == {"a": (1, 2), "b": (1.5, 2.5), "c": (2, 3)}


def test_the_interval_of_a_mean_rank_is_corrected_for_rivals_and_tasks():
    scores = {str(task): {"a": 0.9, "b": 0.5, "c": 0.4} for task in range(4)}
    below, above = 0.05 / 8 - 1e-6, 0.05 / 8 + 1e-6  # two rivals on four tasks
    for p, low in ((below, (1, 1)), (above, (1, 3))):
        tests = {task: p_of_each("abc", p) for task in scores}
        assert average_ranks(scores, tests).intervals["a"] == low


def test_without_tests_of_every_task_a_mean_rank_has_no_interval():
    scores = {"one": {"a": 0.9, "b": 0.5}, "two": {"a": 0.9, "b": 0.5}}
    assert average_ranks(scores).intervals == {}
    assert average_ranks(scores, {"one": p_of_each("ab", 0.1)}).intervals == {}
