"""Scores by bucket: n, F1 with a bootstrap interval, recall with a Wilson interval.

F1 is over gold and found entities of the level, recall over its gold entities alone. A level with
fewer than ``SMALL`` gold entities is marked: its numbers are shown, and mean little.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.answers import Answers
from harness.analysis.buckets import NO_FACTS, Bucket, Place, available
from harness.analysis.resampling import Floats, Interval, f1_intervals, wilson
from harness.core import Counts, Span

SMALL = 30
TP, FP, FN = range(3)


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
    intervals = f1_intervals(counts)
    levels = []
    for (bucket, level), row, interval in zip(keys, counts.sum(axis=0), intervals, strict=True):
        total = Counts(*(int(value) for value in row))
        levels.append(Level(bucket, level, total, interval, wilson(total.tp, total.support)))
    return tuple(levels)


def bucket_counts(answers: Answers) -> tuple[list[tuple[str, str]], Floats]:
    """Counts by sentence and level: the keys (bucket, level), and (sentences, keys, 3)."""
    return counts_of(answers, answers.found)


def counts_of(
    answers: Answers, found: Sequence[Sequence[Span]]
) -> tuple[list[tuple[str, str]], Floats]:
    """As ``bucket_counts``, for ``found`` in place of the run's own answers."""
    buckets = available(answers.facts)
    cells: dict[tuple[str, str], dict[tuple[int, int], int]] = {}
    for row, (gold, asserted) in enumerate(zip(answers.gold, found, strict=True)):
        for span, column in _judged(gold, asserted):
            place = Place(span, answers.predictions[row], answers.facts or NO_FACTS)
            for bucket in buckets:
                cell = cells.setdefault((bucket.name, bucket.level(place)), {})
                cell[row, column] = cell.get((row, column), 0) + 1
    keys = ordered(buckets, cells)
    counts = np.zeros((len(answers.predictions), len(keys), 3))  # (sentences, keys, tp fp fn)
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
