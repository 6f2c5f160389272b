"""Lengths of sentences, by how many have each: the rule of three sigmas, and what is longer."""

from collections.abc import Mapping
from math import sqrt


def mean(counts: Mapping[int, int]) -> float:
    """The mean length."""
    return sum(length * count for length, count in counts.items()) / sum(counts.values())


def three_sigmas(counts: Mapping[int, int]) -> float:
    """The mean and three standard deviations."""
    middle = mean(counts)
    squares = sum(count * (length - middle) ** 2 for length, count in counts.items())
    return middle + 3 * sqrt(squares / sum(counts.values()))


def share_longer(counts: Mapping[int, int], limit: float) -> float:
    """The share of sentences that are longer than ``limit``."""
    return sum(count for length, count in counts.items() if length > limit) / sum(counts.values())
