"""Uncertainty of scores over many groups at once: sentences are resampled with all their groups.

Counts come as (sentences, groups, 3) of tp, fp and fn. One matrix of sentence weights serves all
groups, so that sixty buckets cost one matrix product.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Interval: TypeAlias = tuple[float, float]
DRAWS = 1000
SWAPS = 9999
_BLOCK = 250  # draws at a time: bounds the memory to this many rows of sentence weights
_Z = 1.959963984540054  # 97.5 % point of the normal distribution
_SMALL = 1e-12


def f1(counts: Floats) -> Floats:
    """F1 over the last axis (tp, fp, fn); NaN where nothing was found and nothing was to find."""
    twice, wrong = 2 * counts[..., 0], counts[..., 1] + counts[..., 2]
    with np.errstate(invalid="ignore"):
        return np.asarray(twice / (twice + wrong))


def f1_intervals(counts: Floats, draws: int = DRAWS, seed: int = 0) -> list[Interval | None]:
    """The 95 % percentile bootstrap interval of each group's F1; None where it is undefined."""
    sentences, groups, _ = counts.shape
    if not sentences:
        return [None] * groups
    random = np.random.default_rng(seed)
    even = np.full(sentences, 1 / sentences)
    flat = counts.reshape(sentences, -1)
    drawn = np.concatenate([
        f1((random.multinomial(sentences, even, size=block) @ flat).reshape(block, groups, 3))
        for block in _blocks(draws)
    ])  # (draws, groups)  # fmt: skip
    return [_percentiles(drawn[:, group]) for group in range(groups)]


def _blocks(draws: int) -> Iterator[int]:
    for start in range(0, draws, _BLOCK):
        yield min(_BLOCK, draws - start)


def _percentiles(values: Floats) -> Interval | None:
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def wilson(right: int, total: int) -> Interval | None:
    """The 95 % interval of a share (Wilson 1927); None where there is nothing to count."""
    if not total:
        return None
    share, shrink = right / total, 1 + _Z**2 / total
    centre = (share + _Z**2 / (2 * total)) / shrink
    half = _Z / shrink * ((share * (1 - share) + _Z**2 / (4 * total)) / total) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def paired(one: Floats, other: Floats, swaps: int = SWAPS, seed: int = 0) -> list[float]:
    """The two-sided p of each group's F1 difference, by approximate randomisation over sentences.

    A swap exchanges the two systems' counts in a random half of the sentences (Noreen 1989);
    p is (1 + swaps at least as extreme) / (1 + swaps).
    """
    sentences, groups, _ = one.shape
    centre = (one + other).sum(axis=0) / 2  # (groups, 3)
    half = ((one - other) / 2).reshape(sentences, -1)
    observed = np.abs(_difference(centre, half.sum(axis=0).reshape(groups, 3)))
    random = np.random.default_rng(seed)
    extreme = np.zeros(groups)
    for block in _blocks(swaps):
        signs = random.integers(0, 2, size=(block, sentences)) * 2.0 - 1
        moved = (signs @ half).reshape(block, groups, 3)
        extreme += (np.abs(_difference(centre, moved)) >= observed - _SMALL).sum(axis=0)
    return [float(p) for p in (1 + extreme) / (1 + swaps)]


def _difference(centre: Floats, moved: Floats) -> Floats:
    """F1 of one system less F1 of the other; an undefined score counts as 0."""
    return np.nan_to_num(f1(centre + moved)) - np.nan_to_num(f1(centre - moved))


def holm(values: Sequence[float]) -> list[float]:
    """``values`` adjusted for the number of tests, in their order (Holm 1979)."""
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = highest
    return adjusted
