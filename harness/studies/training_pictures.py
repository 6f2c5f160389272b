"""What training did at the points of a panel: loss by epoch, and transitions that CRFs learned."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from harness.analysis.answers import FinishedRun
from harness.analysis.system_answers import SystemAnswers
from harness.comparability.systems import System
from harness.report.figures import data, training
from harness.report.figures.canvas import Picture, picture
from harness.studies.panels import Panel
from harness.tags import tag_set

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ACROSS = 2  # matrices side by side: more cannot be read


def pictures(panel: Panel, number: int) -> Iterator[Picture]:
    """The pictures of ``panel``, which is the ``number``-th: none where nothing was trained."""
    held = [_trained(system) for system in panel.systems]
    if any(run.history for row in held for run in row.runs):
        drawn = training.curves(held)
        caption = f"{panel.title}: {drawn.caption}"
        yield replace(drawn, name=f"curves-{number}", caption=caption)
    learned = [run for row in held if (run := _learned(row))]
    if len(learned) > 1:
        yield _transitions(panel, number, learned)


def _trained(system: System) -> SystemAnswers:
    """The trainings of ``system``, without its answers."""
    runs = [FinishedRun(one.run, one.metrics, (), one.result.history()) for one in system.results]
    return SystemAnswers(system.name, system.name, tuple(runs), ())


def _learned(row: SystemAnswers) -> tuple[str, FinishedRun] | None:
    """The name of a row and its first run that has a transition matrix."""
    return next(((row.name, run) for run in row.runs if run.run.transitions), None)


def _transitions(panel: Panel, number: int, learned: Sequence[tuple[str, FinishedRun]]) -> Picture:
    """The matrix of the first seed of each point, in the order of the axis."""
    sizes = [len(run.run.transitions or ()) for _, run in learned]
    side, rows = 2.2 + 0.27 * max(sizes), ceil(len(learned) / _ACROSS)

    def draw(figure: "Figure") -> None:
        places = figure.subplots(rows, _ACROSS, squeeze=False).flat
        for axes, (name, run) in zip(places, learned, strict=False):
            tags = run.run.transition_tags or tag_set(run.metrics.labels)
            scores = [list(values) for values in run.run.transitions or ()]
            data.matrix(figure, axes, f"{name} #{run.run.seed}", scores, tags, "RdBu")
        for axes in list(places):
            axes.axis("off")

    caption = (
        f"{panel.title}: the score that the CRF learned for each tag (column) after each other "
        "(row); the colours of each matrix reach to its own largest score."
    )
    return picture(f"transitions-{number}", caption, (_ACROSS * side, rows * side), draw)
