"""The loop of pretraining: windows in their order, each read once, whatever the family.

An update is the gradient of the loss of its windows, summed and divided by all of their targets, as
in fine-tuning. What is drawn for an update is drawn from the seed and the number of the update, so
a run that was interrupted goes on to the same bits as one that was not (on one thread of a CPU).
"""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from backends.pretraining.characters import Characters
from backends.pretraining.curve import Curve
from backends.pretraining.objective import Asked, PretrainingObjective
from backends.pretraining.optimisers import optimisers
from backends.pretraining.recipe import PretrainRecipe
from backends.training.averaging import Average
from backends.training.device import (
    autocast,
    device_of,
    multiplies_bf16,
    quickest_precision,
    set_up,
    to_device,
)
from backends.training.layers import place
from backends.training.losses import Losses
from backends.training.optimiser import Rates, normalise
from backends.training.resumption import Resumption, Stateful
from harness.errors import ConfigError
from harness.flops import counted
from harness.protocol import Context, PretrainReport, Progress, TextStream


def pretrain(
    make: Callable[[Characters, int], PretrainingObjective],
    text: TextStream,
    folder: Path,
    recipe: PretrainRecipe,
    context: Context,
) -> PretrainReport:
    """Train what ``make`` gives on all of ``text``, and leave its model in ``folder``.

    Raises:
        ConfigError: for windows that are longer than the model.
        HarnessError: at a loss or gradient that is not finite.
        ResourceError: when the disk is full.
        WeightsError: for a checkpoint of another model.
    """
    set_up(context)
    objective = make(Characters(text.characters), text.length)
    if text.length > objective.positions:
        msg = f"--window {text.length}: the model has {objective.positions} positions"
        raise ConfigError(msg)
    loop = _Pretraining(objective, text, recipe, context)
    loop.run()
    loop.average.swap()
    return PretrainReport(
        objective=objective.words,
        parameters=objective.save(folder),
        trained=sum(p.numel() for p in objective.model.parameters()),
        precision=loop.precision,
        characters=loop.done * text.length,
        seconds=loop.curve.seconds,
        flops=loop.flops,
        curve=tuple(loop.curve.points),
    )


class _Pretraining:
    def __init__(
        self,
        objective: PretrainingObjective,
        text: TextStream,
        recipe: PretrainRecipe,
        context: Context,
    ) -> None:
        self.objective, self.text = objective, text
        self.recipe, self.context = recipe, context
        self.characters = Characters(text.characters)
        self.device = device_of(context)
        self.precision = quickest_precision(context, self.device)
        place(objective.model, self.device)
        self.optimiser = optimisers(objective.model, recipe)
        self.rates = Rates(self.optimiser, "flat", recipe.warmup)
        self.average = Average(objective.model, recipe.average)
        self.losses = Losses(self.device, "pretraining")
        self.curve = Curve(text, context)
        self.done, self.flops = 0, 0.0
        self.resumption = Resumption(context, self._parts)
        self._begin()

    def _begin(self) -> None:
        """Go on from the last checkpoint, if there is one, and say how it is computed."""
        self.resumption.resume()
        native = multiplies_bf16(self.device)
        reason = f"this device {'has' if native else 'has no'} instructions for bf16"
        note = f"in {self.precision} ({reason})"
        if self.precision != "fp32" and not native:
            note += ": it takes many times as long as fp32 here"
        if self.done:
            note += f", going on after {self.done * self.text.length:,} characters"
        total = self.text.windows * self.text.length
        self.context.report(Progress("pretrain", self.done * self.text.length, total, note, True))

    def run(self) -> None:
        """Read what is left of the text, with a checkpoint now and then and one at the end."""
        self.objective.model.train()
        saved = time.monotonic()
        left = self.text.read(self.done)
        with self.resumption.last_when_stopped():
            while windows := list(islice(left, self.recipe.batch_windows)):
                self._update(windows)
                if time.monotonic() - saved > 60 * self.recipe.checkpoint_minutes:
                    self.resumption.keep()
                    saved = time.monotonic()
        self.losses.mean()  # where they are read rarely, the last ones were not yet
        self.resumption.keep()

    def _update(self, windows: Sequence[str]) -> None:
        """One step of the optimiser."""
        rng = np.random.default_rng([self.context.seed, self.done])
        torch.manual_seed(int(rng.integers(2**62)))
        self.rates.set((self.done + len(windows) / 2) / self.text.windows)
        asked = self.objective.ask(self.characters.ids(windows), self.recipe.together, rng)
        loss, targets = self._gradient(asked) if self.done else self._counted(asked, len(windows))
        norm = normalise(self.optimiser, targets, self.recipe.clip)
        self.losses.add(loss, norm, targets)
        self.optimiser.step()
        self.average.add()
        self.done += len(windows)
        self.curve.tell(self.done, self.rates.now()[0])

    def _counted(self, asked: Asked, windows: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The first gradient, by whose operations those of all windows are known."""
        with counted() as operations:
            found = self._gradient(asked)
        self.flops = operations() * self.text.windows / windows
        return found

    def _gradient(self, asked: Asked) -> tuple[torch.Tensor, torch.Tensor]:
        """The gradient of the summed loss; gives that sum, and how many targets there are."""
        self.optimiser.zero_grad()
        total = torch.zeros((), device=self.device)
        for batch in asked.batches:
            with autocast(self.device, self.precision):
                loss = self.objective.loss(to_device(batch, self.device))
            loss.total.backward()
            self.curve.add(loss.parts)
            total += loss.total.detach()
        return total, torch.tensor(float(max(1, asked.targets)), device=self.device)

    def state_dict(self) -> dict[str, Any]:
        """How far the loop is; its parts have states of their own."""
        return {"done": self.done, "flops": self.flops}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        self.done, self.flops = state["done"], state["flops"]

    def _parts(self) -> dict[str, Stateful]:
        """All that changes; what is drawn for an update is a function of its number."""
        return {
            "loop": self,
            "model": self.objective.model,
            "optimiser": self.optimiser,
            "average": self.average,
            "losses": self.losses,
            "curve": self.curve,
        }
