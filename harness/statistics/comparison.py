"""One table, one correction: every pair is tested, and no difference is claimed uncorrected.

A system with one seed supports no claim: a table that holds one has no groups, no letters and no
best, and no pair of it is called separable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, islice

import numpy as np

from harness.statistics.best import behind_best, bound_level, chance_of_best
from harness.statistics.bootstrap import (
    DRAWS,
    LEVEL,
    Interval,
    PairedBootstrap,
    difference,
    resampled,
    score_interval,
    varied,
)
from harness.statistics.outlying import outlying, without
from harness.statistics.permutation import PairedPermutation, permuted
from harness.statistics.power import ALPHA, MinimumDifference, minimum_difference
from harness.statistics.ranking import Separable, holm, letters, rank_groups
from harness.statistics.samples import CountArray, Floats, Sample, samples_of
from harness.statistics.seeds import Contest, Luck, luck, seed_effect, steadied


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
    behind the best one, at 95 % for all rows at once. ``minimum`` is None for fewer than two.
    """

    intervals: Mapping[str, Interval]
    pairs: tuple[Pair, ...]
    minimum: MinimumDifference | None
    covers_training: bool
    fallen: Mapping[str, Fallen]
    groups: Mapping[str, int] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    best: Mapping[str, float] = field(default_factory=dict)
    behind: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The systems of a table with their resampled scores, and each pair with its seeds' part."""

    samples: Mapping[str, Sample]
    replicates: Mapping[str, Floats]
    lucks: Mapping[str, Luck]
    contests: Mapping[tuple[str, str], Contest]

    def differences(self, pair: tuple[str, str]) -> Floats:
        """Resampled differences of a pair, seeds as they are."""
        return self.replicates[pair[0]] - self.replicates[pair[1]]


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
    most = max((len(table) * (len(table) - 1) // 2 for table in tables), default=0)
    draws = max(draws, enough(most))
    drawn = iter(resampled([*chain.from_iterable(t.values() for t in tables)], draws, seed))
    made = [_table(samples, [*islice(drawn, len(samples))]) for samples in tables]
    contests = [*chain.from_iterable(table.contests.values() for table in made)]
    tests = iter(permuted(contests, draws, seed))
    return [_compared(one, [*islice(tests, len(one.contests))], seed, level) for one in made]


def enough(pairs: int) -> int:
    """How many draws it takes for the smallest p, corrected for ``pairs``, to be well below 0.05.

    The smallest p is 2 in draws, and Holm multiplies it by the number of pairs.
    """
    return round(3 * pairs / ALPHA)


def _table(samples: Mapping[str, Sample], replicates: Sequence[Floats]) -> _Table:
    lucks = _lucks(samples)
    contests = {
        (a, b): Contest(samples[a], samples[b], seed_effect([lucks[a], lucks[b]]))
        for a, b in combinations(samples, 2)
    }
    return _Table(samples, dict(zip(samples, replicates, strict=True)), lucks, contests)


def _lucks(samples: Mapping[str, Sample]) -> dict[str, Luck]:
    """The luck of each system, steadied by the others; one with a fallen seed is on its own."""
    own = {name: luck(sample) for name, sample in samples.items()}
    whole = [name for name, sample in samples.items() if not outlying(sample)]
    return own | dict(zip(whole, steadied([own[name] for name in whole]), strict=True))


def _compared(
    table: _Table, tests: Sequence[PairedPermutation], seed: int, level: float
) -> Comparison:
    intervals = {
        name: score_interval(sample, table.replicates[name], seed, level)
        for name, sample in table.samples.items()
    }
    pairs = _pairs(table, tests, seed, level)
    errors = [pair.bootstrap.models_error for pair in pairs]
    comparison = Comparison(
        intervals,
        pairs,
        minimum_difference(
            errors,
            [one.effect for one in table.contests.values()],
            min((sample.seeds for sample in table.samples.values()), default=0),
        ),
        all(one.covers_training for one in intervals.values()),
        _fallen(table, seed, level),
    )
    return _claims(comparison, table, seed) if comparison.covers_training else comparison


def _pairs(
    table: _Table, tests: Sequence[PairedPermutation], seed: int, level: float
) -> tuple[Pair, ...]:
    drawn = [_drawn(table, pair, seed, level) for pair in table.contests]
    bootstrap_holm = holm([bootstrap.p for bootstrap, _ in drawn])
    permutation_holm = holm([result.p for result in tests])
    return tuple(
        Pair(*pair, bootstrap, tests[i], bootstrap_holm[i], permutation_holm[i], *ahead)
        for i, (pair, (bootstrap, ahead)) in enumerate(zip(table.contests, drawn, strict=True))
    )


def _drawn(
    table: _Table, pair: tuple[str, str], seed: int, level: float
) -> tuple[PairedBootstrap, tuple[float, float]]:
    """The paired bootstrap, and the most by which each of the two may be ahead."""
    contest, replicates = table.contests[pair], table.differences(pair)
    drawn = varied(contest, replicates, seed)
    one_sided = bound_level(len(table.samples), level)
    low, high = np.quantile(drawn, [1 - one_sided, one_sided])
    return difference(contest, replicates, drawn, level), (float(high), -float(low))


def _fallen(table: _Table, seed: int, level: float) -> dict[str, Fallen]:
    """What fell out, by system."""
    found = {name: outlying(sample) for name, sample in table.samples.items()}
    return {
        name: Fallen(seeds, _rest(table, name, seeds, seed, level))
        for name, seeds in found.items()
        if seeds
    }


def _rest(
    table: _Table, name: str, seeds: tuple[int, ...], seed: int, level: float
) -> Interval | None:
    rest = without(table.samples[name], seeds)
    if rest.seeds < 2:
        return None  # of one training, nothing is known of others
    [replicates] = resampled([rest], len(table.replicates[name]), seed)
    return score_interval(rest, replicates, seed, level)


def _claims(comparison: Comparison, table: _Table, seed: int) -> Comparison:
    """The comparison with what only several seeds support."""
    scores = {name: one.point for name, one in comparison.intervals.items()}
    separable = _separable(comparison.pairs)
    return replace(
        comparison,
        groups=rank_groups(scores, separable),
        letters=letters(scores, separable),
        best=chance_of_best(_varied_scores(table, seed)),
        behind=behind_best([*scores], _ahead(comparison.pairs)),
    )


def _separable(pairs: Sequence[Pair]) -> Separable:
    apart = {frozenset((pair.first, pair.second)) for pair in pairs if pair.separable}
    return lambda first, second: frozenset((first, second)) in apart


def _ahead(pairs: Sequence[Pair]) -> dict[tuple[str, str], float]:
    forward = {(pair.first, pair.second): pair.first_ahead for pair in pairs}
    return forward | {(pair.second, pair.first): pair.second_ahead for pair in pairs}


def _varied_scores(table: _Table, seed: int) -> dict[str, Floats]:
    """Resampled scores with what other seeds could have changed, each system with its own luck."""
    return {
        name: scores + seed_effect([table.lucks[name]]).noise(len(scores), seed, stream)
        for stream, (name, scores) in enumerate(table.replicates.items(), 1)
    }
