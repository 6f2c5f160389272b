"""A training that ends anywhere and is continued is the training that did not end."""

import json
import math
from dataclasses import asdict, replace
from itertools import count

import pytest
import torch

from backends.training.loop import train
from backends.training.recipe import Recipe
from harness.core import Example, Sentence, Tags
from harness.errors import HarnessError, ResourceError, Stopped, WeightsError
from harness.protocol import Context, DevScore, Progress
from harness.results.checkpoints import CheckpointFolder

DATA = [Example(Sentence(f"s{i}", ("字",) * (2 + i % 7)), ()) for i in range(24)]
RECIPE = Recipe(epochs=4, batch_units=40, learning_rate=0.1, average=0.7, clip=1.0)


class Drift(torch.nn.Module):
    """A buffer that moves as the model trains."""

    def __init__(self, width):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))

    def forward(self, values):
        if torch.is_grad_enabled():
            self.mean += 0.1 * values.detach().mean(0)
        return values + self.mean


class Noisy:
    """An objective whose every draw matters: dropout, buffers, and a report while it predicts."""

    def __init__(self, memory=10**9, width=4):
        torch.manual_seed(0)
        self.model = torch.nn.Sequential(
            torch.nn.Linear(1, width), torch.nn.Dropout(0.5), Drift(width),
            torch.nn.Linear(width, 1),
        )  # fmt: skip
        self.memory = memory

    def groups(self, recipe):
        return [{"params": list(self.model.parameters()), "lr": recipe.learning_rate}]

    def positions(self, example):
        return len(example.sentence)

    def collate(self, examples):
        return {"units": torch.tensor([float(len(e.sentence)) for e in examples])}

    def loss(self, batch):
        units = batch["units"][:, None]
        if torch.is_grad_enabled() and len(units) > self.memory:
            torch.rand(3)  # what was drawn until memory ran out
            raise torch.OutOfMemoryError
        return (self.model(units) - units).square().sum(), len(units)

    def predict(self, sentences):
        self.context.report(Progress("predict", 0, 1))
        self.seen = self.model(torch.ones(2, 1)).sum().item()
        return [Tags(("O",) * len(s)) for s in sentences]


class Scores:
    """Development scores that rise and fall, and what the harness knows of them."""

    def __init__(self):
        self.given = []

    def __call__(self, outputs):
        self.given.append((0.3, 0.6, 0.5, 0.6)[len(self.given)])
        return DevScore(self.given[-1], 0.9)

    def kept(self):
        return {"given": self.given}

    def restore(self, kept):
        self.given = kept["given"]


class Ending:
    """Hears of progress, and ends the run at one report."""

    def __init__(self, at=None, error=Stopped):
        self.at, self.error, self.number, self.lines = at, error, count(1), []

    def __call__(self, progress):
        if progress.line:
            self.lines.append(progress.note)
        if next(self.number) == self.at:
            raise self.error


def sitting(folder, ending, *, seconds=3600.0, recipe=RECIPE, **objective):
    """Train, or go on; gives the objective and what training was."""
    scores, trained = Scores(), Noisy(**objective)
    checkpoints = CheckpointFolder(folder / "unfinished", seconds, scores)
    trained.context = Context(
        ("O",), 13, "cpu", "fp32", 1, folder, scores, ending, checkpoints
    )  # fmt: skip
    return trained, train(trained, DATA, DATA[:5], recipe, trained.context), scores


