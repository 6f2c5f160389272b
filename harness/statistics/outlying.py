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

from dataclasses import replace

import numpy as np

from harness.statistics.proportion import SMALL, entities
from harness.statistics.samples import Sample
from harness.statistics.tails import student

APART = 4.0
LEVEL = 0.01


def outlying(sample: Sample) -> tuple[int, ...]:
    """The places of the seeds of a system that fell out, ascending; none of few entities."""
    if entities(sample) < SMALL:
        return ()
    fallen = [seed for seed in range(sample.seeds) if _learned_nothing(sample, seed)]
    rest = [seed for seed in range(sample.seeds) if seed not in fallen]
    fallen += [seed for seed in rest if _beyond(sample, seed, [one for one in rest if one != seed])]
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


def _learned_nothing(sample: Sample, seed: int) -> bool:
    best = int(np.argmax(sample.f1))
    gap = sample.f1[best] - sample.f1[seed]
    return bool(sample.f1[seed] < gap and gap > APART * _error(sample, seed, [best]))


def _beyond(sample: Sample, seed: int, rest: list[int]) -> bool:
    if len(rest) < 2:
        return False
    f1 = sample.f1
    luck = (f1[rest].var(ddof=1) * (1 + 1 / len(rest))) ** 0.5
    needed = student(1 - LEVEL / (2 * sample.seeds), len(rest) - 1)
    gap = abs(f1[seed] - f1[rest].mean())
    return bool(gap > needed * max(luck, _error(sample, seed, rest)))


def _error(sample: Sample, seed: int, rest: list[int]) -> float:
    """The standard error, due to sentences, of how far a seed is from the mean of others."""
    apart = sample.influence[seed] - sample.influence[rest].mean(axis=0)  # (sentences,)
    return float((apart**2).sum() ** 0.5)
