"""Rows compared entity by entity: what only one has right, what both have wrong, and how surely.

An instance is a gold entity (found or not), or a found entity that touches no gold (invented or
not); two rows are wrong alike where they found the same entities over it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.answers import Answers
from harness.analysis.bucket_table import SMALL, counts_of, ordered
from harness.analysis.buckets import BUCKETS
from harness.analysis.resampling import Floats, f1, holm, paired
from harness.analysis.rows import Answer, Row, rows
from harness.analysis.taxonomy import over
from harness.core import Counts, Span
from harness.errors import DataError


@dataclass(frozen=True, slots=True)
class Difference:
    """Which instances two rows have right; ``sentences`` counts those that have a difference."""

    first: str
    second: str
    both_right: int
    only_first: int
    only_second: int
    wrong_alike: int
    wrong_differently: int
    invented_by_first: int
    invented_by_second: int
    invented_by_both: int
    sentences: int


@dataclass(frozen=True, slots=True)
class LevelDifference:
    """F1 of the first row less F1 of the second, on one level; ``p`` is corrected by Holm."""

    first: str
    second: str
    bucket: str
    level: str
    n: int
    difference: float | None
    p: float

    @property
    def small(self) -> bool:
        """Whether there are too few gold entities to say much."""
        return self.n < SMALL


@dataclass(frozen=True, slots=True)
class Comparison:
    """What rows have in common and what sets them apart.

    ``union`` asserts what any row found, ``intersection`` what all found; the recall of the union
    is the ceiling of any way to choose among the rows. ``complementarity[a][b]`` is the share of
    a's missed gold entities that b found (Brill and Wu 1998); None where a missed none.
    """

    names: tuple[str, ...]
    sentences: int
    differences: tuple[Difference, ...]
    union: Counts
    intersection: Counts
    complementarity: tuple[tuple[float | None, ...], ...]
    levels: tuple[LevelDifference, ...]


def compare(runs: Sequence[Answers]) -> Comparison:
    """The comparison of all rows of ``runs``, in pairs.

    Raises:
        DataError: for fewer than two rows, or rows of other data.
    """
    held = rows(runs)
    if len(held) < 2:
        msg = f"{', '.join(row.name for row in held) or 'no runs'}: a comparison needs two rows"
        raise DataError(msg)
    gold = runs[0].gold
    pairs = [(a, b) for index, a in enumerate(held) for b in held[index + 1 :]]
    return Comparison(
        names=tuple(row.name for row in held),
        sentences=len(gold),
        differences=tuple(_difference(gold, a, b) for a, b in pairs),
        union=_counts(gold, [_joined(sides) for sides in _across(held)]),
        intersection=_counts(gold, [set.intersection(*map(set, sides)) for sides in _across(held)]),
        complementarity=tuple(tuple(_complement(gold, a, b) for b in held) for a in held),
        levels=_levels(pairs),
    )


def _across(held: Sequence[Row]) -> list[tuple[tuple[Span, ...], ...]]:
    return list(zip(*(row.found for row in held), strict=True))


def _joined(sides: Sequence[Sequence[Span]]) -> set[Span]:
    return {span for side in sides for span in side}


def _counts(gold: Answer, found: Sequence[set[Span]]) -> Counts:
    total = Counts()
    for spans, asserted in zip(gold, found, strict=True):
        right = len(asserted.intersection(spans))
        total += Counts(right, len(asserted) - right, len(spans) - right)
    return total


def _complement(gold: Answer, one: Row, other: Row) -> float | None:
    missed = found = 0
    for spans, mine, theirs in zip(gold, one.found, other.found, strict=True):
        lost = set(spans) - set(mine)
        missed += len(lost)
        found += len(lost & set(theirs))
    return found / missed if missed else None


def _difference(gold: Answer, first: Row, second: Row) -> Difference:
    sums: Counter[str] = Counter()
    for spans, mine, theirs in zip(gold, first.found, second.found, strict=True):
        sums.update(_verdict(span, mine, theirs) for span in spans)
        sums.update(_inventions(spans, mine, theirs))
        sums["sentences"] += mine != theirs
    return Difference(first.name, second.name, *(sums[name] for name in _FIELDS))


_FIELDS = Difference.__slots__[2:]


def _verdict(gold: Span, mine: Sequence[Span], theirs: Sequence[Span]) -> str:
    if gold in mine:
        return "both_right" if gold in theirs else "only_first"
    if gold in theirs:
        return "only_second"
    return "wrong_alike" if over(mine, gold) == over(theirs, gold) else "wrong_differently"


def _inventions(gold: Sequence[Span], mine: Sequence[Span], theirs: Sequence[Span]) -> Counter[str]:
    one, other = ({span for span in side if not over(gold, span)} for side in (mine, theirs))
    return Counter(
        invented_by_first=len(one - other),
        invented_by_second=len(other - one),
        invented_by_both=len(one & other),
    )


def _levels(pairs: Sequence[tuple[Row, Row]]) -> tuple[LevelDifference, ...]:
    """The difference on every level of every bucket; all tests of all pairs are one family."""
    tested = [(a, b, *level) for a, b in pairs for level in _tested(_summed(a), _summed(b))]
    corrected = holm([p for *_, p in tested])
    return tuple(
        LevelDifference(a.name, b.name, *key, n, difference, p)
        for (a, b, key, n, difference, _), p in zip(tested, corrected, strict=True)
    )


Keyed = tuple[list[tuple[str, str]], Floats]


def _summed(row: Row) -> Keyed:
    """Counts by sentence and level over all seeds of a row, on the levels of any seed."""
    parts = [counts_of(run, run.found) for run in row.runs]
    keys = ordered(BUCKETS, {key for names, _ in parts for key in names})
    return keys, np.sum([_aligned(part, keys) for part in parts], axis=0) / len(parts)


def _aligned(part: Keyed, keys: Sequence[tuple[str, str]]) -> Floats:
    """The counts of ``part`` with its levels in the order of ``keys``; zeros where it has none."""
    position = {key: index for index, key in enumerate(part[0])}
    whole = np.concatenate([part[1], np.zeros((len(part[1]), 1, 3))], axis=1)
    return whole[:, [position.get(key, -1) for key in keys]]


def _tested(one: Keyed, other: Keyed) -> list[tuple[tuple[str, str], int, float | None, float]]:
    keys = ordered(BUCKETS, {*one[0], *other[0]})
    mine, theirs = _aligned(one, keys), _aligned(other, keys)
    gap = f1(mine.sum(axis=0)) - f1(theirs.sum(axis=0))
    support = mine.sum(axis=0)[:, [0, 2]].sum(axis=1)
    return [
        (key, round(float(n)), None if np.isnan(value) else float(value), p)
        for key, n, value, p in zip(keys, support, gap, paired(mine, theirs), strict=True)
    ]
