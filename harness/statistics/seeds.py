"""What the seeds add to chance: the part of their spread that the sentences do not explain.

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

Measured over 0 to 50 times as much variance from seeds as from sentences: nominal 95 % intervals
cover 94 to 96.5 % with 3 seeds or more (91 to 96 % with 2), and tests at 0.05 reject 2.5 to 6 % of
true nulls (up to 9 % with 2 seeds of a system whose luck exceeds the other's by far).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.samples import Floats, Sample

_STREAM = 1  # of the random numbers of a seed; resampled sentences use stream 0


@dataclass(frozen=True, slots=True)
class SeedEffect:
    """The variance of a mean over seeds that is due to the seeds, and its degrees of freedom.

    ``known`` is False where a single seed leaves the variance unknown: it then counts as 0, and
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


def seed_effect(sample: Sample) -> SeedEffect:
    """The effect of the seeds on the mean F1 of one system."""
    if sample.seeds < 2:
        return SeedEffect(0.0, 0.0, known=False)
    size = sample.size.sum(axis=1, keepdims=True)  # (seeds, 1)
    influence = (2 * sample.right - sample.f1[:, None] * sample.size) / size  # (seeds, sentences)
    explained = influence.var(axis=0, ddof=1).sum()
    left = max(0.0, float(sample.f1.var(ddof=1) - explained))
    return SeedEffect(left / sample.seeds, sample.seeds - 1, known=True)


def combined(effects: Sequence[SeedEffect]) -> SeedEffect:
    """The effect on a difference of independently trained systems, by Welch's formula."""
    variance = sum(effect.variance for effect in effects)
    known = all(effect.known for effect in effects)
    if variance == 0:
        return SeedEffect(0.0, 0.0, known)
    parts = sum(effect.variance**2 / effect.freedom for effect in effects if effect.variance)
    return SeedEffect(variance, variance**2 / parts, known)
