"""Whether confidences mean what they say: temperature, reliability, expected calibration error.

A confidence is the probability that a system gives to an entity that it found; the entity is right
or wrong as the scorer counts it. All values are fractions.

- Temperature: one scalar T that divides the logit of every confidence, fitted by the likelihood of
  right and wrong on the development set (Guo et al. 2017, "On calibration of modern neural
  networks"; there of classes, here of the one question whether an entity is right). It moves no
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
from harness.tags import decode

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

BINS = 15
# Confidences are stored with six digits, so beyond these nothing is known of them.
_NEAREST = 5e-7
_COLDEST, _HOTTEST = 0.05, 20.0
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """The confidence of each entity that was found (entities,), and whether it is right."""

    confidence: Floats
    right: Bools

    def __len__(self) -> int:
        return len(self.confidence)

    def at(self, temperature: float) -> "Judged":
        """The same under a temperature."""
        return Judged(tempered(self.confidence, temperature), self.right)

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
    tags: Sequence[Sequence[str]],
    confidence: Sequence[Sequence[float]],
) -> Judged:
    """The confidences of all entities that ``tags`` mean, and whether each is in the gold."""
    right = [
        span in spans
        for spans, found in zip(map(frozenset, gold), tags, strict=True)
        for span in decode(found)
    ]
    sure = [value for values in confidence for value in values]
    return Judged(np.array(sure, np.float64), np.array(right, np.bool_))


def tempered(confidence: Floats, temperature: float) -> Floats:
    """Confidences whose logit is divided by ``temperature``."""
    if temperature == 1:
        return confidence
    known = confidence.clip(_NEAREST, 1 - _NEAREST)
    warmed: Floats = 1 / (1 + (known / (1 - known)) ** (-1 / temperature))
    return warmed


def fit_temperature(judged: Judged) -> float:
    """The temperature under which right and wrong are most likely, from 1/20 to 20.

    Without entities it is 1.
    """
    from scipy.optimize import minimize_scalar

    if not len(judged):
        return 1.0
    low, high = np.log(_COLDEST), np.log(_HOTTEST)
    found = minimize_scalar(
        lambda t: log_loss(judged.at(float(np.exp(t)))), bounds=(low, high), method="bounded",
        options={"xatol": 1e-6},
    )  # fmt: skip
    return float(np.exp(found.x))


def log_loss(judged: Judged) -> float:
    """The mean of -log of the probability of what came true, in nats."""
    given = np.where(judged.right, judged.confidence, 1 - judged.confidence)
    return float(-np.log(given.clip(_NEAREST)).mean())


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

    By drawing right and wrong from them; None without entities.
    """
    if not len(judged):
        return None
    numbers = np.random.default_rng(0)
    confidence = np.sort(judged.confidence)
    edges = np.cumsum([0, *map(len, np.array_split(confidence, min(bins, len(confidence))))])[:-1]
    right = numbers.random((_DRAWS, len(confidence))) < confidence
    gaps = np.add.reduceat(right - confidence, edges, axis=1)  # (draws, bins)
    return float(np.abs(gaps).sum(axis=1).mean() / len(confidence))
