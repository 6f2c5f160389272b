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

from harness.statistics.seeds import SeedEffect
from harness.statistics.tails import geometric_mean, normal, share_below, student

ALPHA = 0.05
POWER = 0.80
ENOUGH = 3  # seeds


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


@dataclass(frozen=True, slots=True)
class _Claim:
    """A pair: what its difference has to be, to be claimed, and how far it varies."""

    needed: float
    error: float
    freedom: float

    def power(self, difference: float) -> float:
        """How often a true difference is claimed."""
        return share_below((difference - self.needed) / self.error, self.freedom)


def minimum_difference(
    errors: Sequence[float], effects: Sequence[SeedEffect], seeds: int
) -> MinimumDifference | None:
    """What can be found between systems, given what is known of each pair; None without a pair.

    Args:
        errors: standard errors of the differences, sentences varying and seeds not.
        effects: what the seeds add to each.
        seeds: the fewest that a system has.
    """
    if not errors:
        return None
    level = 1 - ALPHA / (2 * len(errors))
    models = [_Claim(error * normal(level), error, inf) for error in errors if error]
    systems = [_claim(*both, level) for both in zip(errors, effects, strict=True) if both[0]]
    known = _smallest(systems) if seeds >= ENOUGH else None
    return MinimumDifference(_smallest(models), known, len(errors))


def _claim(error: float, effect: SeedEffect, level: float) -> _Claim:
    if not effect.variance:
        return _Claim(error * normal(level), error, inf)
    # A variance on few degrees of freedom is mostly below what it estimates.
    luck = effect.variance / geometric_mean(effect.freedom)
    needed = normal(level) ** 2 * error**2 + student(level, effect.freedom) ** 2 * luck
    return _Claim(needed**0.5, (error**2 + luck) ** 0.5, effect.freedom)


def _smallest(claims: Sequence[_Claim]) -> float:
    """The difference at which the mean power over the pairs is ``POWER``, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if sum(claim.power(middle) for claim in claims) < POWER * len(claims):
            low = middle
        else:
            high = middle
    return high
