"""What the certificate has against the points of a panel, all of them or some.

Where they differ beyond the axis that the study is about, the answer is about both. What follows
from a setting that the axis itself varies is no such difference, so each run is read as if it had
had the first run's value of it. What is wrong with all points alike leaves their order as it is,
and may leave their scores worth nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.comparability.certificate import RowReadings, certify, readings
from harness.comparability.check import Check
from harness.comparability.effort import end_of_training
from harness.comparability.fields import BYTES, MISSING, SENTENCES, Recorded, is_external
from harness.comparability.row_checks import distinct_answers
from harness.comparability.systems import System
from harness.data.overlap import contained, selected_on_train
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
    """A sentence for each line about runs that the points of ``panel`` do not hold."""
    if not panel.systems:
        return
    varied = _varied(study)
    lines = certify([_row(system, panel.systems[0], varied) for system in panel.systems], ())
    for check in (*lines, end_of_training(panel.systems)):
        follows = check.name in _TOLD and varied & _READ
        if not check.ok and not follows:
            yield words(check, study.subject, len(panel.systems))


def doubts(study: Study, panel: Panel) -> Iterator[str]:
    """What of test and of dev is where it should not be, and which runs answered alike."""
    found: dict[str, list[str]] = {}
    for system in panel.systems:
        for text in _overlap(system):
            found.setdefault(text, []).append(system.name)
    for text, names in found.items():
        every = len(names) == len(panel.systems)
        of_some = f"{', '.join(names)}: {text}."
        yield f"At every point of {study.subject}, {text}." if every else of_some
    yield from _alike(panel)


def _alike(panel: Panel) -> Iterator[str]:
    listed = "; ".join(f"{row}: {said}" for row, said in distinct_answers(panel.systems).differing)
    if listed:
        yield f"Some runs gave the same answers to every sentence: {listed}."


def _overlap(system: System) -> tuple[str, ...]:
    """What makes a score one of memory, or that nobody looked for it."""
    found = system.first.run.data.overlap
    if found is None:
        return (f"what test, dev and train share is {MISSING}",)
    return tuple(one.words for one in (*contained(found), *selected_on_train(found)))


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
    if not check.differing:
        return f"At every point of {axis}, {check.name}: {_short(check.value)}."
    if points == len(check.differing) and len({value for _, value in check.differing}) == 1:
        return f"At every point of {axis}, {check.name}: {_short(check.differing[0][1])}."
    others = "; ".join(f"{row}: {_short(value)}" for row, value in check.differing)
    value = _short(check.value)
    return f"Beyond {axis}, the points differ in {check.name}: {value} (but {others})."


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
