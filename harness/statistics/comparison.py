"""One table, one correction: every pair is tested, and no difference is claimed uncorrected.

A system with one seed supports no claim: a table that holds one has no groups, no letters and no
best, and no pair of it is called separable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from harness.statistics import large_tables
from harness.statistics.best import behind_best, bound_level, chance_of_best
from harness.statistics.bootstrap import (
    DRAWS,
    LEVEL,
    Interval,
    PairedBootstrap,
    difference,
    ends,
    resampled,
    score_interval,
    varied,
)
from harness.statistics.discordant import counted
from harness.statistics.large_tables import Ahead
from harness.statistics.mixture import SIGNS
from harness.statistics.outlying import without
from harness.statistics.permutation import PairedPermutation, permuted
from harness.statistics.power import (
    MinimumDifference,
    minimum_difference,
    nothing_is_found,
)
from harness.statistics.ranking import Separable, holm, letters, rank_groups
from harness.statistics.samples import CountArray, Floats, Sample, samples_of
from harness.statistics.seeds import Contest, seed_effect
from harness.statistics.significance import ALPHA
from harness.statistics.table import Table, tables_of


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems of a table. The ``holm`` values are corrected over all pairs of the table.

    ``first_ahead`` and ``second_ahead`` are the most by which each may be ahead of the other, at
    the one-sided level that makes all rows hold together (``harness.statistics.best``).
    """

    first: str
    second: str
    bootstrap: PairedBootstrap
    permutation: PairedPermutation
    bootstrap_holm: float
    permutation_holm: float
    first_ahead: float
    second_ahead: float

    @property
    def separable(self) -> bool:
        """Whether the corrected permutation test tells the two apart, seeds counted."""
        return self.permutation.covers_training and self.permutation_holm < ALPHA


