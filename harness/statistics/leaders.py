"""Who is not separable from the best: all that a column of one entity type has to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.statistics import large_tables
from harness.statistics.bootstrap import DRAWS, LEVEL, Interval
from harness.statistics.permutation import PairedPermutation, permuted_p
from harness.statistics.ranking import best_first, holm
from harness.statistics.samples import Sample
from harness.statistics.significance import ALPHA
from harness.statistics.table import Table, tables_of


@dataclass(frozen=True, slots=True)
class Leaders:
    """The interval of each system, and those that are not separable from the best.

    ``first`` is empty where a system has one seed, so that nothing can be claimed of training.
    """

    intervals: Mapping[str, Interval]
    first: frozenset[str]


def leaders(
    parts: Sequence[Mapping[str, Sample]], draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> list[Leaders]:
    """The leaders of each table, all over test sets of one size and with the same draws."""
    return [_leaders(table, seed, level) for table in tables_of(parts, draws, seed)]


def _leaders(table: Table, seed: int, level: float) -> Leaders:
    intervals = table.intervals(seed, level)
    if not all(one.covers_training for one in intervals.values()):
        return Leaders(intervals, frozenset())
    ordered = best_first({name: one.point for name, one in intervals.items()})
    behind = _behind_large(table, ordered) if table.is_large else _behind(table, ordered, seed)
    return Leaders(intervals, frozenset(ordered) - behind)


def _behind(table: Table, ordered: Sequence[str], seed: int) -> set[str]:
    """The systems that Holm's correction over all pairs tells from the best."""
    contests = table.contests()
    draws = len(table.replicates[ordered[0]])
    corrected = holm(permuted_p([*contests.values()], draws, seed))
    apart = {frozenset(pair) for pair, p in zip(contests, corrected, strict=True) if p < ALPHA}
    return {name for name in ordered[1:] if frozenset((ordered[0], name)) in apart}


def _behind_large(table: Table, ordered: Sequence[str]) -> set[str]:
    """As ``_behind``, of the pairs with the best alone; each is corrected for all (Bonferroni)."""
    best, *others = ordered
    contests = [table.contest(best, name) for name in others]
    found: list[PairedPermutation] = large_tables.far(large_tables.Pairs.of(contests))
    return {name for name, test in zip(others, found, strict=True) if test.p * table.size < ALPHA}
