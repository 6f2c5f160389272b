"""Scores by bucket: n, F1 with a bootstrap interval, recall with a Wilson interval.

F1 is over gold and found entities of the level, recall over its gold entities alone. A level with
fewer than ``SMALL`` gold entities is marked: its numbers are shown, and mean little.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from harness.analysis.answers import FinishedRun
from harness.analysis.buckets import NO_FACTS, Bucket, Place, available
from harness.core import Counts, Span
from harness.statistics.bootstrap import LEVEL, resampled, score_interval
from harness.statistics.proportion import SMALL, wilson
from harness.statistics.samples import Ints, sample_of

DRAWS = 2000
TP, FP, FN = range(3)
Interval: TypeAlias = tuple[float, float]


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


def bucket_table(answers: FinishedRun) -> tuple[Level, ...]:
    """The score on every level that occurs, buckets and levels in their order."""
    keys, [counts] = bucket_counts([answers])
    intervals = _intervals(answers, counts)
    levels = []
    for (bucket, level), row, interval in zip(keys, counts.sum(axis=0), intervals, strict=True):
        total = Counts(*(int(value) for value in row))
        levels.append(Level(bucket, level, total, interval, wilson(total.tp, total.support)))
    return tuple(levels)


def _intervals(answers: FinishedRun, counts: Ints) -> list[Interval | None]:
    """The interval of F1 of each level; None if there is no gold entity."""
    levels = [level[None] for level in np.moveaxis(counts, 1, 0)]
    held = [every_seed_has_gold(level) for level in levels]
    samples = [
        sample_of("a level", answers.drawn(level))
        for level, has_gold in zip(levels, held, strict=True)
        if has_gold
    ]
    drawn = zip(samples, resampled(samples, DRAWS, seed=0), strict=True)
    found = (score_interval(sample, scores, 0, LEVEL) for sample, scores in drawn)
    bounds = ((one.low, one.high) for one in found)
    return [next(bounds) if has_gold else None for has_gold in held]


def every_seed_has_gold(counts: Ints) -> bool:
    """Whether F1 on a level, (seeds, sentences, 3), is defined for every seed."""
    return bool(counts[..., [TP, FN]].any(axis=(1, 2)).all())


def bucket_counts(runs: Sequence[FinishedRun]) -> tuple[list[tuple[str, str]], Ints]:
    """Counts of runs on the same data: the keys (bucket, level), and (runs, sentences, keys, 3)."""
    buckets = available(runs[0].facts)
    numbers: dict[tuple[str, str], int] = {}  # of each level, in the order of their first entity
    levels: dict[object, list[int]] = {}  # seeds mostly find the same: each span is judged once
    cells: list[tuple[int, int, int]] = []
    numbered: list[list[int]] = []
    for run, row, span, column in _entities(runs):
        prediction = runs[run].predictions[row]
        key = row, span, prediction.borders, any(prediction.repairs.values())
        if key not in levels:
            place = Place(span, prediction, runs[0].facts or NO_FACTS)
            names = [(bucket.name, bucket.level(place)) for bucket in buckets]
            levels[key] = [numbers.setdefault(name, len(numbers)) for name in names]
        cells.append((run, row, column))
        numbered.append(levels[key])
    counts = np.zeros((len(runs), len(runs[0].predictions), len(numbers), 3), np.int64)
    if cells:
        at = np.array(cells).T[:, :, None]  # (3, entities, 1), beside (entities, buckets)
        np.add.at(counts, (at[0], at[1], np.array(numbered), at[2]), 1)
    keys = ordered(buckets, numbers)
    return keys, counts[:, :, [numbers[key] for key in keys]]


def _entities(runs: Sequence[FinishedRun]) -> Iterator[tuple[int, int, Span, int]]:
    """Every entity, gold or found, with its run, its sentence and whether it is tp, fp or fn."""
    for index, run in enumerate(runs):
        for row, sides in enumerate(zip(run.gold, run.found, strict=True)):
            for span, column in _judged(*sides):
                yield index, row, span, column


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
