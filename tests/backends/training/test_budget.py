"""A training ends where its bound is reached, within an epoch if need be, at a rate of nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from unit_objective import DATA, TAGS, UNITS, WIDTH, UnitTagger, context

from backends.training.budget import Budget
from backends.training.course import Course
from backends.training.loop import train
from backends.training.recipe import Recipe
from harness.data.training_digest import digest
from harness.protocol import Epoch

RECIPE = {"epochs": 4, "batch_units": 40, "learning_rate": 0.05, "warmup": 0.0}
# A layer's products, forward, to its weights and to its input; a product and a sum are two.
FLOPS = 3 * 2 * WIDTH * len(TAGS)


def run(folder, **changes):
    objective = UnitTagger()
    found = train(objective, DATA, DATA[:3], Recipe(**RECIPE | changes), context(folder))
    return objective, found


def weights(objective):
    return [parameter.detach() for parameter in objective.model.parameters()]


def assert_equal(one, other):
    for a, b in zip(weights(one), weights(other), strict=True):
        assert torch.equal(a, b)


def test_a_bound_that_is_never_reached_changes_no_bit(tmp_path):
    plain, _ = run(tmp_path / "a")
    bounded, _ = run(tmp_path / "b", max_units=10**9, max_seconds=1e9, max_flops=1e30)
    assert_equal(plain, bounded)


def test_units_end_it_within_an_epoch(tmp_path):
    most = UNITS + UNITS // 2
    _, training = run(tmp_path, epochs=99, max_units=most)
    first, second = training.epochs
    longest = 2 * RECIPE["batch_units"]
    assert first.units == UNITS
    assert most <= first.units + second.units < most + longest
    assert 0 < second.updates < first.updates
    assert training.best_epoch == 2


def test_an_epoch_that_was_cut_says_of_no_bytes_that_they_were_read(tmp_path):
    _, training = run(tmp_path, epochs=99, max_units=UNITS + 1)
    assert [epoch.training_digest for epoch in training.epochs] == [digest(DATA), ""]


def test_the_rate_falls_to_nothing_where_the_bound_is(tmp_path):
    _, training = run(tmp_path, epochs=99, max_units=3 * UNITS, batch_units=10)
    rates = [epoch.learning_rates[0] / RECIPE["learning_rate"] for epoch in training.epochs]
    assert len(rates) == 3
    assert rates == pytest.approx([2 / 3, 1 / 3, 0], abs=0.05)


def test_operations_are_counted_exactly(tmp_path):
    _, one = run(tmp_path / "a", epochs=99, max_flops=1.5 * UNITS * FLOPS)
    _, other = run(tmp_path / "b", epochs=99, max_units=UNITS + UNITS // 2)
    assert [e.updates for e in one.epochs] == [e.updates for e in other.epochs]
    rates = [[epoch.learning_rates[0] for epoch in each.epochs] for each in (one, other)]
    assert rates[0] == pytest.approx(rates[1])


def test_seconds_end_it_after_the_update_in_which_they_are_over(tmp_path):
    _, training = run(tmp_path, max_seconds=1e-9)
    assert [epoch.updates for epoch in training.epochs] == [1]


@pytest.mark.slow
@pytest.mark.parametrize("bound", [("max_flops", "40000"), ("max_seconds", "0.5")])
def test_processes_end_together_and_have_the_same_weights(bound, tmp_path):
    """Each has a share of every batch and a clock of its own."""
    script, root = Path(__file__).with_name("bounded_processes.py"), Path(__file__).parents[3]
    # Without the first flag accelerate starts one process where there is no GPU.
    subprocess.run(
        [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1",
         "--main_process_port", "0", "--mixed_precision", "no", "--dynamo_backend", "no",
         "--num_processes", "2", str(script), str(tmp_path), *bound],
        check=True, capture_output=True, cwd=root, timeout=120,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": f"{root}:{root / 'tests'}"},
    )  # fmt: skip
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert first == second
    assert len(first["updates"]) < 400, "the bound was never reached"


def test_the_nearest_bound_counts():
    epoch = Epoch(1, 1.0, None, None, None, (), 6.0, 9.0, 10, 10, "")
    course = Course(8, epochs=[epoch], done=20, seconds=1.0, flops=300.0)
    assert Budget(100).share(course) == 0.2
    assert Budget(100, seconds=10.0).share(course) == 0.7  # without the 9 that dev took
    assert Budget(100, seconds=10.0, flops=400.0).share(course) == 0.75
    assert Budget(100).share(course, ahead=5) == 0.25
    assert Budget(10).share(course) == 1.0
    assert not Budget(21).is_spent(course)
    assert Budget(20).is_spent(course)
