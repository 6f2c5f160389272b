"""How a score grows with what was learned from: a power law, and how surely it is known.

The error 1 - F1 of a model that learned from n sentences is taken to be ``floor + scale * n **
-rate`` (Hestness et al. 2017, "Deep learning scaling is predictable, empirically"; Rosenfeld et al.
2020, with the floor). It is fitted by least squares, each point weighted by its own variance, and
again to every draw of sentences and seeds (``harness.statistics.bootstrap``), which gives the
intervals. A law that is fitted to all points but the largest, and misses that one, is no law.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.bootstrap import LEVEL, Interval, between, expanded, resampled
from harness.statistics.samples import Floats, Sample
from harness.statistics.seeds import luck, seed_effect

DRAWS = 2000
PARAMETERS = 3  # a law with as many points has nothing left to miss
LEAST, MOST = 0.02, 3.0
_RATES = np.geomspace(LEAST, MOST, 120)
_SPREAD = 1e-4  # of a point, at least: one that never varies must not outweigh all others


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """Fitted laws: ``floor``, ``scale`` and ``rate`` (1 + draws,), the first of scores as they are.

    ``missed`` is by how much F1 at the largest size is above what the smaller ones foretell; None
    where there are too few to foretell it.
    """

    sizes: tuple[int, ...]
    floor: Floats
    scale: Floats
    rate: Floats
    missed: Interval | None
    covers_training: bool

    @property
    def holds(self) -> bool:
        """Whether nothing that was measured speaks against the law."""
        return self.missed is not None and self.missed.low <= 0 <= self.missed.high

    @property
    def exponent(self) -> Interval:
        """The rate."""
        return self._interval(self.rate)

    @property
    def asymptote(self) -> Interval:
        """The error that is left however large the size."""
        return self._interval(self.floor)

    def f1(self, size: float) -> Interval:
        """F1 of a model that learns from ``size`` sentences."""
        return self._interval(1 - self._errors(size))

    def gain(self, more: int) -> Interval:
        """What ``more`` sentences beside the largest size add to F1."""
        largest = self.sizes[-1]
        return self._interval(self._errors(largest) - self._errors(largest + more))

    def _errors(self, size: float) -> Floats:
        return np.asarray(self.floor + self.scale * size**-self.rate)  # (1 + draws,)

    def _interval(self, values: Floats) -> Interval:
        return _interval(values, self.covers_training)


def growth(sizes: Sequence[int], samples: Sequence[Sample], seed: int = 0) -> Growth:
    """The law of F1 over ``sizes``, in rising order, at each of which a sample was scored.

    Raises:
        ValueError: for fewer sizes than the law has parameters.
    """
    if len(sizes) < PARAMETERS:
        msg = f"a power law has {PARAMETERS} parameters, and there are {len(sizes)} sizes"
        raise ValueError(msg)
    effects = [seed_effect([luck(sample)]) for sample in samples]
    drawn = np.stack([
        expanded(replicates, sample) + effect.noise(DRAWS, seed, stream)
        for stream, (replicates, sample, effect) in enumerate(
            zip(resampled(samples, DRAWS, seed), samples, effects, strict=True)
        )
    ], axis=1)  # fmt: skip  # (draws, sizes)
    measured = np.array([[sample.f1.mean() for sample in samples]])
    errors = 1 - np.clip(np.concatenate([measured, drawn]), 0, 1)  # (1 + draws, sizes)
    at = np.asarray(sizes, np.float64)
    weights = 1 / np.maximum(errors[1:].std(axis=0), _SPREAD) ** 2  # (sizes,)
    known = all(effect.known for effect in effects)
    return Growth(tuple(sizes), *fitted(at, errors, weights), _missed(at, errors, weights, known),
                  known)  # fmt: skip


def _missed(at: Floats, errors: Floats, weights: Floats, known: bool) -> Interval | None:
    """By how much the error at the largest size is below what the others foretell."""
    if len(at) <= PARAMETERS:
        return None
    floor, scale, rate = fitted(at[:-1], errors[:, :-1], weights[:-1])
    over = floor + scale * at[-1] ** -rate - errors[:, -1]  # (1 + draws,)
    return _interval(over, known)


def _interval(values: Floats, known: bool) -> Interval:
    """The first of ``values`` (1 + draws,), between the ends of the others."""
    return Interval(float(values[0]), *between(values[1:], LEVEL), LEVEL, known)


def fitted(at: Floats, errors: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Floor, scale and rate of the best law for each row of errors: (rows,) each.

    For one rate the law is a line in ``n ** -rate``; the best of many rates is taken.

    Args:
        at: the sizes (sizes,).
        errors: (rows, sizes).
        weights: of the squares (sizes,).
    """
    share = weights / weights.sum()
    best = np.full(len(errors), np.inf)
    floor, scale, rate = (np.zeros(len(errors)) for _ in range(3))
    for tried in _RATES:
        x = at**-tried  # (sizes,)
        line = _line(x, errors, share)
        rest = ((errors - line[0][:, None] - line[1][:, None] * x) ** 2) @ share  # (rows,)
        better = rest < best
        best[better] = rest[better]
        floor[better], scale[better], rate[better] = line[0][better], line[1][better], tried
    return floor, scale, rate


def _line(x: Floats, errors: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Floor, not below 0, and slope of the best line in ``x`` for each row of errors."""
    middle, means = x @ share, errors @ share  # (), (rows,)
    slope = (errors - means[:, None]) @ (share * (x - middle)) / ((x - middle) ** 2 @ share)
    floor = means - slope * middle
    through_nothing = (errors * x) @ share / (x**2 @ share)
    return np.maximum(floor, 0.0), np.where(floor < 0, through_nothing, slope)
