"""Where resampling sees too little: intervals of shares, and of F1 as a share.

Of a few entities, or of answers that are all right or all wrong, each resampled test set looks like
the next, and the bootstrap would call 2 of 2 certain. ``tp / (tp + fp + fn)`` is a share of what
gold or system name, and F1 is ``2 j / (1 + j)`` of that share j, so that Wilson's interval of the
one is an interval of the other.
"""

from typing import TypeAlias

import numpy as np

from harness.statistics.samples import Floats, Sample
from harness.statistics.tails import normal

SMALL = 30  # fewer entities than this say little
Bounds: TypeAlias = tuple[float, float]


def wilson(right: float, total: float, level: float = 0.95) -> Bounds | None:
    """The interval of a share (Wilson 1927); None if there is nothing to count."""
    if not total:
        return None
    z = normal((1 + level) / 2)
    share, shrink = right / total, 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / shrink
    half = z / shrink * (share * (1 - share) / total + z**2 / (4 * total**2)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def resampling_is_blind(sample: Sample, replicates: Floats) -> bool:
    """Whether resampled scores say less than the number of entities does."""
    return bool(np.ptp(replicates) == 0) or entities(sample) < SMALL


def of_f1(sample: Sample, level: float) -> Bounds:
    """The interval of F1 from the entities of one trained model, for a sample that has any."""
    right = float(sample.right.sum()) / sample.seeds
    low, high = wilson(right, entities(sample), level) or (0.0, 1.0)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def entities(sample: Sample) -> float:
    """What gold or one trained model names, each entity once: tp + fp + fn, the mean over seeds."""
    return float((sample.size - sample.right).sum()) / sample.seeds
