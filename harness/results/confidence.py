"""What stored answers say of confidence: read here alone, for tables and for the analysis."""

from collections.abc import Sequence

from harness.results.record import Prediction
from harness.results.run_record import Run
from harness.scoring.calibration import AS_GIVEN, Judged, Scaling, calibration_error, judge


def judged(predictions: Sequence[Prediction]) -> Judged | None:
    """The confidence of each entity as its backend gave it, and whether it is right.

    None where a sentence has none.
    """
    given = [one.confidence for one in predictions if one.confidence is not None]
    if len(given) < len(predictions):
        return None
    gold = [one.gold_spans() for one in predictions]
    return judge(gold, [one.found_spans() for one in predictions], given)


def scaling(run: Run) -> Scaling:
    """How confidences of ``run`` are read; as they were given where nothing was fitted."""
    fitted = run.calibration
    return Scaling(fitted.temperature, fitted.bias) if fitted else AS_GIVEN


def error(run: Run, predictions: Sequence[Prediction]) -> float | None:
    """The expected calibration error as ``run`` scales them; None without confidences."""
    found = judged(predictions)
    return None if found is None else calibration_error(found.at(scaling(run)))


def bits(predictions: Sequence[Prediction]) -> float | None:
    """The bits that the gold of all sentences costs; None where one was not measured."""
    known = [one.gold_bits for one in predictions if one.gold_bits is not None]
    return sum(known) if len(known) == len(predictions) else None
