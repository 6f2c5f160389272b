"""Pretraining text in its order: windows of one length, the same for every family.

A source is a circle of paragraphs, each ended by a line end. A pass cuts it into windows from a
place that the seed draws, so that borders move; all windows of all passes come in one random order.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

# What ends a paragraph: no paragraph has one in it.
LINE_END = "\n"
# (windows, 2): which source, and the character it begins at.
Places: TypeAlias = npt.NDArray[np.int64]


def windows_in(text: str, length: int) -> int:
    """How many windows of ``length`` characters a pass over ``text`` gives."""
    return len(text) // length


@dataclass(frozen=True)
class Stream:
    """Windows of ``length`` characters; ``characters`` are those that a model is to know.

    ``texts`` are those of the sources, ``places`` where each window begins.
    """

    texts: Sequence[str]
    places: Places
    length: int
    characters: str

    @property
    def windows(self) -> int:
        """How many there are."""
        return len(self.places)

    def read(self, start: int = 0) -> Iterator[str]:
        """The windows from number ``start`` on."""
        for source, place in self.places[start:].tolist():
            text = self.texts[source]
            end = place + self.length
            yield text[place:end] + text[: max(0, end - len(text))]

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all windows in their order."""
        total = hashlib.sha256()
        for window in self.read():
            total.update(window.encode())
        return total.hexdigest()


def ordered(texts: Sequence[str], shares: Sequence[int], length: int, seed: int) -> Places:
    """The order of ``shares[i]`` windows of each text."""
    rng = np.random.default_rng(seed)
    parts = [
        _drawn(index, text, share, length, rng)
        for index, (text, share) in enumerate(zip(texts, shares, strict=True))
        if share
    ]
    return rng.permutation(np.concatenate(parts))


def _drawn(index: int, text: str, share: int, length: int, rng: np.random.Generator) -> Places:
    """``share`` windows of one text: whole passes, and a random part of one more."""
    size = windows_in(text, length)
    passes = []
    for left in range(share, 0, -size):
        first = int(rng.integers(len(text)))
        starts = (first + length * rng.permutation(size)[:left]) % len(text)
        passes.append(np.stack((np.full(len(starts), index), starts), axis=1))
    return np.concatenate(passes)


def alphabet(counts: Mapping[str, int], most: int, seen: int) -> str:
    """The characters that come ``seen`` times or more, at most ``most``, frequent ones first."""
    known = [c for c, times in counts.items() if times >= seen and c != LINE_END]
    return "".join(sorted(known, key=lambda c: (-counts[c], c))[:most])
