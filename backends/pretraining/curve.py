"""How the losses fell, told as it happens: a point for each hundredth of the text."""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from harness.protocol import Context, CurvePoint, Progress, TextStream

POINTS = 100


class Curve:
    """The losses of pretraining so far, and the seconds that it took in all sittings."""

    def __init__(self, text: TextStream, context: Context) -> None:
        self.text, self.context = text, context
        self.points: list[CurvePoint] = []
        self.before, self.begun = 0.0, time.perf_counter()
        self.first = self.done = 0
        self._sums: dict[str, torch.Tensor] = {}
        self._targets: defaultdict[str, int] = defaultdict(int)

    @property
    def seconds(self) -> float:
        """The seconds of all sittings."""
        return self.before + time.perf_counter() - self.begun

    def add(self, parts: Mapping[str, tuple[torch.Tensor, int]]) -> None:
        """Take the losses of a batch, each with its targets."""
        for name, (loss, targets) in parts.items():
            self._sums[name] = self._sums[name] + loss if name in self._sums else loss
            self._targets[name] += targets

    def tell(self, done: int, rate: float) -> None:
        """Say where training stands after ``done`` windows; a new point where one is due."""
        self.done = done
        characters, total = done * self.text.length, self.text.windows * self.text.length
        due = done * POINTS // self.text.windows
        if due > len(self.points) or done == self.text.windows:
            self.points.append(CurvePoint(characters, self.seconds, rate, self._losses()))
            self.context.report(Progress("pretrain", characters, total, self._line(done), True))
        self.context.report(Progress("pretrain", characters, total, self._note()))

    def _losses(self) -> dict[str, float]:
        """The losses since the last point, which begin anew."""
        found = {
            name: float(loss) / max(1, self._targets[name]) for name, loss in self._sums.items()
        }
        self._sums.clear()
        self._targets.clear()
        return found

    def _note(self) -> str:
        """The last losses, in nats per character asked for."""
        losses = self.points[-1].losses if self.points else {}
        return "  ".join(f"{name} {loss:.3f}" for name, loss in losses.items())

    def _line(self, done: int) -> str:
        """The losses, the speed and the time left, for a log."""
        read = (done - self.first) * self.text.length
        rate = read / max(time.perf_counter() - self.begun, 1e-9)
        left = (self.text.windows - done) * self.text.length / rate
        share = done / self.text.windows
        return f"{share:.0%}  loss {self._note()}  {rate:,.0f} chars/s  {_time(left)} left"

    def state_dict(self) -> dict[str, Any]:
        """All that a later sitting has to know."""
        return {
            "done": self.done,
            "seconds": self.seconds,
            "points": [asdict(point) for point in self.points],
            "sums": dict(self._sums),
            "targets": dict(self._targets),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        self.before, self.begun = state["seconds"], time.perf_counter()
        self.first = self.done = state["done"]
        self.points = [CurvePoint(**point) for point in state["points"]]
        self._sums = dict(state["sums"])
        self._targets.update(state["targets"])


def _time(seconds: float) -> str:
    """Seconds as hours and minutes: ``2 h 05 min``, ``3 min``, ``40 s``."""
    minutes, hours = seconds / 60, seconds / 3600
    if hours >= 1:
        return f"{int(hours)} h {int(minutes % 60):02d} min"
    return f"{int(minutes)} min" if minutes >= 1 else f"{int(seconds)} s"
