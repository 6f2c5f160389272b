"""What the confidences of one run are worth: as it gave them, and as it scales them."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.answers import FinishedRun
from harness.results import confidence
from harness.scoring.calibration import (
    Bin,
    Judged,
    Scaling,
    calibration_error,
    chance_error,
    reliability,
)
from harness.scoring.risk import RiskPoint, area_under_risk, risk_coverage

MOST_POINTS = 101  # of a risk-coverage curve


@dataclass(frozen=True, slots=True)
class Confidence:
    """Errors are fractions; ``raw_*`` are of confidences as given, the others of scaled ones.

    ``chance_error`` is the calibration error that these confidences would show by chance if they
    were true. ``area_under_risk`` is the mean risk over coverages. ``scaling`` is None if none
    was fitted, and ``bits_per_character`` if gold was not measured.
    """

    entities: int
    scaling: Scaling | None
    raw_error: float | None
    error: float | None
    chance_error: float | None
    area_under_risk: float | None
    bits_per_character: float | None
    raw_bins: tuple[Bin, ...]
    bins: tuple[Bin, ...]
    risk: tuple[RiskPoint, ...]


def confidence_of(answers: FinishedRun) -> Confidence | None:
    """What the confidences of a run are worth; None if it gave none."""
    given = confidence.judged(answers.predictions)
    if given is None:
        return None
    scaling = confidence.scaling(answers.run)
    found = given.at(scaling)
    return Confidence(
        entities=len(found),
        scaling=scaling if answers.run.calibration else None,
        raw_error=calibration_error(given),
        error=calibration_error(found),
        chance_error=chance_error(found),
        area_under_risk=area_under_risk(found),
        bits_per_character=_bits(answers),
        raw_bins=reliability(given),
        bins=reliability(found),
        risk=_thinned(found, sum(map(len, answers.gold))),
    )


def _thinned(found: Judged, gold: int) -> tuple[RiskPoint, ...]:
    """The curve in few points, its ends among them."""
    points = risk_coverage(found, gold)
    if len(points) <= MOST_POINTS:
        return points
    return tuple(points[round(i)] for i in _steps(len(points) - 1))


def _steps(last: int) -> Sequence[float]:
    return [last * i / (MOST_POINTS - 1) for i in range(MOST_POINTS)]


def _bits(answers: FinishedRun) -> float | None:
    bits = confidence.bits(answers.predictions)
    characters = sum(
        sum(map(len, one.units)) + len(one.joiner) * max(0, len(one.units) - 1)
        for one in answers.predictions
    )
    return None if bits is None or not characters else bits / characters
