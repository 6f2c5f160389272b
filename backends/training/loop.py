"""The one training loop: every family is trained by these lines, so that rows may be compared.

Each update is normalised by the targets of its whole effective batch, selection is by development
entity F1 alone, and the first number that is not finite ends the run.

The effective batch is planned first and split afterwards: neither accumulation nor the number of
processes changes which examples an update sees.
"""

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list

from backends.training.adversary import moved
from backends.training.averaging import Average
from backends.training.batching import area, batches, by_length, cut
from backends.training.budget import Budget
from backends.training.course import Course
from backends.training.device import (
    autocast,
    device_of,
    emulated,
    precision_of,
    seed_everything,
    to_device,
)
from backends.training.history import history_of
from backends.training.layers import place
from backends.training.losses import Losses
from backends.training.optimiser import Rates, adamw, normalise
from backends.training.randomness import Randomness
from backends.training.recipe import Recipe
from backends.training.replacement import Replacement
from backends.training.resumption import Resumption, Stateful
from backends.training.selection import Selection, Weights
from harness.core import Example, Output, Sentence
from harness.data.training_digest import digest
from harness.errors import ConfigError, DataError, ResourceError, is_lack_of_memory
from harness.flops import counted
from harness.protocol import Context, Epoch, FitReport, Progress
from harness.sequences import chosen

# Updates below which hardly anything is learned.
FEW = 100
# The summed loss and the number of its targets.
Sums: TypeAlias = tuple[torch.Tensor, torch.Tensor]


class Objective(Protocol):
    """What a family brings to the loop."""

    @property
    def model(self) -> torch.nn.Module:
        """What is trained."""
        ...

    def groups(self, recipe: Recipe) -> list[dict[str, Any]]:
        """The AdamW groups with their peak learning rates."""
        ...

    def positions(self, example: Example) -> int:
        """The sequence length that an example costs."""
        ...

    def collate(self, examples: Sequence[Example]) -> Any:
        """A dictionary or named tuple of CPU tensors and plain numbers."""
        ...

    def loss(self, batch: Any) -> tuple[torch.Tensor, int]:
        """The loss summed over targets, and how many targets there are (known on the host)."""
        ...

    def predict(self, sentences: Sequence[Sentence]) -> Sequence[Output]:
        """Answers for selection."""
        ...


@runtime_checkable
class HasEmbeddings(Protocol):
    """What a family says beside, so that it can be trained with ``adversarial``."""

    @property
    def embeddings(self) -> torch.nn.Parameter:
        """Where what is read enters the model (tokens, width)."""
        ...


@dataclass(frozen=True, slots=True)
class Training:
    """What training was; the best weights are in the model."""

    epochs: tuple[Epoch, ...]
    best_epoch: int | None
    precision: str
    halved: tuple[int, ...]

    def report(self, model: torch.nn.Module, weights: str) -> FitReport:
        """What ``fit`` says of ``model``, which began from ``weights``."""
        sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
        return FitReport(
            weights=weights,
            parameters=sum(size for size, _ in sizes),
            trained=sum(size for size, is_trained in sizes if is_trained),
            epochs=self.epochs,
            best_epoch=self.best_epoch,
            precision=self.precision,
            halved=self.halved,
        )


UNTRAINED = Training((), None, "fp32", ())


def train(
    objective: Objective,
    train: Sequence[Example],
    dev: Sequence[Example],
    recipe: Recipe,
    context: Context,
) -> Training:
    """Train ``objective`` on ``train``, keep the weights that are best on ``dev``.

    Raises:
        DataError: when there is nothing to train on.
        HarnessError: at a loss or gradient that is not finite.
        ResourceError: when not even one example fits into the memory.
    """
    full = chosen(train, (place for place, one in enumerate(train) if len(one.sentence)))
    loop = _Loop(objective, full, dev, recipe, context)
    told = history_of(context, loop.course.epochs, writes=loop.accelerator.is_main_process)
    with told as tell, loop.resumption.last_when_stopped():
        while not loop.course.ended:
            tell(loop.epoch(), recipe.epochs)
    loop.resumption.keep()
    loop.keep_the_best()
    course = loop.course
    return Training(
        tuple(course.epochs), loop.selection.epoch, loop.precision, tuple(course.halved)
    )


