"""A seed that learned nothing is found, an unlucky one is not, and it never helps anybody."""

import numpy as np
import pytest
from scipy.stats import beta

from harness.statistics import compare, interval
from harness.statistics.outlying import outlying, unseen, without
from harness.statistics.samples import samples_of
from harness.statistics.seeds import luck


def row(number, chances, sentences=200):
    """Counts of one seed for each chance of finding an entity."""
    gold = np.random.default_rng(0).poisson(1.8, sentences)
    rng = np.random.default_rng(number)
    chance = np.array(chances)[:, None]
    tp = rng.binomial(gold, np.broadcast_to(chance, (len(chances), sentences)))
    fp = rng.poisson(0.3 * (1 - chance) * np.ones(sentences))
    return np.stack([tp, fp, gold - tp], axis=-1)


def fell(counts):
    return outlying(samples_of({"a": counts})[0])


@pytest.mark.parametrize(
    ("chances", "fallen"),
    [
        ([0.8, 0.1, 0.8], (1,)),
        ([0.0, 0.8], (0,)),
        ([0.05, 0.8, 0.02], (0, 2)),
        ([0.8, 0.8, 0.8, 0.5, 0.8, 0.8], (3,)),  # not near 0, but far from five that agree
        ([0.9, 0.9, 0.9, 0.1, 0.6, 0.9, 0.9], (3, 4)),
        ([0.8, 0.8, 0.8], ()),
        ([0.8, 0.7, 0.75], ()),
        ([0.8, 0.55, 0.8], ()),  # two that agree are too few to call this one another kind
        ([0.02, 0.01, 0.03], ()),  # none learned: there is nothing to fall out of
        ([0.8], ()),
    ],
)
def test_seeds_that_fell_out(chances, fallen):
    assert fell(row(1, chances, 400)) == fallen


def test_few_entities_are_no_reason_to_call_a_seed_fallen():
    small = row(3, [0.9, 0.4, 0.9], 4)
    assert fell(small) == ()


def test_equal_seeds_and_one_that_hardly_differs_are_one_row():
    same = np.repeat(row(1, [0.8]), 4, axis=0)
    same[2, np.flatnonzero(same[2, :, 0])[0]] += (-1, 0, 1)
    assert fell(same) == ()


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_luck_alone_rarely_makes_a_seed_fall_out(seeds):
    rng = np.random.default_rng(5)
    rows = [row(i, np.clip(rng.normal(0.8, 0.03, seeds), 0, 1)) for i in range(400)]
    assert np.mean([bool(fell(one)) for one in rows]) <= 0.02


def test_the_row_keeps_its_fallen_seed_and_says_what_the_others_are():
    counts = row(1, [0.8, 0.1, 0.8])
    table = compare({"shaky": counts, "steady": row(2, [0.8, 0.79, 0.81])}, draws=1000)
    assert [*table.fallen] == ["shaky"]
    fallen = table.fallen["shaky"]
    assert fallen.seeds == (1,)
    assert fallen.rest == interval(counts[[0, 2]], draws=1000)
    whole = table.intervals["shaky"]
    assert whole.low < whole.point < fallen.rest.low
    assert whole.high > fallen.rest.high
    assert table.groups == {"shaky": 1, "steady": 1}


def test_one_seed_that_is_left_says_nothing_of_trainings_that_learn():
    table = compare({"a": row(1, [0.8, 0.1]), "b": row(2, [0.8, 0.79])}, draws=200)
    assert table.fallen["a"].rest is None


def test_a_fallen_seed_says_nothing_of_the_luck_of_other_rows():
    steady = {f"s{i}": row(i, [0.7 + 0.04 * i] * 3, 1500) for i in range(4)}
    alone = compare(steady, draws=1000)
    beside = compare({**steady, "shaky": row(9, [0.8, 0.02, 0.8], 1500)}, draws=1000)

    def p_values(table):
        return {(p.first, p.second): p.permutation.p for p in table.pairs if p.second != "shaky"}

    assert p_values(alone) == p_values(beside)
    assert min(p_values(alone).values()) < 0.01


def test_the_others_are_the_row_without_it():
    sample = samples_of({"a": row(1, [0.8, 0.1, 0.8])})[0]
    rest = without(sample, (1,))
    assert rest.f1.tolist() == sample.f1[[0, 2]].tolist()
    assert luck(rest).seeds == 2


@pytest.mark.parametrize("seeds", [1, 2, 3, 5, 10])
def test_what_so_many_seeds_may_miss_is_clopper_and_pearsons_bound(seeds):
    assert unseen(seeds) == pytest.approx(beta.ppf(0.95, 1, seeds))
