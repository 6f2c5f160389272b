"""Seeds that fell out: a training that learned nothing is not the luck that the others had.

The luck of training is modelled as one spread, and a seed that failed to learn is not of it. It is
found and named, and it stays: the mean and the interval of its row count it, since whoever trains
this system meets such trainings too. But it says nothing of the luck of other rows.

Two rules find it. A seed fell out whose F1 is nearer to 0, what a model that learned nothing
scores, than to the best seed of its row, by more than ``APART`` standard errors of what sentences
explain. Of the other seeds one fell out that lies so far from the rest that its deletion residual
(Cook and Weisberg 1982, Residuals and Influence, 2.2) is beyond Student's t at ``LEVEL``, over all
seeds of the row, with a standard error not below that of the sentences. With three seeds that needs
two that nearly agree, so that an unlucky seed is rarely called fallen.
"""

from dataclasses import dataclass, replace

import numpy as np

from harness.statistics.proportion import SMALL, entities
from harness.statistics.samples import Floats, Sample
from harness.statistics.tails import student

APART = 4.0
LEVEL = 0.01


def outlying(sample: Sample) -> tuple[int, ...]:
    """The places of the seeds of a system that fell out, ascending; none of few entities."""
    if entities(sample) < SMALL:
        return ()
    scores = _Scores(sample.f1, sample.influence)
    fallen = [seed for seed in range(sample.seeds) if scores.learned_nothing(seed)]
    rest = [seed for seed in range(sample.seeds) if seed not in fallen]
    others = {seed: [one for one in rest if one != seed] for seed in rest}
    fallen += [seed for seed in rest if scores.is_beyond(seed, others[seed])]
    return tuple(sorted(fallen))


def without(sample: Sample, seeds: tuple[int, ...]) -> Sample:
    """The system without these seeds."""
    kept = [seed for seed in range(sample.seeds) if seed not in seeds]
    return replace(sample, right=sample.right[kept], size=sample.size[kept])


def unseen(seeds: int, level: float = 0.95) -> float:
    """The share of trainings that may fail although none of ``seeds`` did.

    The upper end of Clopper and Pearson 1934 (Biometrika 26:404), one-sided, for none of ``seeds``.
    """
    return float(1 - (1 - level) ** (1 / seeds))


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """F1 of each seed, (seeds,), and what each sentence adds to it, (seeds, sentences)."""

    f1: Floats
    influence: Floats

    def learned_nothing(self, seed: int) -> bool:
        """Whether a seed is surely nearer to 0 than to the best one."""
        best = int(np.argmax(self.f1))
        gap = self.f1[best] - self.f1[seed]
        return bool(self.f1[seed] < gap and gap > APART * self._error(seed, [best]))

    def is_beyond(self, seed: int, rest: list[int]) -> bool:
        """Whether a seed is further from ``rest`` than their luck and the sentences explain."""
        if len(rest) < 2:
            return False
        others = self.f1[rest]
        luck = (others.var(ddof=1) * (1 + 1 / len(rest))) ** 0.5
        needed = student(1 - LEVEL / (2 * len(self.f1)), len(rest) - 1)
        gap = abs(self.f1[seed] - others.mean())
        # The error of the sentences takes the longest to compute, and few come near it.
        return bool(gap > needed * luck and gap > needed * self._error(seed, rest))

    def _error(self, seed: int, rest: list[int]) -> float:
        """The standard error, due to sentences, of how far a seed is from the mean of others."""
        apart = self.influence[seed] - self.influence[rest].mean(axis=0)  # (sentences,)
        return float((apart**2).sum() ** 0.5)
