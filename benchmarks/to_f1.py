"""Seconds until the development F1 passes a level, beside transformers' Trainer on the same model.

    python -m benchmarks.to_f1 --data FOLDER [--task resume] [--level 70] [--weights NAME]

Both sides start from the same weights (random, 4 layers of width 256, unless ``--weights`` names
others, a folder or a name as in ``--set model=``), take the same learning rate and dropout, and see
as many characters in an update, on one thread. After each epoch they predict the development set,
which counts too, and both are scored by the harness. The Trainer groups by length, in fp32 and in
bf16; so do we. Each round has a seed of its own, for heads, order and dropout, since a whole epoch
more or less is luck. A side that never passes has no ratio. The last line is JSON, for machines.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import torch
from transformers import TrainerCallback

from backends.encoder import BertSoftmax
from backends.training import weights
from benchmarks._made import bert_folder, context, plain, quiet, task_of
from benchmarks._sides import Ratio, characters, machine
from benchmarks._trainer import SameEncoder, Theirs, forget_accelerate
from harness.core import Counts, Example
from harness.protocol import DevScore
from harness.runs.options import Given, construct
from harness.scoring.counting import count

BATCH, SPECIAL = 8, 2
PRECISIONS = ("fp32", "bf16")


class _PassedError(Exception):
    """The level is passed, which ends a training."""


@dataclass
class _Watch:
    """The best development F1 so far in %, and the processor seconds that passing took."""

    gold: Sequence[Example]
    level: float
    best: float = 0.0
    epochs: int = 0
    seconds: float | None = None

    def time(self, train: Callable[["_Watch"], object]) -> "_Watch":
        """Let ``train`` run until it has passed, or to its end."""
        begun = process_time()
        try:
            train(self)
        except _PassedError:
            self.seconds = process_time() - begun
        return self

    def score(self, tags: Sequence[Sequence[str]]) -> float:
        """F1 of ``tags`` in %, after one epoch more; ends the training if it is enough."""
        matrix = count([example.spans for example in self.gold], tags, "conlleval", ())
        tp, fp, fn = (int(total) for total in matrix.by_sentence.sum(0))
        found = 100 * (Counts(tp, fp, fn).f1 or 0.0)
        self.best, self.epochs = max(self.best, found), self.epochs + 1
        if found >= self.level:
            raise _PassedError
        return found

    def __str__(self) -> str:
        passed = "never passed" if self.seconds is None else f"passed after {self.seconds:.0f} s"
        return f"{passed}, {self.epochs} epochs, best {self.best:.2f}"


@dataclass(frozen=True)
class _Lesson:
    """What both sides are given."""

    folder: Path
    tags: Sequence[str]
    train: Sequence[Example]
    dev: Sequence[Example]
    epochs: int
    rate: float
    theirs: type[Theirs]
    seed: int = 0

    @property
    def positions(self) -> int:
        """What 8 random sentences hold, on average."""
        return round(BATCH * (characters(self.train) / len(self.train) + SPECIAL))

    def ours(self, precision: str, watch: _Watch) -> None:
        """A softmax of ours, at its defaults but for what both sides share."""
        options = {"epochs": self.epochs, "batch_units": self.positions, "learning_rate": self.rate}
        options |= {"init": "pretrained", "model": str(self.folder)}
        with tempfile.TemporaryDirectory() as logs:
            told = replace(
                context(self.tags, precision, Path(logs)),
                seed=self.seed,
                score_dev=lambda outputs: DevScore(watch.score([o.tags for o in outputs]) / 100, 0),
            )
            construct(BertSoftmax, told, Given(options, "this benchmark")).fit(self.train, self.dev)

    def trainer(self, precision: str, watch: _Watch) -> None:
        """The Trainer, grouped by length, at its defaults but for what both sides share."""
        theirs = self.theirs(self.folder, self.tags)
        torch.manual_seed(self.seed)
        trainer = theirs.trainer(
            self.folder,
            train_sampling_strategy="group_by_length",
            learning_rate=self.rate,
            bf16=precision == "bf16",
            seed=self.seed,
        )
        trainer.args.num_train_epochs = self.epochs
        trainer.train_dataset = theirs.rows(trainer.processing_class, self.train)

        def look() -> None:
            trainer.args.train_sampling_strategy = "random"  # else answers come by length, too
            watch.score(theirs.predict(trainer, self.dev))

        trainer.add_callback(_EachEpoch(look))
        try:
            trainer.train()
        finally:
            forget_accelerate()


class _EachEpoch(TrainerCallback):
    """Calls ``look`` when an epoch ends."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.look = look

    def on_epoch_end(self, *_: Any, **__: Any) -> None:
        self.look()


def main() -> None:
    """Print the table and the line of JSON."""
    given = _arguments()
    quiet()
    torch.set_num_threads(1)
    print(machine())
    task = task_of(given.task, given.data)
    train, dev = (plain(task.splits[name].examples) for name in ("train", "dev"))
    print(f"{task.name}: {len(train)} sentences to train on, until F1 on {len(dev)} others passes "
          f"{given.level:g}, at most {given.epochs} epochs, rate {given.rate:g}")  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        known, theirs = given.weights, SameEncoder if given.weights else Theirs
        folder = weights.find(known) if known else bert_folder(Path(place), train + dev)
        lesson = _Lesson(folder, task.tags, train, dev, given.epochs, given.rate, theirs)
        _compare(lesson, given.level, given.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--task", default="resume")
    parser.add_argument("--level", type=float, default=70.0, help="development F1 in %%")
    parser.add_argument("--weights", help="pretrained weights: a folder, or a name")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


@dataclass(frozen=True)
class _Side:
    name: str
    precision: str
    train: Callable[[_Watch], object]


def _sides(lesson: _Lesson) -> list[_Side]:
    ways = {"Trainer": lesson.trainer, "ours": lesson.ours}
    return [
        _Side(name, precision, partial(train, precision))
        for name, train in ways.items()
        for precision in PRECISIONS
    ]


def _compare(lesson: _Lesson, level: float, rounds: int) -> None:
    """Let the sides take turns; the ratio is of the quicker precision of either side."""
    for side in _sides(replace(lesson, train=lesson.train[:BATCH], dev=lesson.dev[:1], epochs=1)):
        _Watch(lesson.dev[:1], level).time(side.train)  # libraries are loaded once
    ratios = []
    for number in range(rounds):
        taken: dict[str, list[float]] = {"Trainer": [], "ours": []}
        for side in _sides(replace(lesson, seed=number))[:: -1 if number % 2 else 1]:
            watch = _Watch(lesson.dev, level).time(side.train)
            print(f"  {side.name}, {side.precision:<8}{watch}", flush=True)
            taken[side.name] += [watch.seconds] if watch.seconds is not None else []
        if all(taken.values()):
            ratios.append(min(taken["Trainer"]) / min(taken["ours"]))
    _tell(ratios)


def _tell(ratios: Sequence[float]) -> None:
    middle = round(median(ratios), 2) if ratios else None
    if ratios:
        print(f"  seconds of the best Trainer / ours: {Ratio(tuple(ratios))}")
    print(json.dumps({"to_f1_vs_best_trainer": middle}))


if __name__ == "__main__":
    main()
