"""The loop: one normalisation, selection on dev alone, an end at the first non-finite number."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.optim.optimizer import register_optimizer_step_post_hook

from backends.training.loop import train
from backends.training.losses import Losses
from backends.training.optimiser import adamw, decay_groups, factor, normalise
from backends.training.recipe import Recipe
from backends.training.selection import Selection
from harness.core import Example, Sentence, Tags
from harness.data.training_digest import digest
from harness.errors import DataError, HarnessError, ResourceError
from harness.protocol import Context, DevScore

RECIPE = {
    "epochs": 3, "batch_units": 64, "accumulate": 1, "learning_rate": 0.1,
    "weight_decay": 0.0, "schedule": "linear", "warmup": 0.1, "clip": 0.0, "patience": 0,
}  # fmt: skip
OUT_OF_MEMORY = torch.OutOfMemoryError("too many units")
DATA = [Example(Sentence(f"s{i}", ("字",) * (2 + i % 7)), ()) for i in range(40)]


class Line:
    """The smallest objective: predict the length of a sentence from a one, unit by unit."""

    def __init__(self, poison=None, memory=10**9, full=OUT_OF_MEMORY):
        torch.manual_seed(0)
        self.full = full
        self.model = torch.nn.Linear(1, 1)
        self.poison, self.memory, self.fed = poison, memory, []

    def groups(self, recipe):
        return decay_groups(self.model.named_parameters(), recipe.learning_rate, 0.0)

    def positions(self, example):
        return len(example.sentence)

    def collate(self, examples):
        if torch.is_grad_enabled():
            self.fed += examples
        lengths = [len(e.sentence) for e in examples]
        return {"units": torch.tensor([float(n) for n in lengths for _ in range(n)])}

    def loss(self, batch):
        units = batch["units"][:, None]
        if len(units) > self.memory:
            raise self.full
        error = (self.model(torch.ones_like(units)) - units).square().sum()
        if self.poison and len(self.fed) >= self.poison:
            error = error * float("nan")
        return error, len(units)

    def predict(self, sentences):
        return [Tags(("O",) * len(s)) for s in sentences]


def context(folder, scores=None, lines=None):
    scores = iter(scores or [0.5] * 99)
    kept = [] if lines is None else lines
    return Context(
        ("O",), 13, "cpu", "fp32", 1, folder,
        lambda outputs: DevScore(next(scores), 0.9),
        lambda progress: kept.append(progress.note) if progress.line else None,
    )  # fmt: skip


def run(folder, objective=None, scores=None, dev=DATA[:5], lines=None, **changes):
    objective, here = objective or Line(), context(folder, scores, lines)
    training = train(objective, DATA, dev, Recipe(**RECIPE | changes), here)
    return objective, training


def test_it_learns(tmp_path):
    objective, training = run(tmp_path, epochs=8, batch_units=16, scores=[i / 9 for i in range(9)])
    mean = sum(len(e.sentence) ** 2 for e in DATA) / sum(len(e.sentence) for e in DATA)
    assert objective.model(torch.ones(1)).item() == pytest.approx(mean, abs=0.3)
    assert training.epochs[-1].loss < training.epochs[0].loss / 3
    assert training.epochs[-1].dev_loss < training.epochs[0].dev_loss


@pytest.mark.parametrize(("batch_units", "accumulate"), [(50, 2), (25, 4), (10, 10), (3, 20)])
def test_accumulation_changes_no_update(tmp_path, batch_units, accumulate):
    """The same effective batch is the same update, however it is split."""
    whole, _ = run(tmp_path / "a", batch_units=100, epochs=1)
    split, _ = run(tmp_path / "b", batch_units=batch_units, accumulate=accumulate, epochs=1)
    if batch_units == 3:  # a budget of 60, not 100: other updates, and the guard of this test
        assert (whole.model.weight - split.model.weight).abs() > 1e-3
    else:
        torch.testing.assert_close(split.model.weight, whole.model.weight, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dev", [DATA[:5], []], ids=["selected", "nothing to select on"])
def test_the_running_mean_of_the_weights_is_what_is_looked_at_and_kept(dev, tmp_path):
    seen, looked = [], []

    class Watched(Line):
        def predict(self, sentences):
            looked.append(self.model.weight.item())
            return super().predict(sentences)

    def look(optimiser, args, kwargs):
        seen.append(optimiser.param_groups[0]["params"][0].item())

    objective = Watched()
    first = objective.model.weight.item()
    handle = register_optimizer_step_post_hook(look)
    run(tmp_path, objective, scores=[0.1, 0.2, 0.3], dev=dev, average=0.8)
    handle.remove()
    mean = first
    for update, weight in enumerate(seen, start=1):
        stays = min(0.8, (1 + update) / (10 + update))
        mean = stays * mean + (1 - stays) * weight
    assert objective.model.weight.item() == pytest.approx(mean, rel=1e-5)
    assert mean != pytest.approx(seen[-1], rel=1e-3)
    assert looked[-1:] == ([objective.model.weight.item()] if dev else [])


def test_training_goes_on_from_the_weights_not_from_their_mean(tmp_path):
    plain, _ = run(tmp_path / "a", dev=[], epochs=2)
    averaged = Line()
    train(averaged, DATA, [], Recipe(**RECIPE | {"epochs": 2, "average": 1e-9}), context(tmp_path))
    torch.testing.assert_close(averaged.model.weight, plain.model.weight, rtol=0, atol=1e-6)


def test_out_of_memory_halves_the_batch_and_changes_no_update(tmp_path):
    lines = []
    roomy, cramped = Line(), Line(memory=30)
    recipe = Recipe(**RECIPE | {"batch_units": 160, "epochs": 2})
    train(roomy, DATA, DATA[:5], recipe, context(tmp_path / "a"))
    told = train(cramped, DATA, DATA[:5], recipe, context(tmp_path / "b", lines=lines))
    torch.testing.assert_close(cramped.model.weight, roomy.model.weight, rtol=0, atol=1e-6)
    said = [line for line in lines if line.startswith("out of memory: at most ")]
    assert [int(line.split()[5]) for line in said] == list(told.halved)
    assert sorted(told.halved, reverse=True) == list(told.halved)
    assert told.halved[-1] <= 30


def _allocation_failure():
    """What torch raises on a CPU that has no memory left."""
    try:
        torch.empty(2**60, dtype=torch.uint8)
    except RuntimeError as error:
        return error


@pytest.mark.parametrize("full", [_allocation_failure(), MemoryError()], ids=["torch", "numpy"])
def test_out_of_memory_on_a_cpu_halves_the_batch_too(full, tmp_path):
    _, told = run(tmp_path, Line(memory=30, full=full), batch_units=160, epochs=1)
    assert told.halved
    with pytest.raises(RuntimeError, match="of another kind"):
        run(tmp_path, Line(memory=30, full=RuntimeError("of another kind")), batch_units=160)


def test_an_example_that_never_fits_ends_the_run_with_advice(tmp_path):
    with pytest.raises(ResourceError, match="batch_units lower and accumulate higher"):
        run(tmp_path, Line(memory=3))


@pytest.mark.slow
def test_two_processes_with_half_of_the_batch_each_are_one_with_all_of_it(tmp_path):
    """The first update under ``accelerate launch``, to 1e-6."""
    script = Path(__file__).with_name("two_processes.py")
    # Without this flag accelerate starts one process where there is no GPU; with it, processes.
    several = ["--multi_gpu", "--num_machines", "1", "--main_process_port", "0"]
    plain = ["--mixed_precision", "no", "--dynamo_backend", "no"]
    for processes, units, flags in (("2", "160", several), ("1", "160", [])):
        subprocess.run(
            [sys.executable, "-m", "accelerate.commands.launch", *flags, *plain, "--num_processes",
             processes, str(script), str(tmp_path / processes), units, processes],
            check=True, capture_output=True, cwd=Path(__file__).parents[3],
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": "."},
        )  # fmt: skip
    two, one = (torch.load(tmp_path / n / "weights.pt") for n in ("2", "1"))
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=0, atol=1e-6, msg=name)


def test_an_update_is_the_gradient_per_target_clipped():
    weight = torch.nn.Parameter(torch.zeros(2, 2))
    optimiser = adamw([{"params": [weight], "lr": 1.0}])
    weight.grad = torch.full((2, 2), 40.0)
    assert normalise(optimiser, torch.tensor(8.0), 0.0).item() == pytest.approx(10.0)
    torch.testing.assert_close(weight.grad, torch.full((2, 2), 5.0))
    normalise(optimiser, torch.tensor(1.0), 1.0)
    assert weight.grad.norm().item() == pytest.approx(1.0, abs=1e-5)


@given(st.floats(0, 1), st.floats(0, 0.9), st.sampled_from(["linear", "cosine"]))
def test_rates_rise_to_the_peak_and_fall_to_nothing(progress, warmup, schedule):
    assert 0.0 <= factor(progress, schedule, warmup) <= 1.0
    assert factor(warmup, schedule, warmup) == pytest.approx(1.0)
    assert factor(1.0, schedule, warmup) == pytest.approx(0.0, abs=1e-12)


def test_vectors_do_not_decay_and_frozen_parameters_are_left_out():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 2))
    model[2].requires_grad_(False)
    matrices, vectors = decay_groups(model.named_parameters(), 1e-3, 0.1)
    assert (len(matrices["params"]), matrices["weight_decay"]) == (1, 0.1)
    assert (len(vectors["params"]), vectors["weight_decay"]) == (3, 0.0)


def test_a_loss_that_is_not_finite_ends_the_run_and_names_the_step(tmp_path):
    with pytest.raises(HarnessError, match=r"epoch 1, step 2: .* not finite"):
        run(tmp_path, Line(poison=15), batch_units=64)


def test_the_first_bad_step_is_named_even_where_losses_are_read_late():
    losses = Losses(torch.device("cpu"), "epoch 4")
    losses.stride = 6
    one, endless, nothing = (torch.tensor(float(x)) for x in ("1", "inf", "nan"))
    for loss in (one, one, endless, one, nothing):
        losses.add(loss, one, one)
    with pytest.raises(HarnessError, match="epoch 4, step 3"):
        losses.add(one, one, one)


def test_a_gradient_that_is_not_finite_ends_the_run():
    one, endless = torch.tensor(1.0), torch.tensor(float("inf"))
    with pytest.raises(HarnessError, match="step 1"):
        Losses(torch.device("cpu"), "epoch 1").add(one, endless, one)


def test_the_best_epoch_is_restored_and_of_equals_the_earlier(tmp_path):
    best, training = run(tmp_path / "a", scores=[0.1, 0.7, 0.7, 0.3], epochs=4)
    short, _ = run(tmp_path / "b", scores=[0.1, 0.7, 0.7, 0.3], epochs=4, patience=1)
    assert training.best_epoch == 2
    assert len(training.epochs) == 4
    torch.testing.assert_close(best.model.weight, short.model.weight, rtol=0, atol=0)


def test_patience_ends_training_early(tmp_path):
    _, training = run(tmp_path, scores=[0.5, 0.4, 0.4, 0.9], epochs=4, patience=2)
    assert [epoch.number for epoch in training.epochs] == [1, 2, 3]


def test_where_nothing_is_found_on_dev_the_lowest_loss_is_kept_and_patience_waits(tmp_path):
    _, training = run(tmp_path / "a", scores=[0.0] * 4, epochs=4, patience=1)
    losses = [epoch.dev_loss for epoch in training.epochs]
    assert len(losses) == 4
    assert training.best_epoch == losses.index(min(losses)) + 1 != 1
    _, found = run(tmp_path / "b", scores=[0, 0, 0.2, 0.1, 0.9], epochs=5, patience=1)
    assert (found.best_epoch, len(found.epochs)) == (3, 4)


def test_a_training_that_stops_early_says_so(tmp_path):
    told = []
    run(tmp_path, scores=[0.5, 0.4, 0.9], epochs=9, patience=1, lines=told)
    assert "stops at epoch 2: none was better than 1" in told


@pytest.mark.parametrize(("epochs", "is_told"), [(3, True), (60, False)])
def test_a_training_of_few_updates_says_so_before_it_begins(epochs, is_told, tmp_path):
    told = []
    run(tmp_path, epochs=epochs, look_every=99, lines=told)
    assert any("few to learn by; lower batch_units" in line for line in told) == is_told


def test_dev_is_looked_at_every_so_many_epochs_and_after_the_last(tmp_path):
    _, training = run(tmp_path, scores=[0.2, 0.7, 0.3], epochs=5, look_every=2)
    assert [epoch.dev_f1 for epoch in training.epochs] == [None, 0.2, None, 0.7, 0.3]
    assert training.best_epoch == 4


def test_looks_change_nothing_that_is_learned(tmp_path):
    often, _ = run(tmp_path / "a", scores=[0.1, 0.2, 0.3, 0.4], epochs=4)
    seldom, _ = run(tmp_path / "b", scores=[0.4], epochs=4, look_every=9)
    assert torch.equal(often.model.weight, seldom.model.weight)


def test_patience_counts_epochs_however_seldom_it_looks(tmp_path):
    _, training = run(tmp_path, scores=[0.5, 0.4, 0.9], epochs=9, patience=3, look_every=3)
    assert len(training.epochs) == 6


def test_a_training_that_is_cut_short_is_looked_at_where_it_ends(tmp_path):
    units = sum(len(e.sentence) for e in DATA)
    _, training = run(tmp_path, scores=[0.5], epochs=9, look_every=5, max_units=2 * units)
    assert [epoch.dev_f1 for epoch in training.epochs] == [None, 0.5]


def test_frozen_weights_are_not_copied():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model[0].requires_grad_(False)
    selection = Selection(model, 0)
    selection.see(1, 0.5)
    assert set(selection.kept) == {"1.weight", "1.bias"}


def test_without_a_dev_set_the_last_weights_stay(tmp_path):
    blind, training = run(tmp_path / "a", dev=[])
    seeing, _ = run(tmp_path / "b", scores=[0.1, 0.2, 0.3])
    assert training.best_epoch is None
    assert training.epochs[-1].dev_f1 is None
    assert torch.equal(blind.model.weight, seeing.model.weight)


def test_an_epoch_says_what_was_fed(tmp_path):
    objective, training = run(tmp_path, epochs=1)
    (epoch,) = training.epochs
    assert epoch.units == sum(len(e.sentence) for e in DATA)
    assert epoch.training_digest == digest(DATA) == digest(objective.fed)
    assert epoch.units <= epoch.positions < 1.2 * epoch.units


def test_the_same_seed_gives_the_same_weights_bit_for_bit(tmp_path):
    one, _ = run(tmp_path / "a")
    two, _ = run(tmp_path / "b")
    assert torch.equal(one.model.weight, two.model.weight)


def test_history_is_a_line_an_epoch_and_scalars_for_tensorboard(tmp_path):
    lines = []
    train(Line(), DATA, DATA[:5], Recipe(**RECIPE), context(tmp_path, lines=lines))
    rows = [json.loads(row) for row in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert {"loss", "dev_loss", "dev_f1", "learning_rates", "seconds"} <= set(rows[0])
    first = next(line for line in lines if line.startswith("epoch 1/3  loss "))
    assert "dev F1 50.00" in first
    assert list((tmp_path / "tensorboard").iterdir())


def test_nothing_to_train_on_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no sentence to train on"):
        train(Line(), [Example(Sentence("e", ()), ())], [], Recipe(**RECIPE), context(tmp_path))


@pytest.mark.parametrize(
    ("option", "value"),
    [("epochs", 0), ("batch_units", 0), ("accumulate", 0), ("learning_rate", -1.0), ("warmup", 1.0),
     ("weight_decay", -0.1), ("clip", -1.0), ("patience", -1)],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused(option, value):
    with pytest.raises(ValidationError, match=option):
        Recipe(**RECIPE | {option: value})


def test_bf16_without_instructions_is_warned_of_before_it_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    lines = []
    told = replace(context(tmp_path, lines=lines), precision="bf16")
    train(Line(), DATA, DATA[:4], Recipe(**RECIPE), told)
    assert "bf16 is emulated on this device" in lines[0]
    assert "precision=fp32" in lines[0]


def test_nothing_is_said_of_a_precision_that_the_device_has(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    lines = []
    told = replace(context(tmp_path, lines=lines), precision="bf16")
    train(Line(), DATA, DATA[:4], Recipe(**RECIPE), told)
    assert not any("emulated" in line for line in lines)