class _Step(torch.nn.Module):
    """The loss as a module, so that a wrapper for several processes sees a forward pass."""

    def __init__(self, objective: Objective) -> None:
        super().__init__()
        self.model = objective.model
        self._loss = objective.loss

    def forward(self, batch: Any) -> tuple[torch.Tensor, int]:
        return self._loss(batch)


class _Loop:
    def __init__(
        self,
        objective: Objective,
        train: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        context: Context,
    ) -> None:
        if not train:
            raise DataError("there is no sentence to train on; look at the train split of the task")
        self.objective, self.train, self.dev = objective, train, dev
        self.recipe, self.context = recipe, context
        self.lengths = [objective.positions(example) for example in train]
        self.longest = max(self.lengths)
        self.replacement = Replacement(train, recipe.replace_mentions, context.seed, self._fits)
        self.read = train  # what is read of each example in the epoch in progress
        epochs = recipe.epochs * _units(train)
        self.total = min(epochs, recipe.max_units or epochs)
        self.budget = Budget(self.total, recipe.max_seconds, recipe.max_flops)
        self.course = Course(recipe.batch_units)
        self._set_up()
        self.average = Average(objective.model, recipe.average)
        self.selection = Selection(objective.model, recipe.patience)
        self.rates = Rates(self.optimiser, recipe.schedule, recipe.warmup)
        self.losses = Losses(self.device, "")
        self.resumption = Resumption(context, self._parts)
        self.resumption.resume()
        self.losses.part = f"epoch {self.course.number}"

    def _set_up(self) -> None:
        """Put the model on its device, behind the processes' wrapper where there are several."""
        device = device_of(self.context)
        # Precision is our own autocast: accelerate's is one for the life of a process.
        self.accelerator = Accelerator(mixed_precision="no", cpu=device.type == "cpu")
        self.processes = int(self.accelerator.num_processes)
        self.device = self.accelerator.device if self.processes > 1 else device
        self.precision = precision_of(self.context, self.device)
        if note := emulated(self.device, self.precision):
            self.context.report(Progress("train", 0, self.total, note, line=True))
        seed_everything(self.context.seed + self.accelerator.process_index)
        place(self.objective.model, self.device)
        self.optimiser = adamw(self.objective.groups(self.recipe))
        step = _Step(self.objective)
        self.step = self.accelerator.prepare(step) if self.processes > 1 else step

    def _parts(self) -> dict[str, Stateful]:
        """All that changes in training; the schedule is a function of the course."""
        return {
            "course": self.course,
            "weights": Weights(self.objective.model),
            "optimiser": self.optimiser,
            "average": self.average,
            "selection": self.selection,
            "losses": self.losses,
            "randomness": Randomness(),
        }

    def epoch(self) -> Epoch:
        """Train once over the data, or what is left of it; look at the development set if due."""
        number, plan = self.course.number, self._begun()
        self._tell_of_few(len(plan) * self.recipe.epochs)
        self._train(plan)
        spent = number == self.recipe.epochs or self.budget.is_spent(self.course)
        due = bool(self.dev) and (spent or number % self.recipe.look_every == 0)
        with self.average.in_place():
            epoch = self._ended(plan, due)
            stops = due and self._is_enough(epoch)
        self.course.close(epoch, ended=stops or spent)
        self.losses = Losses(self.device, f"epoch {self.course.number}")
        self.resumption.keep_if_due()
        return epoch

    def _tell_of_few(self, updates: int) -> None:
        """Say before the first epoch that there will be too few updates to learn much by."""
        if updates < FEW and not self.course.done:
            size = self.recipe.batch_units * self.recipe.accumulate
            few = f"{updates} updates in all, of up to {size} units: few to learn by"
            note = f"{few}; lower batch_units or raise epochs"
            self.context.report(Progress("train", 0, self.total, note, line=True))

    def _is_enough(self, epoch: Epoch) -> bool:
        """Whether development F1 has been no better for as long as the recipe waits."""
        loss = math.inf if epoch.dev_loss is None else epoch.dev_loss
        enough = self.selection.see(epoch.number, epoch.dev_f1 or 0.0, loss)
        if enough and epoch.number < self.recipe.epochs:
            note = f"stops at epoch {epoch.number}: none was better than {self.selection.epoch}"
            self.context.report(Progress("train", self.course.done, self.total, note, line=True))
        return enough

    def keep_the_best(self) -> None:
        """Leave the best weights in the model; where none were looked at, the last ones."""
        if self.selection.epoch is None:
            self.average.swap()
        self.selection.restore()

    def _train(self, plan: list[list[int]]) -> None:
        """Do the updates of ``plan`` that are not done. All is whole whenever it reports."""
        course, start = self.course, time.perf_counter() - self.course.seconds
        self.objective.model.train()
        for effective in plan[course.updates :]:
            if self.budget.is_spent(course):
                break
            self._update(effective)
            course.seconds = self._seconds_since(start)
            self.resumption.keep_if_due()
            note = f"epoch {course.number}/{self.recipe.epochs}  loss {self.losses.last:.4f}"
            self.context.report(Progress("train", course.done, self.total, note))
        self.losses.mean()
        course.seconds = self._seconds_since(start)

    def _seconds_since(self, start: float) -> float:
        """The first process's clock where seconds bound all: each must do the same updates."""
        seconds = time.perf_counter() - start
        if self.processes == 1 or not self.recipe.max_seconds:
            return seconds
        return float(broadcast_object_list([seconds])[0])

    def _ended(self, plan: list[list[int]], due: bool) -> Epoch:
        """What the epoch was and, where a look is due, what the development set says of it."""
        course, start = self.course, time.perf_counter()
        looked = self._evaluate() if due else _NO_LOOK
        fed = chosen(self.train, chain.from_iterable(plan[: course.updates]))
        whole = course.updates == len(plan)
        return Epoch(
            course.number, self.losses.last, *looked[:3], self.rates.now(),
            course.seconds, time.perf_counter() - start, _units(fed), course.positions,
            digest(fed) if whole else "", course.updates, looked.malformed,
        )  # fmt: skip

    def _fits(self, example: Example) -> bool:
        """Whether ``example`` costs no more positions than the longest one of train."""
        return self.objective.positions(example) <= self.longest

    def _begun(self) -> list[list[int]]:
        """The effective batches of the epoch: the same for every process and any accumulation."""
        if self.recipe.replace_mentions:
            self.read = self.replacement.epoch(self.course.number)
            self.lengths = [self.objective.positions(example) for example in self.read]
        rng = np.random.default_rng([self.context.seed, self.course.number])
        budget = self.recipe.batch_units * self.recipe.accumulate
        return batches(self.lengths, budget, rng)

    def _update(self, effective: list[int]) -> None:
        """One step of the optimiser."""
        course, units = self.course, _units([self.train[i] for i in effective])
        self.rates.set(self.budget.share(course, ahead=units / 2))
        micro, (loss, targets) = self._counted(effective)
        norm = normalise(self.optimiser, targets / self.processes, self.recipe.clip)
        self.losses.add(loss, norm, targets)
        self.optimiser.step()
        self.average.add()
        course.done, course.updates = course.done + units, course.updates + 1
        course.positions += sum(area(batch, self.lengths) for batch in micro)  # of all processes

    def _counted(self, effective: list[int]) -> tuple[list[list[int]], Sums]:
        """As ``_fitting``, its operations counted where they are bounded."""
        if not self.recipe.max_flops:
            return self._fitting(effective)
        with counted() as operations:
            found = self._fitting(effective)
        self.course.flops += self._of_all(operations())
        return found

    def _of_all(self, operations: int) -> int:
        """The operations of all processes, each of which counts its own share of a batch."""
        if self.processes == 1:
            return operations
        own = torch.tensor(operations, device=self.device)
        return int(self.accelerator.reduce(own, "sum"))

    def _fitting(self, effective: list[int]) -> tuple[list[list[int]], Sums]:
        """The micro-batches that the memory holds, a share for each process, and their gradient."""
        share = math.ceil(area(effective, self.lengths) / self.processes)
        while True:
            micro = cut(effective, self.lengths, min(self.course.budget, share))
            try:
                return micro, self._gradient(micro)
            except (RuntimeError, MemoryError) as error:
                if not is_lack_of_memory(error):
                    raise
                self._shrink(micro, error)

    def _shrink(self, micro: list[list[int]], error: Exception) -> None:
        """Halve the micro-batches of this run from here on."""
        longest = max(area(batch, self.lengths) for batch in micro)
        if self.processes > 1 or all(len(batch) == 1 for batch in micro):
            msg = (
                f"out of memory with {longest} positions in a batch: set window_limit or the model "
                "smaller, precision=bf16, or batch_units lower and accumulate higher"
            )
            raise ResourceError(msg) from error
        course = self.course
        course.budget = longest // 2
        course.halved.append(course.budget)
        self.optimiser.zero_grad(set_to_none=True)
        note = (
            f"out of memory: at most {course.budget} positions a batch from here on, same updates"
        )
        self.context.report(Progress("train", course.done, self.total, note, line=True))

    def _gradient(self, micro: list[list[int]]) -> Sums:
        """Gradients of the summed loss; gives that sum and its targets, over all processes."""
        self.optimiser.zero_grad(set_to_none=True)
        sums = self._passed(micro)
        if self.recipe.adversarial:
            with moved(self._embeddings(), self.recipe.adversarial):
                self._passed(micro)
        total = self.accelerator.reduce(sums, "sum") if self.processes > 1 else sums
        return total[0], total[1]

    def _embeddings(self) -> torch.nn.Parameter:
        if isinstance(self.objective, HasEmbeddings):
            return self.objective.embeddings
        msg = "adversarial: this backend does not say which are its embeddings; set adversarial=0"
        raise ConfigError(msg)

    def _passed(self, micro: list[list[int]]) -> torch.Tensor:
        """Go forward and backward once, adding to the gradients; this process's sums (2,)."""
        mine = micro[self.accelerator.process_index :: self.processes]
        sums = torch.zeros(2, device=self.device)
        # A process without a share still takes part, with nothing of its own.
        weight, mine = (1, mine) if mine else (0, micro[:1])
        for position, batch in enumerate(mine, start=1):
            last = position == len(mine)
            with nullcontext() if last else self.accelerator.no_sync(self.step):
                loss, targets = self._loss([self.read[i] for i in batch])
                self.accelerator.backward(loss * weight)
            sums[0] += loss.detach() * weight
            sums[1] += targets * weight
        return sums

    def _loss(self, examples: Sequence[Example]) -> tuple[torch.Tensor, int]:
        batch = to_device(self.objective.collate(examples), self.device)
        with autocast(self.device, self.precision):
            found: tuple[torch.Tensor, int] = self.step(batch)
        return found

    def _evaluate(self) -> "_Look":
        """What the development set says of the model as it is."""
        self.objective.model.eval()
        outputs = self.objective.predict([example.sentence for example in self.dev])
        score = self.context.score_dev(outputs)
        # One process's view for all, so that they select and stop alike.
        seen = [self._dev_loss(), score.f1, score.unit_accuracy, score.malformed]
        return _Look(*(broadcast_object_list(seen) if self.processes > 1 else seen))

    def _dev_loss(self) -> float:
        examples = [example for example in self.dev if len(example.sentence)]
        lengths = [self.objective.positions(example) for example in examples]
        total, targets = torch.zeros((), device=self.device), 0
        with torch.no_grad():
            for batch in by_length(lengths, self.course.budget):
                loss, count = self._loss([examples[i] for i in batch])
                total, targets = total + loss, targets + count
        return float(total) / max(targets, 1)


class _Look(NamedTuple):
    """The loss per target, entity F1, unit accuracy and share of malformed answers on dev."""

    loss: float | None
    f1: float | None
    accuracy: float | None
    malformed: float | None


_NO_LOOK = _Look(None, None, None, None)


def _units(examples: Sequence[Example]) -> int:
    return sum(len(example.sentence) for example in examples)