@dataclass(frozen=True, slots=True)
class Fallen:
    """The seeds of a system that fell out, by their places, and F1 of the others, if two are left.

    ``rest`` is of trainings that learn; the interval of the system counts all of its seeds.
    """

    seeds: tuple[int, ...]
    rest: Interval | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What may be said of the systems of one table, by name.

    ``covers_training`` is False if any system has a single seed: then nothing can be claimed
    about training variance, and ``groups``, ``letters``, ``best`` and ``behind`` are empty.
    ``best`` is the share of draws in which a system is first, ``behind`` the most that it may be
    behind the best one, at 95 % for all rows at once; both are empty for a single document.
    ``minimum`` is None for fewer than two systems. ``units`` are the sentences or documents that
    hold an entity.
    """

    intervals: Mapping[str, Interval]
    pairs: tuple[Pair, ...]
    minimum: MinimumDifference | None
    covers_training: bool
    fallen: Mapping[str, Fallen]
    units: int
    groups: Mapping[str, int] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    best: Mapping[str, float] = field(default_factory=dict)
    behind: Mapping[str, float] = field(default_factory=dict)

    @property
    def finds_nothing(self) -> bool:
        """Whether no difference can be claimed, however large, of so few sentences or documents."""
        return nothing_is_found(self.units, len(self.pairs))


def compare(
    systems: Mapping[str, CountArray], draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Comparison:
    """Intervals, tests, groups and letters of ``systems`` on one test set.

    Args:
        systems: counts by name, each (seeds, sentences, 3), the last axis (tp, fp, fn); documents
            for sentences if they are known (``by_document``). Seeds may differ in number.
        draws: of the bootstrap and of the permutation; more if the pairs are too many for it.
        seed: of the random numbers; equal input and seed give equal results.
        level: nominal coverage of the intervals.

    Raises:
        HarnessError: if the systems were not scored against the same gold.
    """
    samples = dict(zip(systems, samples_of(systems), strict=True))
    [comparison] = compare_all([samples], draws, seed, level)
    return comparison


def compare_all(
    tables: Sequence[Mapping[str, Sample]], draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> list[Comparison]:
    """The comparison of each table, all over test sets of one size and with the same draws."""
    return [_compared(table, seed, level) for table in tables_of(tables, draws, seed)]


def _compared(table: Table, seed: int, level: float) -> Comparison:
    intervals = table.intervals(seed, level)
    contests = table.contests()
    pairs = _pairs(table, contests, seed, level)
    comparison = Comparison(
        intervals,
        pairs,
        minimum_difference(
            [pair.bootstrap.models_error for pair in pairs],
            [contest.effect for contest in contests.values()],
            min((sample.seeds for sample in table.samples.values()), default=0),
            SIGNS if table.is_large else 1.0,
            table.units,
        ),
        all(one.covers_training for one in intervals.values()),
        _fallen(table, seed, level),
        table.units,
    )
    return _claims(comparison, table, seed) if comparison.covers_training else comparison


def _pairs(
    table: Table, contests: Mapping[tuple[str, str], Contest], seed: int, level: float
) -> tuple[Pair, ...]:
    tests, judged = _judged(table, contests, seed, level)
    drawn = counted([*contests.values()], judged, bound_level(len(table.samples), level))
    bootstrap_holm = holm([bootstrap.p for bootstrap, _ in drawn])
    permutation_holm = holm([result.p for result in tests])
    return tuple(
        Pair(*pair, bootstrap, tests[i], bootstrap_holm[i], permutation_holm[i], *ahead)
        for i, (pair, (bootstrap, ahead)) in enumerate(zip(contests, drawn, strict=True))
    )


def _judged(
    table: Table, contests: Mapping[tuple[str, str], Contest], seed: int, level: float
) -> tuple[Sequence[PairedPermutation], Sequence[Ahead]]:
    """The permutation test of each pair, and its bootstrap: by draws, where these resolve it."""
    every, one_sided = [*contests.values()], bound_level(len(table.samples), level)
    scores = [*table.replicates.values()]
    if table.is_large:
        pairs = large_tables.Pairs.of(every)
        bootstraps = large_tables.bootstraps(pairs, scores, level, one_sided)
        return large_tables.tests(pairs, seed), bootstraps
    draws = len(scores[0]) if scores else 0
    drawn = [
        _drawn(contest, table.replicates[a] - table.replicates[b], seed, level, one_sided)
        for (a, b), contest in contests.items()
    ]
    return permuted(every, draws, seed), drawn


def _drawn(
    contest: Contest, replicates: Floats, seed: int, level: float, one_sided: float
) -> Ahead:
    drawn = varied(contest, replicates, seed)
    # All quantiles at once: to find one is to order the draws.
    low, high, least, most = np.quantile(drawn, [*ends(level), 1 - one_sided, one_sided]).tolist()
    return difference(contest, replicates, drawn, (low, high), level), (most, -least)


def _fallen(table: Table, seed: int, level: float) -> dict[str, Fallen]:
    """What fell out, by system."""
    fell = {name: seeds for name, seeds in table.fallen.items() if seeds}
    rests = {name: without(table.samples[name], seeds) for name, seeds in fell.items()}
    told = {name: rest for name, rest in rests.items() if rest.seeds > 1}  # one tells nothing
    draws = len(next(iter(table.replicates.values()), ()))
    drawn = resampled([*told.values()], draws, seed)
    intervals = {
        name: score_interval(rest, replicates, seed, level)
        for (name, rest), replicates in zip(told.items(), drawn, strict=True)
    }
    return {name: Fallen(seeds, intervals.get(name)) for name, seeds in fell.items()}


def _claims(comparison: Comparison, table: Table, seed: int) -> Comparison:
    """The comparison with what only several seeds support."""
    scores = {name: one.point for name, one in comparison.intervals.items()}
    separable = _separable(comparison.pairs)
    grouped = replace(
        comparison, groups=rank_groups(scores, separable), letters=letters(scores, separable)
    )
    if comparison.units < 2:
        return grouped
    return replace(
        grouped,
        best=chance_of_best(_varied_scores(table, seed)),
        behind=behind_best([*scores], _ahead(comparison.pairs)),
    )


def _separable(pairs: Sequence[Pair]) -> Separable:
    apart = {frozenset((pair.first, pair.second)) for pair in pairs if pair.separable}
    return lambda first, second: frozenset((first, second)) in apart


def _ahead(pairs: Sequence[Pair]) -> dict[tuple[str, str], float]:
    forward = {(pair.first, pair.second): pair.first_ahead for pair in pairs}
    return forward | {(pair.second, pair.first): pair.second_ahead for pair in pairs}


def _varied_scores(table: Table, seed: int) -> dict[str, Floats]:
    """Resampled scores with what other seeds could have changed, each system with its own luck."""
    return {
        name: scores + seed_effect([table.lucks[name]]).noise(len(scores), seed, stream)
        for stream, (name, scores) in enumerate(table.replicates.items(), 1)
    }
