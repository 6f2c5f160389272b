"""Levels hold where the truth is known: a small and fast part of ``python -m benchmarks.coverage``.

Bounds are as far from the goals as so few tables need: 95 +- 2 % covered, 5 % false at most.
"""

import numpy as np
import pytest

from benchmarks import coverage
from benchmarks._population import System, system, tables

pytestmark = pytest.mark.slow
SETTINGS = [(2, 2, 200), (2, 3, 100), (2, 3, 1000), (4, 3, 300), (2, 5, 300)]


@pytest.mark.parametrize(("rows", "seeds", "sentences"), SETTINGS)
def test_intervals_cover_and_equal_rows_are_not_told_apart(rows, seeds, sentences):
    found = coverage.equal_rows(rows, seeds, sentences, 400)
    assert 0.925 <= found["covered"] <= 0.98
    assert found["least covered row"] >= 0.90
    assert found["false claims"] <= 0.06
    assert found["false groups"] <= found["false claims"]
    assert found["seeds called fallen"] <= 0.02


def of_models(lucks, number):
    """How often the classic permutation test, blind to seeds, tells two equal rows apart."""
    equal = [system(0.84, luck) for luck in lucks]
    found = coverage.judged(equal, 3, 1000, number)
    return np.mean([one.pairs[0].permutation.models_p < 0.05 for one in found])


def test_a_test_that_is_blind_to_seeds_speaks_of_models_only():
    assert of_models([0.01, 0.01], 200) > 0.15
    assert of_models([0.0, 0.0], 200) <= 0.08


def test_a_row_one_f1_behind_is_rarely_called_within_one_f1():
    found = coverage.falling_rows(3, 5, 2000, 150)
    assert found["falsely within 1 F1"] <= 0.06
    assert found["wrong way"] <= 0.02
    assert found["best is first"] > 0.5


def test_what_a_table_says_that_it_finds_it_finds():
    assert 0.7 <= coverage.power(2, 5, 300, 150)["found"] <= 0.95


@pytest.mark.parametrize("seeds", [3, 5])
def test_where_one_training_in_ten_learns_nothing_intervals_hold_what_they_say(seeds):
    found = coverage.failing(2, seeds, 300, 250)
    assert found["rows with fallen seeds"] == pytest.approx(1 - 0.9**seeds, abs=0.06)
    assert found["trainings that learn"] >= 0.925
    assert found["all trainings, one seen to fail"] >= 0.93
    assert found["false claims"] <= 0.06


def test_intervals_of_mean_ranks_hold_the_rank():
    assert coverage.ranks_over_tasks(3, 3, 1000, 60)["covered"] >= 0.93


def test_the_chance_of_being_best_is_a_chance():
    found = coverage.chance_of_best(3, 5, 1500, 80)
    assert found["<10 %"] < 0.15
    assert found.get(">90 %", 1.0) > 0.75


# The population


def test_the_truth_is_the_mean_over_many_trainings_and_sentences():
    one = system(0.84, 0.02)
    assert one.learned_f1 == pytest.approx(0.84)
    [made] = tables(np.random.default_rng(1), [one], 60, 20_000, 1)
    scores = made["row 0"].f1
    assert scores.mean() == pytest.approx(0.84, abs=0.01)
    assert scores.std(ddof=1) == pytest.approx(0.02, rel=0.25)


def test_trainings_fail_as_often_as_they_are_told_to():
    one = system(0.84, 0.01, fails=0.25)
    [made] = tables(np.random.default_rng(1), [one], 80, 500, 1)
    failed = made["row 0"].f1 < 0.42
    assert failed.mean() == pytest.approx(0.25, abs=0.1)
    assert one.f1 == pytest.approx(0.75 * 0.84 + 0.25 * System(-4.0, 0.0).f1)


def test_rows_of_a_table_share_their_gold_and_tables_do_not():
    made = tables(np.random.default_rng(1), coverage.alike(2), 2, 50, 2)
    gold = [(one.size - one.right)[0] for one in made[0].values()]
    assert (gold[0] >= 0).all()
    assert not (made[0]["row 0"].size == made[1]["row 0"].size).all()
