"""The counts of a system, checked once: what is resampled, and what must be equal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.errors import HarnessError

CountArray: TypeAlias = npt.NDArray[np.integer]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One system: F1 of a seed is ``2 sum(right) / sum(size)`` over sentences.

    ``right`` and ``size`` are (seeds, sentences): entities found right, and entities found plus
    entities in gold.
    """

    right: Ints
    size: Ints

    @property
    def seeds(self) -> int:
        """How many trained models there are."""
        return len(self.right)

    @property
    def holding(self) -> npt.NDArray[np.bool_]:
        """Which sentences hold an entity, in gold or found by a seed: (sentences,)."""
        return np.asarray(self.size.any(axis=0))

    @property
    def f1(self) -> Floats:
        """Micro F1 of each seed."""
        return np.asarray(2 * self.right.sum(axis=1) / self.size.sum(axis=1))  # (seeds,)

    @property
    def influence(self) -> Floats:
        """What each sentence adds to the F1 of each seed, by the delta method.

        (seeds, sentences); the variance of F1 is the sum of its squares.
        """
        size = self.size.sum(axis=1, keepdims=True)  # (seeds, 1)
        return np.asarray((2 * self.right - self.f1[:, None] * self.size) / size)


def samples_of(systems: Mapping[str, CountArray]) -> list[Sample]:
    """The systems, in their order.

    Args:
        systems: counts by name, each (seeds, sentences, 3), the last axis (tp, fp, fn).

    Raises:
        HarnessError: for counts of another shape, a test set without entities, or systems and
            seeds that were not scored against the same gold.
    """
    arrays = {name: _checked(name, counts) for name, counts in systems.items()}
    first = next(iter(arrays), "")
    for name, counts in arrays.items():
        gold = counts[..., 0] + counts[..., 2]  # (seeds, sentences)
        wanted = arrays[first][0, :, 0] + arrays[first][0, :, 2]
        if gold.shape[1:] != wanted.shape or not (gold == wanted).all():
            msg = (
                f"{name} and {first} were not scored against the same gold, sentence by sentence: "
                "compare runs of one task, split and data fingerprint only"
            )
            raise HarnessError(msg)
    return [_sample(counts) for counts in arrays.values()]


def sample_of(name: str, counts: CountArray) -> Sample:
    """One system, or one level of it, whose seeds may have been scored on different gold.

    Raises:
        HarnessError: for counts of another shape, or a seed without gold.
    """
    return _sample(_checked(name, counts))


def _checked(name: str, counts: CountArray) -> Ints:
    array = np.asarray(counts)
    if array.ndim != 3 or array.shape[2] != 3 or not array.shape[0]:
        msg = f"{name}: counts must be (seeds, sentences, 3) with a seed or more, not {array.shape}"
        raise HarnessError(msg)
    if not np.issubdtype(array.dtype, np.integer) or (array.size and array.min() < 0):
        msg = f"{name}: counts must be integers of 0 or more, not {array.dtype}"
        raise HarnessError(msg)
    if not array[..., [0, 2]].any(axis=(1, 2)).all():
        msg = f"{name}: the test set holds no entities, so F1 and every test on it are undefined"
        raise HarnessError(msg)
    return array.astype(np.int64)


def _sample(counts: Ints) -> Sample:
    right, wrong, missed = np.moveaxis(counts, 2, 0)
    return Sample(right, 2 * right + wrong + missed)  # (seeds, sentences)


def by_document(counts: CountArray, documents: Sequence[str]) -> Ints:
    """Counts summed by document, so that whole documents are resampled and swapped.

    Sentences of one document share names and topics; resampled one by one they would look like
    more evidence than they are.

    Args:
        counts: (seeds, sentences, 3).
        documents: (sentences,), the document of each sentence; empty where none is known.

    Returns:
        (seeds, documents, 3), in the order of first sentences; ``counts`` without documents.

    Raises:
        HarnessError: for another number of documents than of sentences.
    """
    array = np.asarray(counts, np.int64)
    if not documents:
        return array
    if len(documents) != array.shape[1]:
        msg = f"{array.shape[1]} sentences need as many document ids, not {len(documents)}"
        raise HarnessError(msg)
    order = {document: number for number, document in enumerate(dict.fromkeys(documents))}
    rows = np.array([order[document] for document in documents], np.int64)
    summed = np.zeros((len(order), array.shape[0], 3), np.int64)
    np.add.at(summed, rows, array.swapaxes(0, 1))
    return summed.swapaxes(0, 1)


def coarsest(namings: Iterable[Sequence[str]]) -> Sequence[str]:
    """Of several accounts of which document each sentence is of, the one with fewest documents.

    Rows that are compared are drawn alike, whichever of them stands first: drawing sentences where
    one row knows of documents would claim more than it shows. An empty account knows of none.
    """
    known = (tuple(documents) for documents in namings if documents)
    return min(known, key=lambda documents: (len(set(documents)), documents), default=())
