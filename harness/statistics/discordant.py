"""Where two systems differ in few entities: by how much the one may be ahead, for all that.

Of rows near 100 F1, or of any two that hardly differ, resampled test sets all show the few entities
that these happen to differ in, or none: a pair that agrees on 5 entities would be 0.00 apart with
certainty. What they differ in is counted instead. Each sentence in which one is ahead is an event
with a weight, its part of the difference; a sum of such has exact bounds, for which one event more,
as heavy as any that was seen and no lighter than one entity, may be about to come (Fay and Feuer
1997, Statistics in Medicine 16:791; of none seen that is the rule of three). The bounds of both
sums, and the luck of training, make one bound of the difference by the squares of their lengths
(Newcombe 1998, Statistics in Medicine 17:2635; Zou and Donner 2008, ibid. 27:1693).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.statistics.large_tables import Ahead
from harness.statistics.proportion import SMALL
from harness.statistics.samples import Floats, Sample
from harness.statistics.seeds import Contest, SeedEffect
from harness.statistics.tails import chi_square, student


@dataclass(frozen=True, slots=True, eq=False)
class Discordance:
    """What each sentence adds to how far the first is ahead, and what one entity can: fractions."""

    parts: Floats
    entity: float

    @property
    def is_small(self) -> bool:
        """Whether the two differ in so few entities that resampling says too little."""
        return bool(2 * np.abs(self.parts).sum() < SMALL * self.entity)

    def most(self, sign: int, effect: SeedEffect, level: float) -> float:
        """The most by which the first is ahead, for a ``sign`` of -1 the second, at ``level``."""
        ahead, behind = (np.maximum(side * self.parts, 0) for side in (sign, -sign))
        reach = _upper(ahead, self.entity, level) - ahead.sum()
        rest = behind.sum() - _lower(behind, level)
        luck = student(level, effect.freedom) ** 2 * effect.variance if effect.variance else 0.0
        return float(ahead.sum() - behind.sum() + (reach**2 + rest**2 + luck) ** 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class _Means:
    """One system, the mean over its seeds: right and size of each sentence, and of all."""

    right: Floats
    size: Floats
    rights: float
    sizes: float

    @classmethod
    def of(cls, sample: Sample) -> "_Means":
        right, size = sample.right.mean(axis=0), sample.size.mean(axis=0)
        return cls(right, size, float(right.sum()), float(size.sum()))


def _discordance(first: _Means, second: _Means) -> Discordance:
    """An entity that one misses weighs half of one that it takes for another."""
    both = (first.sizes + second.sizes) / 2
    f1 = (first.rights + second.rights) / both
    parts = 2 * (first.right - second.right) - f1 * (first.size - second.size)
    return Discordance(parts / both, 2 / both)


def discordances(pairs: Sequence[Contest]) -> Iterator[Discordance]:
    """Where the two of each pair differ, means over their seeds."""
    samples = {id(side): side for pair in pairs for side in (pair.first, pair.second)}
    sides = {key: _Means.of(sample) for key, sample in samples.items()}
    for pair in pairs:
        yield _discordance(sides[id(pair.first)], sides[id(pair.second)])


def counted(pairs: Sequence[Contest], drawn: Sequence[Ahead], level: float) -> list[Ahead]:
    """What is drawn of pairs, no surer than the number of entities in which they differ allows.

    Args:
        pairs: the pairs.
        drawn: what resampling says of each.
        level: of the bounds on how far one is ahead.
    """
    found = zip(pairs, drawn, discordances(pairs), strict=True)
    return [
        (
            replace(bootstrap, models_error=max(bootstrap.models_error, differing.entity)),
            _bounded(differing, pair, ahead, level),
        )
        for pair, (bootstrap, ahead), differing in found
    ]


def _bounded(
    differing: Discordance, pair: Contest, ahead: tuple[float, float], level: float
) -> tuple[float, float]:
    if not differing.is_small:
        return ahead
    first, second = (differing.most(sign, pair.effect, level) for sign in (1, -1))
    return min(1.0, max(ahead[0], first)), min(1.0, max(ahead[1], second))


def _upper(weights: Floats, least: float, level: float) -> float:
    """The upper bound of a sum of events with weights, of which the next may be the heaviest."""
    next_one = max(least, float(weights.max(initial=0)))
    total, squares = weights.sum() + next_one, (weights**2).sum() + next_one**2
    return float(squares / (2 * total) * chi_square(level, 2 * total**2 / squares))


def _lower(weights: Floats, level: float) -> float:
    total, squares = weights.sum(), (weights**2).sum()
    if not total:
        return 0.0
    return float(squares / (2 * total) * chi_square(1 - level, 2 * total**2 / squares))
