"""Scores by bucket of a system: the mean over its seeds, with each seed beside it.

The interval is of ``harness.statistics``: chance in sentences, and in seeds if there are several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from harness.analysis.answers import FinishedRun
from harness.analysis.bucket_table import DRAWS, FN, TP, bucket_counts, every_seed_has_gold
from harness.statistics.bootstrap import LEVEL, resampled, score_interval
from harness.statistics.proportion import SMALL
from harness.statistics.samples import Ints, sample_of

Key: TypeAlias = tuple[str, str]  # bucket and level
Levels: TypeAlias = dict[Key, Ints]


@dataclass(frozen=True, slots=True)
class SystemLevel:
    """F1 of a system on one level that holds gold: fractions, ``seeds`` in ascending order."""

    bucket: str
    level: str
    n: int
    seeds: tuple[float, ...]
    low: float
    high: float

    @property
    def f1(self) -> float:
        """The mean over seeds."""
        return sum(self.seeds) / len(self.seeds)

    @property
    def small(self) -> bool:
        """Whether there are too few gold entities to say much."""
        return self.n < SMALL


def scored(counted: Levels, run: FinishedRun) -> tuple[SystemLevel, ...]:
    """F1 on every level that holds gold for each seed, in the order of ``counted``.

    ``run`` is any of the system: it says to which documents the sentences belong.
    """
    levels = {key: counts for key, counts in counted.items() if every_seed_has_gold(counts)}
    samples = [sample_of(" ".join(key), run.drawn(counts)) for key, counts in levels.items()]
    drawn = resampled(samples, DRAWS, seed=0)
    found = []
    for (key, counts), sample, scores in zip(levels.items(), samples, drawn, strict=True):
        interval = score_interval(sample, scores, 0, LEVEL)
        seeds = tuple(float(score) for score in sample.f1)
        support = int(counts[0][:, [TP, FN]].sum())
        found.append(SystemLevel(*key, support, seeds, interval.low, interval.high))
    return tuple(found)


def same_gold(sides: Sequence[Ints]) -> bool:
    """Whether a level holds the same number of gold entities in each sentence for all seeds."""
    gold = np.concatenate([side[..., TP] + side[..., FN] for side in sides])  # (seeds, sentences)
    return bool((gold == gold[0]).all())


def by_level(runs: Sequence[FinishedRun]) -> Levels:
    """The counts of the runs of a system by level: (seeds, sentences, 3)."""
    keys, counts = bucket_counts(runs)
    return {key: counts[:, :, index] for index, key in enumerate(keys)}
