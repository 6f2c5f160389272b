"""If two systems were the same, swapping their answers to a sentence would change nothing.

A draw swaps the counts of each sentence between the systems with probability one half, for all
seeds of a system together (approximate randomisation: Noreen 1989; Yeh 2000 for F1). That alone is
the classic test, and it speaks of these trained models only: with seed luck in play it calls 10 to
60 % of equal systems different. ``p`` therefore adds to each draw what other seeds could have
changed (``harness.statistics.seeds``), and ``models_p`` is the classic value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.statistics.bootstrap import DRAWS, chunks, exact
from harness.statistics.samples import CountArray, Floats, Ints, samples_of
from harness.statistics.seeds import Contest, contest

_STREAM = 2  # of the random numbers of a seed
_PAIRS = 64  # tested at once, which bounds the memory of a large table
_ROUNDING = 1e-12  # two ways to sum one difference differ by less


@dataclass(frozen=True, slots=True)
class PairedPermutation:
    """How often chance alone gives a difference at least as large, in either direction.

    ``p`` is for the systems, over other test sets and other seeds. ``models_p`` is for the trained
    models as they are; with one seed a system both are the same, and nothing is claimed about
    training (``covers_training``).
    """

    p: float
    models_p: float
    covers_training: bool


def paired_permutation(
    first: CountArray, second: CountArray, draws: int = DRAWS, seed: int = 0
) -> PairedPermutation:
    """The paired permutation test on F1 of two systems on the same sentences.

    F1 is that of the counts summed over seeds. p is (1 + k) / (1 + draws), never 0.

    Args:
        first: (seeds, sentences, 3), the last axis (tp, fp, fn).
        second: the same sentences; the number of seeds may differ.
        draws: how many swaps of all sentences are drawn.
        seed: of the random numbers.
    """
    pair = samples_of({"the first": first, "the second": second})
    [result] = permuted([contest(*pair)], draws, seed)
    return result


def permuted(pairs: Sequence[Contest], draws: int, seed: int) -> list[PairedPermutation]:
    """The test of each pair, with the same swaps for all."""
    blocks = (pairs[start : start + _PAIRS] for start in range(0, len(pairs), _PAIRS))
    return [result for block in blocks for result in _permuted(block, draws, seed)]


def _permuted(pairs: Sequence[Contest], draws: int, seed: int) -> list[PairedPermutation]:
    sides = [_summed(pair) for pair in pairs]
    change = np.concatenate([second - first for first, second in sides])
    matrix = exact(change.T)  # (sentences, 2 x pairs)
    moved = np.concatenate([swaps @ matrix for swaps in _swaps(len(matrix), draws, seed)])
    moves = np.split(moved.astype(np.float64), len(pairs), axis=1)  # (draws, 2) each
    return [
        _result(pair, side, move, seed)
        for pair, side, move in zip(pairs, sides, moves, strict=True)
    ]


def _summed(pair: Contest) -> tuple[Ints, Ints]:
    """Right and size of each side, (2, sentences), over as many seeds on both sides."""
    first, second = (
        np.stack([side.right.sum(axis=0), side.size.sum(axis=0)])
        for side in (pair.first, pair.second)
    )
    return first * pair.second.seeds, second * pair.first.seeds


def _swaps(sentences: int, draws: int, seed: int) -> Iterator[npt.NDArray[np.float32]]:
    """Which sentences are swapped, 0 or 1: (draws at once, sentences)."""
    rng = np.random.default_rng([seed, _STREAM])
    for some in chunks(sentences, draws):
        bits = np.frombuffer(rng.bytes(-(-some * sentences // 8)), np.uint8)
        flags = np.unpackbits(bits, count=some * sentences)
        yield flags.astype(np.float32).reshape(some, sentences)


def _result(pair: Contest, sides: tuple[Ints, Ints], moved: Floats, seed: int) -> PairedPermutation:
    first, second = (side.sum(axis=1) for side in sides)  # (2,): right, size
    observed = abs(float(_f1(first) - _f1(second)))
    chance = _f1(first + moved) - _f1(second - moved)  # (draws,)
    varied = chance + pair.effect.noise(len(chance), seed)
    return PairedPermutation(_share(varied, observed), _share(chance, observed), pair.effect.known)


def _f1(sums: npt.NDArray[np.float64] | Ints) -> Floats:
    return np.asarray(2 * sums[..., 0] / np.maximum(sums[..., 1], 1))


def _share(chance: Floats, observed: float) -> float:
    reached = int((np.abs(chance) >= observed - _ROUNDING).sum())
    return (1 + reached) / (1 + len(chance))
