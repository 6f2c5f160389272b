"""Tails of a normal part plus Student's t, computed and not drawn, for many pairs at once.

Student's t is a normal variable over the root of ``W``, chi-square over its degrees of freedom, so
the sum is, given ``W``, normal with the variance ``error**2 + variance / W``. What is left is one
integral over ``log W``, whose integrand falls off fast on both sides: the trapezoidal rule of a few
nodes has it to six digits (Trefethen and Weideman 2014, SIAM Review 56:385).
"""

from dataclasses import dataclass

import numpy as np

from harness.statistics.samples import Floats

SIGNS = 3.179  # 1 over 4 times the normal tail beyond the root of 2, rounded up
_BELOW_ONE = 0.479  # where SIGNS times the normal tail is 1
_NODES = 96
_DEPTH = 36.0  # the integral leaves out the share exp(-_DEPTH) of W
_STEPS = 4  # of Newton's method, from a point that is a few percent off
_AT_ONCE = 2048  # pairs, whose nodes stay in the cache
_NORMAL = 1e6  # degrees of freedom from which t is normal


@dataclass(frozen=True, slots=True, eq=False)
class NormalAndT:
    """Sums about 0, each of a normal part and a t part: arrays of one length.

    ``error`` is the standard deviation of the normal part, ``variance`` the square of what t is
    multiplied by, ``freedom`` its degrees of freedom.
    """

    error: Floats
    variance: Floats
    freedom: Floats

    def beyond(self, points: Floats) -> Floats:
        """The chance that each sum is above its point."""
        parts = [part._beyond(points[some])[0] for some, part in self._parts()]
        return np.concatenate(parts) if parts else np.zeros(0)

    def bounded(self, points: Floats) -> Floats:
        """The chance at most, where the normal part stands for a sum of signs.

        That is ``sum(e_i a_i)``, the signs ``e_i`` drawn, ``error**2`` the sum of ``a_i**2``. Its
        tail is at most ``SIGNS`` times that of the normal part (Bentkus and Dzindzalieta 2015,
        Bernoulli 21:1231, the best constant there is), and at most 1: so where a sum is large by
        its t part, the bound is that much nearer to the chance itself.
        """
        parts = [part._bounded(points[some]) for some, part in self._parts()]
        return np.concatenate(parts) if parts else np.zeros(0)

    def reached(self, level: float) -> Floats:
        """The point of each sum that it is above with the chance 1 - ``level``."""
        parts = [part._reached(level) for _, part in self._parts()]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _parts(self) -> "list[tuple[slice, NormalAndT]]":
        cuts = [slice(i, i + _AT_ONCE) for i in range(0, len(self.error), _AT_ONCE)]
        return [
            (cut, NormalAndT(self.error[cut], self.variance[cut], self.freedom[cut]))
            for cut in cuts
        ]

    def _beyond(self, points: Floats) -> tuple[Floats, Floats]:
        """The chance above each point, and the density there."""
        from scipy.special import ndtr

        weights, deviations = self._given()
        scaled = points[:, None] / np.maximum(deviations, np.finfo(float).tiny)  # (pairs, nodes)
        density = np.exp(-(scaled**2) / 2) / np.maximum(deviations, np.finfo(float).tiny)
        chance = (weights * ndtr(-scaled)).sum(axis=1)
        return chance, (weights * density).sum(axis=1) / (2 * np.pi) ** 0.5

    def _bounded(self, points: Floats) -> Floats:
        """Each share of W with a factor from 1 to ``SIGNS``.

        Given the sum, the normal part has the mean ``z share`` in units of ``error`` and the
        variance ``1 - share**2``; the factor is the chance that it is where the bound is below 1,
        at the mean of what is above z (``z + 1 / z`` at most).
        """
        from scipy.special import ndtr

        weights, deviations = self._given()
        whole = np.maximum(deviations, np.finfo(float).tiny)
        z, share = points[:, None] / whole, self.error[:, None] / whole  # (pairs, nodes)
        rest = np.maximum(1 - share**2, 1e-12) ** 0.5
        usual = share * (z + 1 / np.maximum(z, 1e-12))
        factor = np.clip(SIGNS * ndtr((usual - _BELOW_ONE) / rest), 1, SIGNS)
        return np.asarray((weights * factor * ndtr(-z)).sum(axis=1))

    def _reached(self, level: float) -> Floats:
        """Newton's method on the logarithm of the tail, from Banerjee's point (1960)."""
        points = self._banerjee(level)
        varies = points > 0
        for _ in range(_STEPS):
            chance, density = self._beyond(points)
            slope = np.where(varies, density / np.maximum(chance, 1e-300), 1.0)
            miss = np.log(np.maximum(chance, 1e-300) / (1 - level))
            points = np.where(varies, np.maximum(points + miss / np.maximum(slope, 1e-300), 0), 0)
        return points

    def _banerjee(self, level: float) -> Floats:
        from scipy.special import ndtri, stdtrit

        wide = ndtri(level) ** 2 * self.error**2
        return np.asarray((wide + stdtrit(self.freedom, level) ** 2 * self.variance) ** 0.5)

    def _given(self) -> tuple[Floats, Floats]:
        """Weights of the values of W, and the standard deviation of each sum given them.

        Both are (pairs, nodes). The ends are where ``freedom / 2 (y - exp y + 1)``, the logarithm
        of the density of ``y = log W`` less its highest, is ``-_DEPTH`` or below.
        """
        half = np.minimum(self.freedom, _NORMAL)[:, None] / 2
        reach = _DEPTH / half
        low, high = -(reach + (2 * reach) ** 0.5), np.log1p(reach + (2 * reach) ** 0.5)
        places = low + (high - low) * np.linspace(0, 1, _NODES)
        chi = np.exp(places)
        weights = np.exp(half * (places - chi + 1))
        weights /= weights.sum(axis=1, keepdims=True)
        return weights, (self.error[:, None] ** 2 + self.variance[:, None] / chi) ** 0.5
