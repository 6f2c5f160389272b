"""Sentences are drawn with replacement, the same for all systems and seeds; seeds add their part.

A draw of a score is the F1 mean over seeds on resampled sentences (Efron and Tibshirani 1993, the
percentile bootstrap; Berg-Kirkpatrick et al. 2012 for F1), plus what other seeds could have changed
(``harness.statistics.seeds``). Weights by sentence times counts by sentence is one matrix product
for all systems, exact in float32 below 2**24.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.statistics.proportion import of_f1, resampling_is_blind
from harness.statistics.samples import CountArray, Floats, Sample, samples_of
from harness.statistics.seeds import Contest, contest, luck, seed_effect
from harness.statistics.tails import normal, student

DRAWS = 10_000
LEVEL = 0.95
CELLS = 1 << 20  # draws x sentences held at once: a few MiB, inside the cache
_EXACT = 1 << 24  # integers up to here are exact in float32


@dataclass(frozen=True, slots=True)
class Interval:
    """A score or a difference, as fractions, and between what it lies at ``level``.

    ``covers_training`` is False if a system has one seed: the interval then speaks of these
    trained models, and nothing can be claimed about training variance.
    """

    point: float
    low: float
    high: float
    level: float
    covers_training: bool


@dataclass(frozen=True, slots=True)
class PairedBootstrap:
    """The difference of two systems, first minus second, under resampling.

    ``p`` is twice the share of draws on the far side of zero, so it falls below 0.05 if the
    95 % interval leaves zero out. ``models_error`` is the standard error for the trained models
    alone, sentences varying and seeds not.
    """

    difference: Interval
    p: float
    models_error: float


def interval(
    counts: CountArray, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Interval:
    """The mean F1 over seeds, with one interval for chance in sentences and in seeds.

    Args:
        counts: (seeds, sentences, 3), the last axis (tp, fp, fn); documents for sentences where
            they are known (``by_document``).
        draws: how often the sentences are drawn.
        seed: of the random numbers.
        level: nominal coverage.
    """
    [sample] = samples_of({"the system": counts})
    [replicates] = resampled([sample], draws, seed)
    return score_interval(sample, replicates, seed, level)


def paired_bootstrap(
    first: CountArray, second: CountArray, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> PairedBootstrap:
    """The difference of mean F1 of two systems on the same sentences; see ``interval``."""
    pair = samples_of({"the first": first, "the second": second})
    one, two = resampled(pair, draws, seed)
    both = contest(*pair)
    drawn = varied(both, one - two, seed)
    return difference(both, one - two, drawn, between(drawn, level), level)


def resampled(samples: Sequence[Sample], draws: int, seed: int) -> list[Floats]:
    """Mean F1 over seeds of each system on the same resampled sentences: (draws,) each."""
    if not samples:
        return []
    columns = exact(np.concatenate([part for s in samples for part in (s.right, s.size)]))
    borders = np.cumsum([2 * sample.seeds for sample in samples])[:-1]
    scores = [  # columns are (2 x seeds of all systems, sentences)
        [_mean_f1(part) for part in np.split(columns @ weights.T, borders)]
        for weights in _weights(columns.shape[1], draws, seed)
    ]
    return [np.concatenate(parts) for parts in zip(*scores, strict=True)]


def _mean_f1(sums: npt.NDArray[np.floating]) -> Floats:
    right, size = np.split(sums.astype(np.float64), 2)  # (seeds, draws)
    # A draw with nothing to find and nothing found scores 0, as in the field's scorers.
    return np.asarray((2 * right / np.maximum(size, 1)).mean(axis=0))


def exact(columns: npt.NDArray[np.integer]) -> npt.NDArray[np.floating]:
    """``columns`` in the shortest float in which every sum over resampled sentences is exact.

    Args:
        columns: (columns, sentences).
    """
    bound = columns.shape[-1] * int(np.abs(columns).max(initial=0))
    return columns.astype(np.float32 if bound < _EXACT else np.float64)


def chunks(sentences: int, draws: int) -> Iterator[int]:
    """How many draws to make at once, until ``draws`` are made."""
    most = max(1, CELLS // max(1, sentences))
    for done in range(0, draws, most):
        yield min(most, draws - done)


def _weights(sentences: int, draws: int, seed: int) -> Iterator[npt.NDArray[np.float32]]:
    """How often each sentence is drawn: (draws at once, sentences), rows sum to ``sentences``."""
    rng = np.random.default_rng([seed, 0])
    for some in chunks(sentences, draws):
        drawn = rng.integers(0, sentences, (some, sentences), np.int32)
        drawn += np.arange(0, some * sentences, sentences, dtype=np.int32)[:, None]
        times = np.bincount(drawn.ravel(), minlength=some * sentences)
        yield times.astype(np.float32).reshape(some, sentences)


def score_interval(sample: Sample, replicates: Floats, seed: int, level: float) -> Interval:
    """The interval of one system from its resampled scores, or a wider one where they are blind."""
    effect = seed_effect([luck(sample)])
    drawn = expanded(replicates, sample) + effect.noise(len(replicates), seed)
    low, high = between(np.clip(drawn, 0, 1), level)
    if resampling_is_blind(sample, replicates):
        least, most = of_f1(sample, level)
        low, high = min(low, least), max(high, most)
    return Interval(float(sample.f1.mean()), low, high, level, effect.known)


def difference(
    pair: Contest, replicates: Floats, drawn: Floats, between: tuple[float, float], level: float
) -> PairedBootstrap:
    """The paired bootstrap of two systems.

    Args:
        pair: the two.
        replicates: resampled differences, (draws,).
        drawn: the same with what other seeds could have changed (``varied``).
        between: the quantiles of ``drawn`` at both ends of ``level``.
        level: nominal coverage.
    """
    low, high = between
    point = float(pair.first.f1.mean() - pair.second.f1.mean())
    return PairedBootstrap(
        Interval(point, low, high, level, pair.effect.known),
        _two_sided(drawn),
        float(replicates.std()),
    )


def varied(pair: Contest, replicates: Floats, seed: int) -> Floats:
    """Resampled differences of two systems with what other seeds could have changed: (draws,).

    One document or sentence says nothing of others: half of the draws are at either end then.
    """
    if pair.first.right.shape[1] < 2:
        return np.resize([-1.0, 1.0], len(replicates))
    drawn = expanded(replicates, pair.first) + pair.effect.noise(len(replicates), seed)
    return np.clip(drawn, -1, 1)


def expanded(replicates: Floats, sample: Sample) -> Floats:
    """Resampled scores, wider about their mean as so few sentences or documents demand.

    The expanded percentile interval (Hesterberg 2015, American Statistician 69:371): resampling n
    draws from a spread of n - 1 in n, and 12 documents have the tails of Student's t.
    """
    if sample.right.shape[1] < 2:
        return replicates
    middle = replicates.mean()
    tails, spread = expansion(sample)
    return np.asarray(middle + (replicates - middle) * tails * spread)


def expansion(sample: Sample) -> tuple[float, float]:
    """By how much resampled scores are too narrow, in their tails and in their spread."""
    number = sample.right.shape[1]
    if number < 2:
        return 1.0, 1.0
    tails = student((1 + LEVEL) / 2, number - 1) / normal((1 + LEVEL) / 2)
    return tails, (number / (number - 1)) ** 0.5


def ends(level: float) -> tuple[float, float]:
    """The shares of draws below both ends of an interval."""
    return (1 - level) / 2, (1 + level) / 2


def between(values: Floats, level: float) -> tuple[float, float]:
    """Both ends of the interval that holds ``level`` of ``values``."""
    low, high = np.quantile(values, ends(level))
    return float(low), float(high)


def _two_sided(differences: Floats) -> float:
    """Twice the smaller tail beyond zero; the 1 of Davison and Hinkley 1997 keeps it above 0."""
    far = min((differences <= 0).sum(), (differences >= 0).sum())
    return min(1.0, 2 * float(1 + far) / (1 + len(differences)))
