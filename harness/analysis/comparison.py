"""Rows compared entity by entity: what only one gets right, what both get wrong, how certain it is.

An instance is a gold entity (found or not), or a found entity that touches no gold (invented or
not); two systems are wrong alike if they found the same entities over it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TypeAlias

from harness.analysis.answers import FinishedRun
from harness.analysis.bucket_table import FN, TP
from harness.analysis.buckets import known_alike
from harness.analysis.system_answers import Answer, SystemAnswers, answers_by_system
from harness.analysis.system_levels import Key, same_gold
from harness.analysis.taxonomy import overlapping
from harness.core import Counts, Span
from harness.errors import DataError
from harness.statistics.permutation import permuted
from harness.statistics.proportion import SMALL
from harness.statistics.ranking import holm
from harness.statistics.samples import Ints, Sample, by_document, coarsest, samples_of
from harness.statistics.seeds import contest

SWAPS = 5000
LevelCounts: TypeAlias = tuple[Key, Ints, Ints]


@dataclass(frozen=True, slots=True)
class Difference:
    """Which instances two systems have right; ``sentences`` counts those that have a difference."""

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
    """Mean F1 of the first system less that of the second, on one level with gold in it.

    ``p`` is of the paired permutation test of ``harness.statistics``, corrected by Holm for all
    levels on which this pair is tested. Where a system has one seed it is of the trained models.
    """

    first: str
    second: str
    bucket: str
    level: str
    n: int
    difference: float
    p: float

    @property
    def small(self) -> bool:
        """Whether there are too few gold entities to say much."""
        return self.n < SMALL


@dataclass(frozen=True, slots=True)
class EntityComparison:
    """What systems have in common and what sets them apart.

    ``union`` asserts what any of them found, ``intersection`` what all found; the recall of the
    union is the ceiling of any way to choose among them. ``complementarity[a][b]`` is the share of
    a's missed gold entities that b found (Brill and Wu 1998); None if a missed none.
    ``one_seed`` names the systems of which the luck of training is not known.
    """

    names: tuple[str, ...]
    sentences: int
    differences: tuple[Difference, ...]
    union: Counts
    intersection: Counts
    complementarity: tuple[tuple[float | None, ...], ...]
    levels: tuple[LevelDifference, ...]
    one_seed: tuple[str, ...]

    def claimed(self, levels: Sequence[LevelDifference]) -> str:
        """What differences on ``levels`` are of, where not of the systems; empty where they are."""
        rows = dict.fromkeys(chain.from_iterable((one.first, one.second) for one in levels))
        single = [name for name in rows if name in self.one_seed]
        if not single:
            return ""
        several = any(not {one.first, one.second} & {*single} for one in levels)
        which = f"the differences from {', '.join(single)}" if several else "these differences"
        return (
            f"With one seed nothing can be claimed about training variance: {which} are of the "
            "trained models alone, not of the systems."
        )


def compare(runs: Sequence[FinishedRun]) -> EntityComparison:
    """The comparison of all systems of ``runs``, in pairs.

    Raises:
        DataError: for fewer than two systems, or systems of other data.
    """
    return compare_systems(answers_by_system(runs))


def compare_systems(held: Sequence[SystemAnswers]) -> EntityComparison:
    """The comparison of systems on the same data, in pairs.

    Raises:
        DataError: for fewer than two.
    """
    if len(held) < 2:
        names = ", ".join(system.name for system in held) or "no runs"
        msg = f"{names}: a comparison needs two systems"
        raise DataError(msg)
    gold = held[0].runs[0].gold
    return EntityComparison(
        names=tuple(system.name for system in held),
        sentences=len(gold),
        differences=tuple(_difference(gold, a, b) for a, b in combinations(held, 2)),
        union=_counts(gold, [_join(sides) for sides in _across(held)]),
        intersection=_counts(gold, [set.intersection(*map(set, sides)) for sides in _across(held)]),
        complementarity=tuple(tuple(_complement(gold, a, b) for b in held) for a in held),
        levels=_levels(held),
        one_seed=tuple(system.name for system in held if len(system.runs) == 1),
    )


def _across(held: Sequence[SystemAnswers]) -> list[tuple[tuple[Span, ...], ...]]:
    return list(zip(*(system.found for system in held), strict=True))


def _join(sides: Sequence[Sequence[Span]]) -> set[Span]:
    return {span for side in sides for span in side}


def _counts(gold: Answer, found: Sequence[set[Span]]) -> Counts:
    total = Counts()
    for spans, asserted in zip(gold, found, strict=True):
        right = len(asserted.intersection(spans))
        total += Counts(right, len(asserted) - right, len(spans) - right)
    return total


def _complement(gold: Answer, one: SystemAnswers, other: SystemAnswers) -> float | None:
    missed = found = 0
    for spans, mine, theirs in zip(gold, one.found, other.found, strict=True):
        lost = set(spans) - set(mine)
        missed += len(lost)
        found += len(lost & set(theirs))
    return found / missed if missed else None


def _difference(gold: Answer, first: SystemAnswers, second: SystemAnswers) -> Difference:
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
    return (
        "wrong_alike"
        if overlapping(mine, gold) == overlapping(theirs, gold)
        else "wrong_differently"
    )


def _inventions(gold: Sequence[Span], mine: Sequence[Span], theirs: Sequence[Span]) -> Counter[str]:
    one, other = ({span for span in side if not overlapping(gold, span)} for side in (mine, theirs))
    return Counter(
        invented_by_first=len(one - other),
        invented_by_second=len(other - one),
        invented_by_both=len(one & other),
    )


def _levels(held: Sequence[SystemAnswers]) -> tuple[LevelDifference, ...]:
    """The difference of each pair of systems on every level of every bucket."""
    return tuple(chain.from_iterable(_test(*pair) for pair in combinations(held, 2)))


def _test(a: SystemAnswers, b: SystemAnswers) -> list[LevelDifference]:
    """One pair of systems: its tests are one family."""
    cells = _shared(a, b)
    documents = coarsest(run.documents for run in (*a.runs, *b.runs))
    pairs = [[by_document(side, documents) for side in sides] for _, *sides in cells]
    samples = [samples_of({a.name: one, f"the other, {b.name}": other}) for one, other in pairs]
    contests = [contest(*pair) for pair in samples]
    corrected = holm([test.p for test in permuted(contests, SWAPS, seed=0)])
    return [
        LevelDifference(a.name, b.name, *key, _support(one), _apart(*pair), p)
        for (key, one, _), pair, p in zip(cells, samples, corrected, strict=True)
    ]


def _apart(one: Sample, other: Sample) -> float:
    return float(one.f1.mean() - other.f1.mean())


def _shared(one: SystemAnswers, other: SystemAnswers) -> list[LevelCounts]:
    """The levels that hold some of the gold, the same for both and all seeds.

    One that holds all of it says nothing about where; one that holds other entities for each, as
    where windows differ, says nothing about the systems. What depends on train is left out where
    they learned from other parts of it: even where gold agrees, found entities have other levels.
    """
    mine, theirs = one.levels, other.levels
    alike = {bucket.name for bucket in known_alike([one.facts, other.facts])}
    whole = max(map(_support, mine.values()), default=0)
    return [
        (key, counts, theirs[key])
        for key, counts in mine.items()
        if key[0] in alike and key in theirs
        and 0 < _support(counts) < whole and same_gold([counts, theirs[key]])
    ]  # fmt: skip


def _support(counts: Ints) -> int:
    return int(counts[0][:, [TP, FN]].sum())
