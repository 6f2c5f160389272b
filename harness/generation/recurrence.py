"""Where words say again what was said before, in time that grows with the words, not their square.

What a broken generator writes repeats itself, so that searching for each stretch anew is searching
among thousands of near misses. One order of all places by what follows them answers for every
stretch (a suffix array, Manber and Myers 1993), one array for every period (the Z algorithm,
Gusfield 1997).
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt


class SaidBefore:
    """Answers whether a stretch of up to ``longest`` of ``words`` also begins at an earlier place.

    Of all places before a stretch, the two between which it stands in the order of what follows
    them share the most with it, so nobody else need be asked (Crochemore and Ilie 2008).
    """

    def __init__(self, words: Sequence[str], longest: int) -> None:
        self._words = words
        self._neighbours = _earlier_neighbours(_order(words, longest))

    def says(self, start: int, stop: int) -> bool:
        """Whether the words from ``start`` to ``stop`` were said before; the two may overlap."""
        again, size = self._words[start:stop], stop - start
        return any(
            self._words[place[start] : place[start] + size] == again
            for place in self._neighbours
            if place[start] < start
        )


def _order(words: Sequence[str], longest: int) -> list[int]:
    """All places, sorted by the words from there on, at least ``longest`` of them."""
    ids: dict[str, int] = {}
    rank = np.array([ids.setdefault(word, len(ids)) for word in words], np.int64)
    size = 1
    while size < longest:
        following = np.zeros(len(rank), np.int64)  # 0 where the words end
        following[: len(rank) - size] = rank[size:] + 1
        rank = _ranks((rank << 32) | following)
        size *= 2
    order: list[int] = np.argsort(rank, kind="stable").tolist()
    return order


def _ranks(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The place of each value among the distinct ones."""
    return np.unique(values, return_inverse=True)[1]


def _earlier_neighbours(order: Sequence[int]) -> tuple[list[int], list[int]]:
    """For each place, the nearest smaller ones before and after it in ``order``; else its length.

    A list in that order, from which the largest place is taken again and again: who is left
    beside it is smaller.
    """
    none = len(order)
    before, after = [none] * (none + 1), [none] * (none + 1)
    for left, right in pairwise(order):
        after[left], before[right] = right, left
    for place in range(none - 1, -1, -1):
        after[before[place]], before[after[place]] = after[place], before[place]
    return before, after


def repeated_ends(words: Sequence[str]) -> list[int]:
    """For each period, how many words at the end were said that many words before, without a break.

    The Z function of the words from behind; for the period 0, all of them.
    """
    behind, size = words[::-1], len(words)
    repeated = [size] * size
    left = right = 0
    for period in range(1, size):
        length = max(0, min(right - period, repeated[period - left])) if period < right else 0
        while period + length < size and behind[length] == behind[period + length]:
            length += 1
        repeated[period] = length
        if period + length > right:
            left, right = period, period + length
    return repeated
