"""The smallest true difference that a table would find in four cases of five.

A difference is claimed where its test is below 0.05 after Holm's correction for all pairs of the
table. How large must it be, for that to happen? By the usual sum of two quantiles, for the claim
and for the power (Bloom 1995, Evaluation Review 19:547, "minimum detectable effect"), with the
first step of Holm, 0.05 over the number of pairs: the step that a lone difference has to take.

The half-width that a difference has to leave is ``sqrt(z^2 V + t^2 L)``, V the variance due to
sentences and L that due to seeds, each with the quantile of its own degrees of freedom (Banerjee
1960, Sankhya 22:359), which is what adding Student's t to the draws comes to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from harness.statistics.samples import Floats
from harness.statistics.seeds import SeedEffect
from harness.statistics.tails import geometric_means, normal, shares_below, students

ALPHA = 0.05
POWER = 0.80
ENOUGH = 3  # seeds
_NONE = SeedEffect(0.0, 0.0, known=True)


@dataclass(frozen=True, slots=True)
class MinimumDifference:
    """The true difference of F1 of which ``power`` would be found, in a table of ``pairs`` pairs.

    ``models`` is what this test set allows for models as trained; ``systems`` is what it allows
    with these numbers of seeds, whose luck counts as well: fractions, 1 where no difference would.
    ``systems`` is None if a system has fewer than three seeds, which say too little of luck.
    """

    models: float
    systems: float | None
    pairs: int
    power: float = POWER


@dataclass(frozen=True, slots=True, eq=False)
class _Claims:
    """Pairs: what the difference of each has to be, to be claimed, and how far it varies."""

    needed: Floats
    error: Floats
    freedom: Floats

    def power(self, difference: float) -> float:
        """How often a true difference is claimed, over the pairs."""
        points = (difference - self.needed) / self.error
        return float(np.mean(shares_below(points, self.freedom)))


@dataclass(frozen=True, slots=True)
class _Level:
    """How far out a claim has to be, in the part of the seeds and in that of the sentences."""

    seeds: float
    sentences: float


def minimum_difference(
    errors: Sequence[float], effects: Sequence[SeedEffect], seeds: int, caution: float = 1.0
) -> MinimumDifference | None:
    """What can be found between systems, given what is known of each pair; None without a pair.

    Args:
        errors: standard errors of the differences, sentences varying and seeds not.
        effects: what the seeds add to each.
        seeds: the fewest that a system has.
        caution: how many times the p of sentences alone the test says that it is at most.
    """
    if not errors:
        return None
    level = _Level(1 - ALPHA / (2 * len(errors)), 1 - ALPHA / (2 * len(errors) * caution))
    varying = [place for place, error in enumerate(errors) if error]
    error = np.array([errors[place] for place in varying])
    models = _claims(error, [_NONE] * len(varying), level)
    if seeds < ENOUGH:
        return MinimumDifference(_smallest(models), None, len(errors))
    systems = _claims(error, [effects[place] for place in varying], level)
    return MinimumDifference(_smallest(models), _smallest(systems), len(errors))


def _claims(error: Floats, effects: Sequence[SeedEffect], level: _Level) -> _Claims:
    variance = np.array([effect.variance for effect in effects])
    freedom = np.array([effect.freedom if effect.variance else inf for effect in effects])
    # A variance on few degrees of freedom is mostly below what it estimates.
    luck = variance / geometric_means(freedom)
    needed = normal(level.sentences) ** 2 * error**2 + students(level.seeds, freedom) ** 2 * luck
    return _Claims(needed**0.5, (error**2 + luck) ** 0.5, freedom)


def _smallest(claims: _Claims) -> float:
    """The difference at which the mean power over the pairs is ``POWER``, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(40 if len(claims.error) else 0):
        middle = (low + high) / 2
        if claims.power(middle) < POWER:
            low = middle
        else:
            high = middle
    return high if len(claims.error) else 0.0
