"""Which sentences nearly stand earlier: half of their shingles (``harness.data.overlap``) do.

A million sentences have twenty million shingles. They are kept where the sentences are, and
compared a part of all hashes at a time: what is in memory grows by a few numbers for a sentence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from harness.core import Sentence
from harness.data.overlap import HALF, shingles
from harness.sequences import kept_as

_SENTENCES = 4096  # whose shingles are kept together
_COMPARED = 1 << 20  # shingles, about, that are compared at a time

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Shingles:
    """Hashes of shingles in the order of the text (shingles,), and the sentence of each."""

    hashes: Numbers
    owners: Numbers


def near(sentences: Sequence[Sentence], places: Numbers) -> list[tuple[int, int]]:
    """The place of each sentence that nearly stands before, and where it first does so.

    Args:
        sentences: all.
        places: those to compare, in order.
    """
    sizes = np.zeros(len(sentences), np.int64)
    found = kept_as(sentences, _chunks(sentences, places, sizes))
    counts = np.zeros(len(sentences), np.int64)  # shingles of each that stood before
    earliest = np.full(len(sentences), sizes.sum())  # the first of them, and
    twins = np.zeros(len(sentences), np.int64)  # the sentence where it stood
    parts = 1 + int(sizes.sum()) // _COMPARED
    for part in range(parts):
        here, numbers = _part(found, part, parts)
        _, begins, kinds = np.unique(here.hashes, return_index=True, return_inverse=True)
        firsts = here.owners[begins][kinds]  # (shingles,), the sentence in which each stood first
        stood = np.flatnonzero(firsts < here.owners)
        owners, first = np.unique(here.owners[stood], return_index=True)
        counts += np.bincount(here.owners[stood], minlength=len(sentences))
        earlier = numbers[stood[first]] < earliest[owners]
        earliest[owners[earlier]] = numbers[stood[first]][earlier]
        twins[owners[earlier]] = firsts[stood[first]][earlier]
    nearly = np.flatnonzero((sizes > 0) & (counts >= HALF * sizes))
    return list(zip(nearly.tolist(), twins[nearly].tolist(), strict=True))


def _chunks(sentences: Sequence[Sentence], places: Numbers, sizes: Numbers) -> Iterator[_Shingles]:
    """The shingles at ``places``, of some sentences at a time; counts them in ``sizes``."""
    for begin in range(0, len(places), _SENTENCES):
        owners = places[begin : begin + _SENTENCES]
        found = [shingles(sentences[place].units) for place in owners]
        sizes[owners] = [*map(len, found)]
        hashes = np.fromiter(chain.from_iterable(found), np.int64)
        yield _Shingles(hashes, np.repeat(owners, sizes[owners]))


def _part(found: Sequence[_Shingles], part: int, parts: int) -> tuple[_Shingles, Numbers]:
    """The shingles of one of so many parts of all hashes, and their numbers among all."""
    hashes, owners, numbers, before = [], [], [], 0
    for chunk in found:
        mine = np.flatnonzero(chunk.hashes % parts == part)
        hashes.append(chunk.hashes[mine])
        owners.append(chunk.owners[mine])
        numbers.append(mine + before)
        before += len(chunk.hashes)
    empty = np.zeros(0, np.int64)  # of a split without sentences
    return (
        _Shingles(np.concatenate([*hashes, empty]), np.concatenate([*owners, empty])),
        np.concatenate([*numbers, empty]),
    )
