"""What seeds add to chance: the part of their spread that the sentences do not explain.

Model. With F1 linear in the sentences (delta method), the F1 of seed r is ``mu + a_r +
mean_i(b_i + e_ri)``: a_r is the luck of training, b_i the sentence, e_ri how this model fares on
this sentence. Over all test sets and trainings the mean of R seeds has the variance
``V_a / R + V_sentences``, and ``V_sentences`` (b and e / R) is what resampling sentences, the same
for all seeds, shows. The spread of the seeds estimates ``V_a + V_e``; ``V_e`` is known well, from
many sentences, and is subtracted. What is left, or 0, is V_a, on R - 1 degrees of freedom. This is
the multi-reader multi-case model of radiology with seeds as readers: Obuchowski and Rockette 1995;
Hillis 2007, Statistics in Medicine 26:596.

Few seeds. A spread on one or two degrees of freedom is mostly below what it estimates, so that
subtracting all of V_e would leave 0 too often, and 95 % intervals of two seeds cover down to 88 %.
Subtracted is what a spread due to sentences alone typically is: V_e times the geometric mean of
chi-square over its degrees of freedom, 0.28 with two seeds, 0.56 with three, 0.76 with five.

Use. A draw of the bootstrap or of the permutation varies the sentences; it gets a draw of
``sqrt(V_a / R)`` times Student's t, as the mean of R other seeds may differ by. With few seeds the
tails of t are what keeps an interval honest where resampling 3 seeds cannot (it has 10 outcomes).
The sum of such draws is the Behrens-Fisher solution, on the safe side of nominal; two systems pool
their parts by Welch's degrees of freedom (Welch 1947, Biometrika 34:28).

In a table of three systems or more each test uses at least the mean V_a of the table: three seeds
that happen to agree are no evidence of a steady system (``steadied``).

What all this holds is measured by ``python -m benchmarks.coverage``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from harness.statistics.samples import Floats, Sample
from harness.statistics.tails import geometric_mean

_STREAM = 1  # of the random numbers of a seed; resampled sentences use stream 0


@dataclass(frozen=True, slots=True)
class Luck:
    """The variance of F1 between seeds of one system, and the part that sentences explain.

    ``freedom`` is 0 if a single seed leaves it unknown, and infinite if all seeds gave the
    same answers, so that there is no luck to estimate.
    """

    spread: float
    explained: float
    freedom: float
    seeds: int

    @property
    def variance(self) -> float:
        """What is left to luck, as estimated: it may be below 0."""
        return self.spread - self.explained * _typical(self.freedom)


def _typical(freedom: float) -> float:
    """The geometric mean of chi-square over its degrees of freedom, below its mean of 1.

    Bartlett and Kendall 1946, Supplement to the Journal of the Royal Statistical Society 8:128.
    """
    return geometric_mean(freedom) if 0 < freedom < np.inf else 1.0


@dataclass(frozen=True, slots=True)
class SeedEffect:
    """The variance of a mean over seeds, or of a difference of such, that is due to the seeds.

    ``known`` is False if a single seed leaves the variance unknown: it then counts as 0, and
    nothing can be claimed about training.
    """

    variance: float
    freedom: float
    known: bool

    def noise(self, draws: int, seed: int, stream: int = 0) -> Floats:
        """What other seeds could have changed, once per draw: (draws,)."""
        if self.variance == 0:
            return np.zeros(draws)
        return np.asarray(_student(self.freedom, draws, seed, stream) * self.variance**0.5)


@lru_cache(maxsize=256)  # the pairs of a table that is not large: some 20 MiB
def _student(freedom: float, draws: int, seed: int, stream: int) -> Floats:
    """Draws of Student's t, kept.

    Both tests of a pair use them, and pairs that share the mean luck of a table share its freedom.
    """
    return np.random.default_rng([seed, _STREAM, stream]).standard_t(freedom, draws)


@dataclass(frozen=True, slots=True, eq=False)
class Contest:
    """Two systems and what their seeds add to the difference."""

    first: Sample
    second: Sample
    effect: SeedEffect


def contest(first: Sample, second: Sample) -> Contest:
    """Two systems with the luck that they themselves show."""
    return Contest(first, second, seed_effect([luck(first), luck(second)]))


def luck(sample: Sample) -> Luck:
    """How much the seeds of one system differ beyond what the sentences explain."""
    if sample.seeds < 2:
        return Luck(0.0, 0.0, 0.0, sample.seeds)
    if not (np.ptp(sample.right, axis=0).any() or np.ptp(sample.size, axis=0).any()):
        return Luck(0.0, 0.0, np.inf, sample.seeds)
    explained = float(sample.influence.var(axis=0, ddof=1).sum())
    return Luck(float(sample.f1.var(ddof=1)), explained, sample.seeds - 1, sample.seeds)


def steadied(lucks: Sequence[Luck]) -> list[Luck]:
    """The luck of each system of a table, none below the mean of those that have any.

    A variance on 2 degrees of freedom is below a tenth of the truth one time in ten, and t's tails
    guard against it at the price of all power once Holm multiplies p by 45. The mean of the table
    is on more degrees of freedom, by Satterthwaite 1946 (Biometrics Bulletin 2:110), the more the
    more alike its systems are; a system above it keeps its own variance and its own few.
    """
    estimated = [one for one in lucks if 0 < one.freedom < np.inf]
    if len(estimated) < 3:
        return list(lucks)
    mean = _mean(estimated)
    return [
        replace(mean, seeds=one.seeds) if one in estimated and one.variance < mean.variance else one
        for one in lucks
    ]


def _mean(lucks: Sequence[Luck]) -> Luck:
    weights = np.array([one.freedom for one in lucks])
    spreads = np.array([one.spread for one in lucks])
    explained = np.array([one.explained for one in lucks])
    total, squares = weights @ spreads, weights @ spreads**2
    freedom = total**2 / squares if squares else weights.sum()
    return Luck(
        float(total / weights.sum()), float(weights @ explained / weights.sum()), float(freedom), 0
    )


def seed_effect(lucks: Sequence[Luck]) -> SeedEffect:
    """The effect on the mean of one system, or on the difference of two, by Welch's formula."""
    parts = [(max(0.0, one.variance) / one.seeds, one.freedom) for one in lucks]
    variance = sum(part for part, _ in parts)
    known = all(one.freedom > 0 for one in lucks)
    if variance == 0:
        return SeedEffect(0.0, 0.0, known)
    return SeedEffect(variance, variance**2 / sum(v**2 / f for v, f in parts if v), known)
