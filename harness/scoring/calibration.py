"""Whether confidences mean what they say: Platt scaling, reliability, expected calibration error.

A confidence is the probability that a system gives to an entity that it found; the entity is right
or wrong as the scorer counts it. All values are fractions.

- Scaling: the logit of every confidence is divided by a temperature and moved by a bias, fitted by
  the likelihood of right and wrong on the development set (Platt 1999, "Probabilistic outputs for
  support vector machines", with its targets, which are never quite 0 or 1; without the bias it is
  the temperature of Guo et al. 2017, "On calibration of modern neural networks"). It moves no
  entity before another.
- Reliability: entities in ``BINS`` bins of equal mass, in order of confidence (Nixon et al. 2019,
  "Measuring calibration in deep learning"), since most confidences lie near 1, in one bin of equal
  width. Entities of equal confidence share what is right of them, so their order is no matter.
- ECE: the gap between mean confidence and the share that is right, averaged over entities. Even a
  perfect system has one, by chance; ``chance_error`` says how large it would be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.core import Span

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

BINS = 15
# Confidences are stored with six digits, so beyond these nothing is known of them.
_NEAREST = 5e-7
_COLDEST, _HOTTEST = 0.05, 20.0
_FARTHEST = 20.0  # of a bias: beyond it there is nothing left but 0 and 1
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Scaling:
    """How confidences are to be read: their logit over ``temperature``, and ``bias`` added."""

    temperature: float = 1.0
    bias: float = 0.0

    def of(self, confidence: Floats) -> Floats:
        """``confidence`` as it is to be read (entities,)."""
        from scipy.special import expit

        if self == AS_GIVEN:
            return confidence
        read: Floats = expit(_logits(confidence) / self.temperature + self.bias)
        return read

    def __str__(self) -> str:
        return f"{self.temperature:.2f}, bias {self.bias:+.2f}"


AS_GIVEN = Scaling()


@dataclass(frozen=True, slots=True)
class Judged:
    """The confidence of each entity that was found (entities,), and whether it is right."""

    confidence: Floats
    right: Bools

    def __len__(self) -> int:
        return len(self.confidence)

    def at(self, scaling: Scaling) -> "Judged":
        """The same entities with their confidences scaled."""
        return Judged(scaling.of(self.confidence), self.right)

    def shares(self) -> Floats:
        """How right each entity is: the share of right ones among those of its confidence."""
        _, group, size = np.unique(self.confidence, return_inverse=True, return_counts=True)
        found: Floats = (np.bincount(group, self.right) / size)[group]
        return found


@dataclass(frozen=True, slots=True)
class Bin:
    """Entities of neighbouring confidence: how many, their mean confidence, the share of right."""

    entities: int
    confidence: float
    right: float


def judge(
    gold: Sequence[Sequence[Span]],
    found: Sequence[Sequence[Span]],
    confidence: Sequence[Sequence[float]],
) -> Judged:
    """The confidences of all entities that were ``found``, and whether each is in the gold."""
    right = [
        span in spans
        for spans, answer in zip(map(frozenset, gold), found, strict=True)
        for span in answer
    ]
    sure = [value for values in confidence for value in values]
    return Judged(np.array(sure, np.float64), np.array(right, np.bool_))


def fit_scaling(judged: Judged) -> Scaling:
    """The scaling under which right and wrong are most likely; without entities, none.

    Temperatures are from 1/20 to 20, biases from -20 to 20.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    if not len(judged):
        return AS_GIVEN
    logits, targets = _logits(judged.confidence), _targets(judged.right)

    def loss(sought: Floats) -> tuple[float, Floats]:
        scaled = sought[0] * logits + sought[1]
        off = expit(scaled) - targets
        costs = np.logaddexp(0, scaled) - targets * scaled
        return float(costs.mean()), np.array([(off * logits).mean(), off.mean()])

    slopes, biases = (1 / _HOTTEST, 1 / _COLDEST), (-_FARTHEST, _FARTHEST)
    found = minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[slopes, biases]).x
    return Scaling(1 / float(found[0]), float(found[1]))


def _logits(confidence: Floats) -> Floats:
    from scipy.special import logit

    found: Floats = logit(confidence.clip(_NEAREST, 1 - _NEAREST))
    return found


def _targets(right: Bools) -> Floats:
    """What right and wrong entities are to be held for, as if there had been one more of either."""
    hits = int(right.sum())
    return np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))


def reliability(judged: Judged, bins: int = BINS) -> tuple[Bin, ...]:
    """Bins of equal mass, the least confident entities first; without entities, none."""
    order = np.argsort(judged.confidence, kind="stable")
    shares = judged.shares()[order]
    parts = np.array_split(np.arange(len(order)), min(bins, len(order)) or 1)
    sorted_ = judged.confidence[order]
    return tuple(
        Bin(len(part), float(sorted_[part].mean()), float(shares[part].mean()))
        for part in parts
        if len(part)
    )


def calibration_error(judged: Judged, bins: int = BINS) -> float | None:
    """The expected calibration error; None without entities."""
    if not len(judged):
        return None
    found = reliability(judged, bins)
    return sum(one.entities * abs(one.confidence - one.right) for one in found) / len(judged)


def chance_error(judged: Judged, bins: int = BINS) -> float | None:
    """The calibration error that these confidences would have if they were all true, on average.

    By drawing right and wrong from them; entities of equal confidence share what is drawn, as they
    do what is measured. None without entities.
    """
    if not len(judged):
        return None
    numbers = np.random.default_rng(0)
    confidence = np.sort(judged.confidence)
    edges = np.cumsum([0, *map(len, np.array_split(confidence, min(bins, len(confidence))))])[:-1]
    right = _shared(numbers.random((_DRAWS, len(confidence))) < confidence, confidence)
    gaps = np.add.reduceat(right - confidence, edges, axis=1)  # (draws, bins)
    return float(np.abs(gaps).sum(axis=1).mean() / len(confidence))


def _shared(right: Bools, confidence: Floats) -> Floats:
    """What is ``right`` (draws, entities), shared by neighbours of equal ``confidence``."""
    _, first, size = np.unique(confidence, return_index=True, return_counts=True)
    return np.repeat(np.add.reduceat(right.astype(np.float64), first, axis=1) / size, size, axis=1)
