"""Nominal levels hold: 95 % intervals cover 93 to 97 %, tests at 0.05 reject at most 6 % of nulls.

The truth is a population of sentences and of trainings. A sentence has a number of gold entities
and a difficulty that all models share; a training has its luck; a model fares on a sentence in a
way of its own. The expected F1 of a system is known by quadrature. Systems that are compared share
sentences, not luck, and have the same expected F1.
"""

import numpy as np
import pytest
from scipy.optimize import brentq

from harness.statistics import compare
from harness.statistics.bootstrap import difference, resampled, score_interval
from harness.statistics.permutation import permuted
from harness.statistics.samples import samples_of
from harness.statistics.seeds import contest

pytestmark = pytest.mark.slow

HARD, OWN, ENTITIES = 1.3, 0.8, 1.5  # spread of difficulty and of a model on it; gold per sentence
DRAWS, AT_ONCE = 1000, 100
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


def expected_f1(ability, luck):
    """Mean over trainings of F1 on the whole population."""
    trained = ability + luck * NODES[:, None]
    chance = WEIGHTS @ (1 / (1 + np.exp(-trained - np.hypot(HARD, OWN) * NODES))).T / WEIGHTS.sum()
    right, wrong = ENTITIES * chance, (1 - chance) * (0.8 * ENTITIES + 0.05)
    return WEIGHTS @ (2 * right / (ENTITIES + right + wrong)) / WEIGHTS.sum()


def ability_for(f1, luck):
    return brentq(lambda ability: expected_f1(ability, luck) - f1, -5, 10)


def sentences(rng, repeats, size):
    gold = rng.poisson(rng.gamma(1.2, ENTITIES / 1.2, (repeats, 1, size)))
    return gold, rng.normal(0, HARD, gold.shape)


def trained(rng, ability, luck, seeds, population):
    """Counts of ``seeds`` trainings in each repeat, (repeats, seeds, sentences, 3)."""
    gold, hard = population
    shape = (len(gold), seeds, gold.shape[2])
    skill = ability + luck * rng.normal(size=(len(gold), seeds, 1)) + OWN * rng.normal(size=shape)
    chance = 1 / (1 + np.exp(hard - skill))
    right = rng.binomial(gold, chance)
    wrong = rng.poisson((1 - chance) * (0.8 * gold + 0.05))
    return np.stack([right, wrong, gold - right], axis=-1)


def samples_in(counts):
    return [samples_of({"one": repeat})[0] for repeat in counts]


def coverage(ability, luck, seeds, size, repeats):
    """How often the interval holds the truth, over many test sets and trainings."""
    truth, hits = expected_f1(ability, luck), []
    for part in range(repeats // AT_ONCE):
        rng = np.random.default_rng([part, seeds, size])
        made = samples_in(trained(rng, ability, luck, seeds, sentences(rng, AT_ONCE, size)))
        # One set of resampled sentences serves all repeats: they share nothing else.
        for number, (sample, replicates) in enumerate(
            zip(made, resampled(made, DRAWS, part), strict=True)
        ):
            found = score_interval(sample, replicates, number, 0.95)
            hits.append(found.low <= truth <= found.high)
    return np.mean(hits)


@pytest.mark.parametrize("size", [300, 1000])
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize(("ability", "luck"), [(2.2, 0.1), (0.6, 0.06)])
def test_intervals_cover_what_they_say(ability, luck, seeds, size):
    assert 0.93 <= coverage(ability, luck, seeds, size, 1000) <= 0.97


def test_the_luck_in_these_simulations_is_half_a_point_to_a_point():
    for ability, luck in [(2.2, 0.1), (0.6, 0.06)]:
        moved = expected_f1(ability + luck, 0) - expected_f1(ability - luck, 0)
        assert 0.005 < moved / 2 < 0.0115


def rejections(lucks, seeds, size, repeats):
    """Shares of true nulls that the permutation, the bootstrap and the classic test reject."""
    first, second = (ability_for(0.84, luck) for luck in lucks)
    found = []
    for part in range(repeats // AT_ONCE):
        rng = np.random.default_rng([part, seeds, size, 7])
        population = sentences(rng, AT_ONCE, size)
        ones = samples_in(trained(rng, first, lucks[0], seeds, population))
        twos = samples_in(trained(rng, second, lucks[1], seeds, population))
        pairs = [contest(one, two) for one, two in zip(ones, twos, strict=True)]
        draws = resampled(ones + twos, DRAWS, part)
        for number, swapped in enumerate(permuted(pairs, DRAWS, part)):
            drawn = difference(pairs[number], draws[number] - draws[number + AT_ONCE], number, 0.95)
            found.append([swapped.p, drawn.p, swapped.models_p])
    return (np.array(found) < 0.05).mean(axis=0)


@pytest.mark.parametrize("size", [300, 1000])
@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("lucks", [(0.1, 0.1), (0.12, 0.04)])
def test_equal_systems_are_called_different_as_rarely_as_promised(lucks, seeds, size):
    permutation, bootstrap, classic = rejections(lucks, seeds, size, 600)
    assert permutation <= 0.06
    assert bootstrap <= 0.06
    assert classic > 0.06  # which is why it speaks of models, not of systems


def test_without_luck_the_classic_test_keeps_its_level():
    assert rejections((0.0, 0.0), 3, 300, 600)[2] <= 0.06


def test_a_table_of_equal_systems_rarely_claims_anything():
    lucks = (0.04, 0.08, 0.08, 0.2)
    abilities = [ability_for(0.84, luck) for luck in lucks]
    claims = []
    for number in range(150):
        rng = np.random.default_rng([number, 8])
        population = sentences(rng, 1, 300)
        systems = {
            str(luck) + str(i): trained(rng, ability, luck, 3, population)[0]
            for i, (ability, luck) in enumerate(zip(abilities, lucks, strict=True))
        }
        table = compare(systems, DRAWS, number)
        claims.append(max(table.groups.values()) > 1)
    assert np.mean(claims) <= 0.06
