"""Scores by bucket of a system: the mean over its seeds, with each seed beside it.

The interval is of ``harness.statistics``: chance in sentences, and in seeds if there are several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.analysis.answers import FinishedRun
from harness.analysis.bucket_table import DRAWS, FN, TP, bucket_counts, sample_of
from harness.statistics.bootstrap import LEVEL, resampled, score_interval
from harness.statistics.proportion import SMALL
from harness.statistics.samples import Ints

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


def scored(counted: Levels) -> tuple[SystemLevel, ...]:
    """F1 on every level that holds gold, in the order of ``counted``."""
    levels = {key: counts for key, counts in counted.items() if counts[..., [TP, FN]].any()}
    samples = [sample_of(counts) for counts in levels.values()]
    drawn = resampled(samples, DRAWS, seed=0) if samples else []
    found = []
    for (key, counts), sample, scores in zip(levels.items(), samples, drawn, strict=True):
        interval = score_interval(sample, scores, 0, LEVEL)
        seeds = tuple(float(score) for score in sample.f1)
        support = int(counts[0][:, [TP, FN]].sum())
        found.append(SystemLevel(*key, support, seeds, interval.low, interval.high))
    return tuple(found)


def by_level(runs: Sequence[FinishedRun]) -> Levels:
    """The counts of the runs of a system by level: (seeds, sentences, 3)."""
    keys, counts = bucket_counts(runs)
    return {key: counts[:, :, index] for index, key in enumerate(keys)}
