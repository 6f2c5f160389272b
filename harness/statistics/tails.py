"""Points of the normal, t and chi-square distributions; scipy is imported when first asked."""

from functools import lru_cache

import numpy as np

from harness.statistics.samples import Floats

_ENDLESS = 1e9  # degrees of freedom from which Student's t is the normal distribution


def normal(level: float) -> float:
    """The point below which the normal distribution has the share ``level``."""
    from scipy.special import ndtri

    return float(ndtri(level))


def student(level: float, freedom: float) -> float:
    """The point below which Student's t has the share ``level``."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, level)) if freedom < _ENDLESS else normal(level)


def students(level: float, freedom: Floats) -> Floats:
    """``student`` for each of many degrees of freedom."""
    from scipy.special import stdtrit

    endless = freedom >= _ENDLESS
    points = stdtrit(np.where(endless, 1.0, freedom), level)
    return np.asarray(np.where(endless, normal(level), points))


def chi_square(level: float, freedom: float) -> float:
    """The point below which chi-square has the share ``level``."""
    from scipy.special import gammaincinv

    return 2 * float(gammaincinv(freedom / 2, level))


def shares_below(points: Floats, freedom: Floats) -> Floats:
    """The share of Student's t below each point, each with degrees of freedom of its own."""
    from scipy.special import ndtr, stdtr

    endless = freedom >= _ENDLESS
    shares = stdtr(np.where(endless, 1.0, freedom), points)
    return np.asarray(np.where(endless, ndtr(points), shares))


@lru_cache(maxsize=256)
def geometric_mean(freedom: float) -> float:
    """The geometric mean of chi-square over its degrees of freedom."""
    return float(geometric_means(np.array([freedom]))[0])


def geometric_means(freedom: Floats) -> Floats:
    """``geometric_mean`` for each of many degrees of freedom."""
    from scipy.special import digamma

    half = np.where(freedom < _ENDLESS, freedom, 2.0) / 2
    return np.asarray(np.where(freedom < _ENDLESS, np.exp(digamma(half)) / half, 1.0))
