"""One table, one correction: every pair is tested, and only corrected differences are claimed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from harness.statistics.bootstrap import (
    DRAWS,
    LEVEL,
    Interval,
    PairedBootstrap,
    difference,
    resampled,
    score_interval,
)
from harness.statistics.permutation import PairedPermutation, permuted
from harness.statistics.ranking import Separable, holm, letters, rank_groups
from harness.statistics.samples import CountArray, samples_of
from harness.statistics.seeds import Contest, luck, seed_effect, steadied

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems of a table. The ``holm`` values are corrected over all pairs of the table."""

    first: str
    second: str
    bootstrap: PairedBootstrap
    permutation: PairedPermutation
    bootstrap_holm: float
    permutation_holm: float

    @property
    def separable(self) -> bool:
        """Whether the corrected permutation test tells the two apart."""
        return self.permutation_holm < ALPHA


@dataclass(frozen=True, slots=True)
class MinimumDifference:
    """The smallest F1 difference that can be separated: the median half-width over the pairs.

    ``models`` is what this test set allows for models as trained; ``systems`` is what it allows
    with these numbers of seeds, whose luck counts as well. Fractions, before any correction.
    """

    models: float
    systems: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What may be said of the systems of one table, by name.

    ``covers_training`` is False if any system has a single seed: then nothing can be claimed
    about training variance. ``minimum`` is None for fewer than two systems.
    """

    intervals: Mapping[str, Interval]
    pairs: tuple[Pair, ...]
    groups: Mapping[str, int]
    letters: Mapping[str, str]
    minimum: MinimumDifference | None
    covers_training: bool


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
    names = [*combinations(systems, 2)]
    draws = max(draws, enough(len(names)))
    samples = dict(zip(systems, samples_of(systems), strict=True))
    replicates = dict(zip(systems, resampled([*samples.values()], draws, seed), strict=True))
    intervals = {
        name: score_interval(samples[name], replicates[name], seed, level) for name in systems
    }
    lucks = dict(zip(systems, steadied([*map(luck, samples.values())]), strict=True))
    contests = [
        Contest(samples[a], samples[b], seed_effect([lucks[a], lucks[b]])) for a, b in names
    ]
    bootstraps = [
        difference(contest, replicates[a] - replicates[b], seed, level)
        for contest, (a, b) in zip(contests, names, strict=True)
    ]
    permutations = permuted(contests, draws, seed)
    pairs = _corrected(names, bootstraps, permutations)
    scores = {name: one.point for name, one in intervals.items()}
    separable = _separable(pairs)
    return Comparison(
        intervals,
        pairs,
        rank_groups(scores, separable),
        letters(scores, separable),
        minimum_difference(pairs),
        all(one.covers_training for one in intervals.values()),
    )


def enough(pairs: int) -> int:
    """How many draws it takes for the smallest p, corrected for ``pairs``, to be well below 0.05.

    The smallest p is 2 in draws, and Holm multiplies it by the number of pairs.
    """
    return round(3 * pairs / ALPHA)


def _corrected(
    names: Sequence[tuple[str, str]],
    bootstraps: Sequence[PairedBootstrap],
    permutations: Sequence[PairedPermutation],
) -> tuple[Pair, ...]:
    bootstrap_holm = holm([result.p for result in bootstraps])
    permutation_holm = holm([result.p for result in permutations])
    return tuple(
        Pair(*pair, bootstraps[i], permutations[i], bootstrap_holm[i], permutation_holm[i])
        for i, pair in enumerate(names)
    )


def _separable(pairs: Sequence[Pair]) -> Separable:
    apart = {frozenset((pair.first, pair.second)) for pair in pairs if pair.separable}
    return lambda first, second: frozenset((first, second)) in apart


def minimum_difference(pairs: Sequence[Pair]) -> MinimumDifference | None:
    """What a table's pairs say of the smallest difference that could be separated."""
    if not pairs:
        return None
    return MinimumDifference(
        float(np.median([pair.bootstrap.models_half_width for pair in pairs])),
        float(np.median([pair.bootstrap.difference.half_width for pair in pairs])),
    )
