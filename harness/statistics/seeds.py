"""What seeds add to chance: the part of their spread that the sentences do not explain.

Model. With F1 linear in the sentences (delta method), the F1 of seed r is ``mu + a_r +
mean_i(b_i + e_ri)``: a_r is the luck of training, b_i the sentence, e_ri how this model fares on
this sentence. Over all test sets and trainings the mean of R seeds has the variance
``V_a / R + V_sentences``, and ``V_sentences`` (b and e / R) is what resampling sentences, the same
for all seeds, shows. The spread of the seeds estimates ``V_a + V_e``; ``V_e`` is known well, from
many sentences, and is subtracted. What is left, or 0, is V_a, on R - 1 degrees of freedom. This is
the multi-reader multi-case model of radiology with seeds as readers: Obuchowski and Rockette 1995;
Hillis 2007, Statistics in Medicine 26:596.

Use. A draw of the bootstrap or of the permutation varies the sentences; it gets a draw of
``sqrt(V_a / R)`` times Student's t, as the mean of R other seeds may differ by. With few seeds the
tails of t are what keeps an interval honest where resampling 3 seeds cannot (it has 10 outcomes).
The sum of such draws is the Behrens-Fisher solution, on the safe side of nominal; two systems pool
their parts by Welch's degrees of freedom (Welch 1947, Biometrika 34:28).

In a table of three systems or more each test uses at least the mean V_a of the table: three seeds
that happen to agree are no evidence of a steady system (``steadied``).

Measured on made-up count data, 300 and 1,000 sentences, seeds that differ by 0 to 1.3 points of F1:
with 3 and 5 seeds, 95 % intervals cover 94 to 96 % and tests at 0.05 reject 2 to 6 % of true nulls.
Seeds that differ by 4 points lower the cover to 93 %. Two seeds are too few to promise it: 89 to 97
% are covered, and up to 8 % of nulls rejected.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.statistics.samples import Floats, Sample

_STREAM = 1  # of the random numbers of a seed; resampled sentences use stream 0


@dataclass(frozen=True, slots=True)
class Luck:
    """The variance of F1 between seeds of one system, as estimated: it may be below 0.

    ``freedom`` is 0 if a single seed leaves it unknown, and infinite if all seeds gave the
    same answers, so that there is no luck to estimate.
    """

    variance: float
    freedom: float
    seeds: int


@dataclass(frozen=True, slots=True)
class SeedEffect:
    """The variance of a mean over seeds, or of a difference of such, that is due to the seeds.

    ``known`` is False if a single seed leaves the variance unknown: it then counts as 0, and
    nothing can be claimed about training.
    """

    variance: float
    freedom: float
    known: bool

    def noise(self, draws: int, seed: int) -> Floats:
        """What other seeds could have changed, once per draw: (draws,)."""
        if self.variance == 0:
            return np.zeros(draws)
        rng = np.random.default_rng([seed, _STREAM])
        return np.asarray(rng.standard_t(self.freedom, draws) * self.variance**0.5)


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
        return Luck(0.0, 0.0, sample.seeds)
    if not (np.ptp(sample.right, axis=0).any() or np.ptp(sample.size, axis=0).any()):
        return Luck(0.0, np.inf, sample.seeds)
    size = sample.size.sum(axis=1, keepdims=True)  # (seeds, 1)
    influence = (2 * sample.right - sample.f1[:, None] * sample.size) / size  # (seeds, sentences)
    explained = influence.var(axis=0, ddof=1).sum()
    return Luck(float(sample.f1.var(ddof=1) - explained), sample.seeds - 1, sample.seeds)


def steadied(lucks: Sequence[Luck]) -> list[Luck]:
    """The luck of each system of a table, none below the mean of those that have any.

    A variance on 2 degrees of freedom is below a tenth of the truth one time in ten, and t's tails
    guard against it at the price of all power once Holm multiplies p by 45. The mean of the table
    is on many degrees of freedom; a system above it keeps its own variance and its own few.
    """
    estimated = [one for one in lucks if 0 < one.freedom < np.inf]
    freedom = sum(one.freedom for one in estimated)
    if len(estimated) < 3:
        return list(lucks)
    mean = sum(one.variance * one.freedom for one in estimated) / freedom
    return [
        replace(one, variance=mean, freedom=freedom)
        if one in estimated and one.variance < mean
        else one
        for one in lucks
    ]


def seed_effect(lucks: Sequence[Luck]) -> SeedEffect:
    """The effect on the mean of one system, or on the difference of two, by Welch's formula."""
    parts = [(max(0.0, one.variance) / one.seeds, one.freedom) for one in lucks]
    variance = sum(part for part, _ in parts)
    known = all(one.freedom > 0 for one in lucks)
    if variance == 0:
        return SeedEffect(0.0, 0.0, known)
    return SeedEffect(variance, variance**2 / sum(v**2 / f for v, f in parts if v), known)
