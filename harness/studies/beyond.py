"""In what the points of a panel differ beyond the axis that the study is about.

The lines are those of the certificate. What follows from a setting that the axis itself varies is
no such difference, so each run is read as if it had had the first run's value of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.comparability.certificate import RowReadings, certify, readings
from harness.comparability.check import Check
from harness.comparability.effort import end_of_training
from harness.comparability.fields import BYTES, SENTENCES, Recorded, is_external
from harness.comparability.systems import System
from harness.results.record import Metrics
from harness.results.run_record import Run
from harness.runs.config import Settings
from harness.studies.design import Study
from harness.studies.panels import Panel

_SETTINGS = frozenset(Settings.model_fields)
# Settings that decide what is read in training, and the lines that tell what was.
_READ = frozenset({"window_limit", "window_margin", "window_cut", "train_share", "train_draw"})
_TOLD = frozenset({SENTENCES, BYTES})
_LONGEST = 48  # characters of a value that are shown


@dataclass(frozen=True, slots=True)
class _Aligned:
    """A run read as if some of its settings were another's."""

    run: Run
    metrics: Metrics
    documents: tuple[str, ...]


def beyond(study: Study, panel: Panel) -> Iterator[str]:
    """A sentence for each line of the certificate that the points of ``panel`` do not hold."""
    if not panel.systems:
        return
    varied = _varied(study)
    lines = certify([_row(system, panel.systems[0], varied) for system in panel.systems], ())
    for check in (*lines, end_of_training(panel.systems)):
        follows = check.name in _TOLD and varied & _READ
        if check.differing and not follows:
            yield words(check, study.subject, len(panel.systems))


def _varied(study: Study) -> frozenset[str]:
    """The settings that the points of the subject axis vary."""
    points = study.axes[study.subject].named(study.subject)
    return frozenset(key for _, point in points for key in point.options if key in _SETTINGS)


def _row(system: System, first: System, varied: frozenset[str]) -> RowReadings:
    common = {k: v for k, v in first.first.run.settings.items() if k in varied}
    runs = tuple(readings(_aligned(result, common)) for result in system.results)
    return RowReadings(system.name, runs, is_external(system.first))


def _aligned(result: Recorded, common: dict[str, object]) -> Recorded:
    settings = {**result.run.settings, **common}
    run = result.run.model_copy(update={"settings": settings})
    return _Aligned(run, result.metrics, result.documents)


def words(check: Check, axis: str, points: int) -> str:
    """The line ``check`` of ``points`` points of ``axis`` as a sentence."""
    if points == len(check.differing) and len({value for _, value in check.differing}) == 1:
        return f"At every point of {axis}, {check.name}: {_short(check.differing[0][1])}."
    others = "; ".join(f"{row}: {_short(value)}" for row, value in check.differing)
    value = _short(check.value)
    return f"Beyond {axis}, the points differ in {check.name}: {value} (but {others})."


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
