"""If two systems were the same, swapping their answers to a sentence would change nothing.

A draw swaps the counts of each sentence between the systems with probability one half, for all
seeds of a system together (approximate randomisation: Noreen 1989; Yeh 2000 for F1). That alone is
the classic test, and it speaks of these trained models only: with seed luck in play it calls 10 to
60 % of equal systems different. ``p`` therefore adds to each draw what other seeds could have
changed (``harness.statistics.seeds``), and ``models_p`` is the classic value.

Of few sentences or documents no p is small: swapping all of them, or none, gives the difference
that was seen, so that of 4 documents p is 1/8 at the least (``least``), luck of training or not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
import numpy.typing as npt

from harness.statistics.bootstrap import DRAWS, chunks, exact
from harness.statistics.samples import CountArray, Floats, Ints, Sample, samples_of
from harness.statistics.seeds import Contest, SeedEffect, contest

_STREAM = 2  # of the random numbers of a seed
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


def least(units: float) -> float:
    """The smallest p that swaps of so many sentences or documents can give."""
    return float(min(1.0, 2.0 ** (1 - units)))


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
    """The test of each pair, with the same swaps for all.

    What a swap moves is the sum over the swapped sentences of one system less that of the other, so
    one matrix product serves all pairs.
    """
    return [_result(pair, seed) for pair in _swapped(pairs, draws, seed)]


def permuted_p(pairs: Sequence[Contest], draws: int, seed: int) -> list[float]:
    """``p`` of each pair, as ``permuted`` gives it."""
    swapped = _swapped(pairs, draws, seed)
    return [one.share(one.varied(one.chance, seed)) for one in swapped]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Right and size of one system: of all sentences, (2,), and of the swapped, (2, draws)."""

    whole: Ints
    swapped: Floats

    def times(self, number: int) -> "_Side":
        """As if there were ``number`` times as many seeds."""
        return self if number == 1 else _Side(self.whole * number, self.swapped * number)


def _sides(samples: Sequence[Sample], draws: int, seed: int) -> list[_Side]:
    """Each system, summed over its seeds."""
    columns = np.stack([[s.right.sum(axis=0), s.size.sum(axis=0)] for s in samples])
    matrix = exact(columns.reshape(2 * len(samples), -1))  # (2 x systems, sentences)
    sums = [matrix @ swaps.T for swaps in _swaps(matrix.shape[1], draws, seed)]
    by_system = np.concatenate(sums, axis=1, dtype=np.float64).reshape(len(samples), 2, -1)
    return [*map(_Side, columns.sum(axis=2), by_system)]


def _swaps(sentences: int, draws: int, seed: int) -> Iterator[npt.NDArray[np.float32]]:
    """Which sentences are swapped, 0 or 1: (draws at once, sentences)."""
    rng = np.random.default_rng([seed, _STREAM])
    for some in chunks(sentences, draws):
        bits = np.frombuffer(rng.bytes(-(-some * sentences // 8)), np.uint8)
        flags = np.unpackbits(bits, count=some * sentences)
        yield flags.astype(np.float32).reshape(some, sentences)


@dataclass(frozen=True, slots=True, eq=False)
class _Swapped:
    """A pair and its swaps; both sides count as sums over as many seeds.

    ``units`` are the sentences or documents that hold an entity.
    """

    first: _Side
    second: _Side
    effect: SeedEffect
    units: int

    @property
    def chance(self) -> Floats:
        """The difference when chance swaps: (draws,)."""
        moved = self.second.swapped - self.first.swapped  # (2, draws)
        return _f1(self.first.whole[:, None] + moved) - _f1(self.second.whole[:, None] - moved)

    def varied(self, chance: Floats, seed: int) -> Floats:
        """``chance`` with what other seeds could have changed."""
        return chance + self.effect.noise(len(chance), seed)

    def share(self, chance: Floats) -> float:
        """p: how often ``chance`` is as large as the difference that was seen, either way."""
        observed = abs(float(_f1(self.first.whole) - _f1(self.second.whole)))
        reached = int((np.abs(chance) >= observed - _ROUNDING).sum())
        return max(least(self.units), (1 + reached) / (1 + len(chance)))


def _swapped(pairs: Sequence[Contest], draws: int, seed: int) -> Iterator[_Swapped]:
    """The pairs, each with the same swaps."""
    samples = {id(side): side for pair in pairs for side in (pair.first, pair.second)}
    if not samples:
        return
    sides = dict(zip(samples, _sides([*samples.values()], draws, seed), strict=True))
    holding = {key: sample.holding for key, sample in samples.items()}
    for pair in pairs:
        first, second = sides[id(pair.first)], sides[id(pair.second)]
        common = gcd(pair.first.seeds, pair.second.seeds)
        yield _Swapped(
            first.times(pair.second.seeds // common),
            second.times(pair.first.seeds // common),
            pair.effect,
            int(np.count_nonzero(holding[id(pair.first)] | holding[id(pair.second)])),
        )


def _result(pair: _Swapped, seed: int) -> PairedPermutation:
    chance = pair.chance
    varied = pair.varied(chance, seed)
    return PairedPermutation(pair.share(varied), pair.share(chance), pair.effect.known)


def _f1(sums: npt.NDArray[np.float64] | Ints) -> Floats:
    """F1 of right and size: (2,), or (2, draws)."""
    return np.asarray(2 * sums[0] / np.maximum(sums[1], 1))