def facts(folder, sat):
    """All that training leaves, without times."""
    objective, training, scores = sat
    epochs = [replace(e, seconds=0, dev_seconds=0) for e in training.epochs]
    told = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return {
        "weights": {name: tensor.tolist() for name, tensor in objective.model.state_dict().items()},
        "epochs": [asdict(e) for e in epochs],
        "told": [(e["number"], e["loss"]) for e in told],
        "best": training.best_epoch,
        "halved": training.halved,
        "scores": scores.given,
        "drawn afterwards": torch.rand(4).tolist(),
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    ending = Ending()
    return facts(folder, sitting(folder, ending)), next(ending.number) - 1


def test_a_training_that_is_stopped_at_any_report_goes_on_to_the_same_bits(whole, tmp_path):
    expected, reports = whole
    assert reports > 20
    for at in range(1, reports + 1):
        folder = tmp_path / str(at)
        with pytest.raises(Stopped):
            sitting(folder, Ending(at))
        assert facts(folder, sitting(folder, Ending())) == expected, f"stopped at report {at}"


def test_a_loss_that_is_not_finite_is_of_the_epoch_that_is_going_on(tmp_path, monkeypatch):
    def stopping(progress):
        if progress.note.startswith("epoch 3/"):
            raise Stopped

    with pytest.raises(Stopped):
        sitting(tmp_path, stopping)
    loss = Noisy.loss

    def poisoned(self, batch):
        total, targets = loss(self, batch)
        return total * math.nan, targets

    monkeypatch.setattr(Noisy, "loss", poisoned)
    with pytest.raises(HarnessError, match=r"epoch 3, step 2: the loss .* is not finite"):
        sitting(tmp_path, Ending())


def test_a_training_that_dies_goes_on_from_its_last_checkpoint_to_the_same_bits(whole, tmp_path):
    expected, reports = whole
    for at in range(1, reports + 1, 3):
        folder = tmp_path / str(at)
        with pytest.raises(KeyboardInterrupt):
            sitting(folder, Ending(at, KeyboardInterrupt), seconds=0.0)
        assert facts(folder, sitting(folder, Ending())) == expected, f"died at report {at}"


def test_it_may_be_stopped_at_every_report_and_still_ends(whole, tmp_path):
    expected, reports = whole
    for stops in count():
        try:
            sat = sitting(tmp_path, Ending(2))
            break
        except Stopped:
            assert stops <= reports
    assert stops > 5
    assert facts(tmp_path, sat) == expected


def test_batches_that_memory_halved_stay_halved(tmp_path):
    ending = Ending()
    expected = facts(tmp_path / "a", sitting(tmp_path / "a", ending, memory=3))
    assert expected["halved"]
    for at in range(1, next(ending.number), 4):
        folder = tmp_path / str(at)
        with pytest.raises(Stopped):
            sitting(folder, Ending(at), memory=3)
        assert facts(folder, sitting(folder, Ending(), memory=3)) == expected, at


def test_what_is_finished_is_not_trained_again(whole, tmp_path):
    expected, _ = whole
    sitting(tmp_path, Ending())
    again = Ending()
    assert facts(tmp_path, sitting(tmp_path, again)) == expected
    assert next(again.number) == 1


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    with pytest.raises(Stopped):
        sitting(tmp_path, Ending(5))
    with pytest.raises(WeightsError, match="another model or another version of the code"):
        sitting(tmp_path, Ending(), width=5)


def test_a_disk_that_refuses_checkpoints_is_told_and_ends_no_training(whole, tmp_path, monkeypatch):
    def refuse(self, dump):
        raise ResourceError("no room")

    monkeypatch.setattr(CheckpointFolder, "write", refuse)
    ending = Ending()
    assert facts(tmp_path, sitting(tmp_path, ending, seconds=0.0)) == whole[0]
    assert "no checkpoint: no room; an interruption would cost" in " ".join(ending.lines)


def test_without_checkpoints_nothing_is_left(tmp_path):
    objective = Noisy()
    objective.context = Context(("O",), 13, "cpu", "fp32", 1, tmp_path, Scores(), Ending())
    train(objective, DATA, DATA[:5], RECIPE, objective.context)
    assert {path.name for path in tmp_path.iterdir()} == {"history.jsonl", "tensorboard"}


def test_a_training_with_a_bound_ends_at_the_same_update_however_often_it_was_stopped(tmp_path):
    recipe = Recipe(epochs=99, batch_units=40, learning_rate=0.1, max_flops=2400.0)
    ending = Ending()
    expected = facts(tmp_path / "a", sitting(tmp_path / "a", ending, recipe=recipe))
    assert [epoch["training_digest"] != "" for epoch in expected["epochs"]] == [True, True, False]
    for at in range(1, next(ending.number), 2):
        folder = tmp_path / str(at)
        with pytest.raises(Stopped):
            sitting(folder, Ending(at), recipe=recipe)
        assert facts(folder, sitting(folder, Ending(), recipe=recipe)) == expected, at
