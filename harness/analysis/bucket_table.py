"""Scores by bucket: n, F1 with a bootstrap interval, recall with a Wilson interval.

F1 is over gold and found entities of the level, recall over its gold entities alone. A level with
fewer than ``SMALL`` gold entities is marked: its numbers are shown, and mean little.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from harness.analysis.answers import Answers
from harness.analysis.buckets import NO_FACTS, Bucket, Place, available
from harness.core import Counts, Span
from harness.statistics.bootstrap import LEVEL, resampled, score_interval
from harness.statistics.samples import Ints, Sample

SMALL = 30
DRAWS = 2000
TP, FP, FN = range(3)
Interval: TypeAlias = tuple[float, float]
_Z = 1.959963984540054  # the 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Level:
    """The score on the entities of one level; ``f1`` and intervals are fractions."""

    bucket: str
    level: str
    counts: Counts
    f1_interval: Interval | None
    recall_interval: Interval | None

    @property
    def n(self) -> int:
        """The number of gold entities."""
        return self.counts.support

    @property
    def small(self) -> bool:
        """Whether there are too few gold entities to say much."""
        return self.n < SMALL


def bucket_table(answers: Answers) -> tuple[Level, ...]:
    """The score on every level that occurs, buckets and levels in their order."""
    keys, counts = bucket_counts(answers)
    intervals = _intervals(counts)
    levels = []
    for (bucket, level), row, interval in zip(keys, counts.sum(axis=0), intervals, strict=True):
        total = Counts(*(int(value) for value in row))
        levels.append(Level(bucket, level, total, interval, wilson(total.tp, total.support)))
    return tuple(levels)


def sample_of(counts: Ints) -> Sample:
    """One level as a system of ``harness.statistics``, from its (seeds, sentences, 3)."""
    right, wrong, missed = np.moveaxis(counts, 2, 0)
    return Sample(right, 2 * right + wrong + missed)


def _intervals(counts: Ints) -> list[Interval | None]:
    """The interval of F1 of each level; None where there is no gold entity."""
    samples = [sample_of(level[None]) for level in np.moveaxis(counts, 1, 0)]
    if not samples:
        return []
    intervals: list[Interval | None] = []
    drawn = resampled(samples, DRAWS, seed=0)
    for level, sample, scores in zip(np.moveaxis(counts, 1, 0), samples, drawn, strict=True):
        found = score_interval(sample, scores, 0, LEVEL)
        intervals.append((found.low, found.high) if level[:, [TP, FN]].any() else None)
    return intervals


def wilson(right: int, total: int) -> Interval | None:
    """The 95 % interval of a share (Wilson 1927); None where there is nothing to count."""
    if not total:
        return None
    share, shrink = right / total, 1 + _Z**2 / total
    centre = (share + _Z**2 / (2 * total)) / shrink
    half = _Z / shrink * (share * (1 - share) / total + _Z**2 / (4 * total**2)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def bucket_counts(answers: Answers) -> tuple[list[tuple[str, str]], Ints]:
    """Counts by sentence and level: the keys (bucket, level), and (sentences, keys, 3)."""
    buckets = available(answers.facts)
    cells: dict[tuple[str, str], dict[tuple[int, int], int]] = {}
    for row, (gold, found) in enumerate(zip(answers.gold, answers.found, strict=True)):
        for span, column in _judged(gold, found):
            place = Place(span, answers.predictions[row], answers.facts or NO_FACTS)
            for bucket in buckets:
                cell = cells.setdefault((bucket.name, bucket.level(place)), {})
                cell[row, column] = cell.get((row, column), 0) + 1
    keys = ordered(buckets, cells)
    counts = np.zeros((len(answers.predictions), len(keys), 3), np.int64)  # tp, fp, fn last
    for index, key in enumerate(keys):
        for (row, column), number in cells[key].items():
            counts[row, index, column] = number
    return keys, counts


def _judged(gold: Sequence[Span], found: Sequence[Span]) -> list[tuple[Span, int]]:
    right = set(gold) & set(found)
    return [
        *((span, TP if span in right else FN) for span in gold),
        *((span, FP) for span in found if span not in right),
    ]


def ordered(buckets: Sequence[Bucket], cells: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """``cells`` in the order of buckets and levels; free levels by name."""
    keys = []
    for bucket in buckets:
        occurring = {level for name, level in cells if name == bucket.name}
        order = bucket.levels or sorted(occurring)
        keys += [(bucket.name, level) for level in order if level in occurring]
    return keys
