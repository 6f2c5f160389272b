"""The smallest true difference that a table would find in four cases of five.

A difference is claimed where its test is below 0.05 after Holm's correction for all pairs of the
table. How large must it be, for that to happen? By the usual sum of two quantiles, for the claim
and for the power (Bloom 1995, Evaluation Review 19:547, "minimum detectable effect"), with the
first step of Holm, 0.05 over the number of pairs: the step that a lone difference has to take.

The half-width that a difference has to leave is ``sqrt(z^2 V + t^2 L)``, V the variance due to
sentences and L that due to seeds, each with the quantile of its own degrees of freedom (Banerjee
1960, Sankhya 22:359), which is what adding Student's t to the draws comes to.

Below ``FEW`` sentences or documents V is known on few degrees of freedom, too, and swapping them
has the tails of Student's t. Of very few no p is small enough for any claim: then no difference is
found, and none is stated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from harness.statistics.permutation import least
from harness.statistics.samples import Floats
from harness.statistics.seeds import SeedEffect
from harness.statistics.significance import ALPHA
from harness.statistics.tails import geometric_means, shares_below, student, students

POWER = 0.80
ENOUGH = 3  # seeds
FEW = 100  # sentences or documents, from which on t is normal within a hundredth
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
    """How far out a claim has to be, in the part of the seeds and in that of the sentences.

    ``freedom`` is what the variance due to sentences is known on.
    """

    seeds: float
    sentences: float
    freedom: float


def nothing_is_found(units: float, pairs: int) -> bool:
    """Whether so few sentences or documents cannot tell a pair apart, however it differs."""
    return pairs > 0 and least(units) * pairs >= ALPHA


def minimum_difference(
    errors: Sequence[float],
    effects: Sequence[SeedEffect],
    seeds: int,
    caution: float = 1.0,
    units: float = inf,
) -> MinimumDifference | None:
    """What can be found between systems, given what is known of each pair; None without a pair.

    Args:
        errors: standard errors of the differences, sentences varying and seeds not.
        effects: what the seeds add to each.
        seeds: the fewest that a system has.
        caution: how many times the p of sentences alone the test says that it is at most.
        units: how many sentences or documents hold an entity.
    """
    if not errors:
        return None
    if nothing_is_found(units, len(errors)):
        return MinimumDifference(1.0, None if seeds < ENOUGH else 1.0, len(errors))
    freedom = units - 1 if units < FEW else inf
    one_sided = _attainable(ALPHA / len(errors), units) / 2
    level = _Level(1 - one_sided, 1 - one_sided / caution, freedom)
    varying = [place for place, error in enumerate(errors) if error]
    error = np.array([errors[place] for place in varying]) * _spread(freedom)
    models = _claims(error, [_NONE] * len(varying), level)
    if seeds < ENOUGH:
        return MinimumDifference(_smallest(models), None, len(errors))
    systems = _claims(error, [effects[place] for place in varying], level)
    return MinimumDifference(_smallest(models), _smallest(systems), len(errors))


def _attainable(level: float, units: float) -> float:
    """The largest p below ``level`` that swaps give: of few documents p has few values."""
    step = least(units)
    return step * (ceil(level / step) - 1) if units < FEW else level


def _spread(freedom: float) -> float:
    """By how much the spread of resampled differences is too narrow."""
    return float((1 + 1 / freedom) ** 0.5)


def _claims(error: Floats, effects: Sequence[SeedEffect], level: _Level) -> _Claims:
    variance = np.array([effect.variance for effect in effects])
    freedom = np.array([effect.freedom if effect.variance else inf for effect in effects])
    # A variance on few degrees of freedom is mostly below what it estimates.
    luck = variance / geometric_means(freedom)
    outside = student(level.sentences, level.freedom)
    needed = outside**2 * error**2 + students(level.seeds, freedom) ** 2 * luck
    return _Claims(needed**0.5, (error**2 + luck) ** 0.5, np.minimum(freedom, level.freedom))


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
