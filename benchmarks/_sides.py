"""Sides that take turns, so that a busy machine slows all of them alike.

A rate is characters of text (not slots, not tokens) per processor second, on one thread; each ratio
is taken within one round, and its median is told with the lowest and the highest.
"""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import process_time

import torch

from harness.core import Example

Side = Callable[[Sequence[Example]], float]
WARM_UP = 16
# The instructions that decide which precision is the quicker one.
VECTORS = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16", "neon", "bf16")


def characters(examples: Sequence[Example]) -> int:
    """The characters of all sentences."""
    return sum(len(example.sentence) for example in examples)


def timed(work: Callable[[Sequence[Example]], object]) -> Side:
    """``work`` as a side: what it gives is the rate at which it ran."""

    def side(examples: Sequence[Example]) -> float:
        begin = process_time()
        work(examples)
        return characters(examples) / (process_time() - begin)

    return side


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times faster, over the rounds."""

    rounds: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median, rounded."""
        return round(median(self.rounds), 2)

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({min(self.rounds):.2f} to {max(self.rounds):.2f})"


@dataclass
class Turns:
    """Sides on the same sentences; ``shares`` names those that get only a part of them."""

    sides: Mapping[str, Side]
    examples: Sequence[Example]
    shares: Mapping[str, float] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)

    def run(self, rounds: int) -> None:
        """Warm each side up, then let them take ``rounds`` turns, in turned order."""
        for side in self.sides.values():
            side(self.examples[:WARM_UP])
        for number in range(rounds):
            names = list(self.sides)
            for name in names if number % 2 == 0 else reversed(names):
                self.rates.setdefault(name, []).append(self.sides[name](self._part(name)))
            print(f"round {number + 1} of {rounds}, load {os.getloadavg()[0]:.1f}", flush=True)

    def _part(self, name: str) -> Sequence[Example]:
        """The sentences of a side: every n-th, so that lengths stay as they are."""
        return self.examples[:: round(1 / self.shares.get(name, 1))]

    def ratio(self, ours: str, theirs: str) -> Ratio:
        """How many times faster ``ours`` is than ``theirs``."""
        pairs = zip(self.rates[ours], self.rates[theirs], strict=True)
        return Ratio(tuple(a / b for a, b in pairs))

    def quickest(self, sides: Sequence[str]) -> str:
        """Which of ``sides`` has the highest median rate."""
        return max(sides, key=lambda name: median(self.rates[name]))

    def table(self) -> str:
        """A line for each side."""
        lines = [
            f"  {name:<40}{median(rates):>9,.0f} characters/s"
            f"  ({min(rates):,.0f} to {max(rates):,.0f})"
            for name, rates in self.rates.items()
        ]
        return "\n".join(lines)


def machine() -> str:
    """The processor and what else runs on it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    load = os.getloadavg()[0]
    return f"{name} ({instructions()}), {os.cpu_count()} cores, load {load:.1f}, one thread"


def instructions() -> str:
    """The vector instructions of the processor, as torch calls them."""
    told = torch.cpu.get_capabilities()
    return ", ".join(sorted(name for name in VECTORS if told.get(name))) or "no vectors known"
