"""Points of the normal, t and chi-square distributions; scipy is imported when first asked."""

from math import exp

_ENDLESS = 1e9  # degrees of freedom from which Student's t is the normal distribution


def normal(level: float) -> float:
    """The point below which the normal distribution has the share ``level``."""
    from scipy.special import ndtri

    return float(ndtri(level))


def student(level: float, freedom: float) -> float:
    """The point below which Student's t has the share ``level``."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, level)) if freedom < _ENDLESS else normal(level)


def share_below(point: float, freedom: float) -> float:
    """The share of Student's t below a point."""
    from scipy.special import ndtr, stdtr

    return float(stdtr(freedom, point)) if freedom < _ENDLESS else float(ndtr(point))


def geometric_mean(freedom: float) -> float:
    """The geometric mean of chi-square over its degrees of freedom."""
    from scipy.special import digamma

    return exp(float(digamma(freedom / 2))) / (freedom / 2)
