"""Ceilings of several backends on several tasks, as lines of text."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.data.task import load
from harness.oracle.ceiling import CAUSES, Ceiling, ceiling, list_repairs
from harness.runs.config import Override, settings_from
from harness.runs.contract import asked
from harness.runs.handout import dev_scorer
from harness.runs.plan import GridCell, Request, plan
from harness.runs.run import make
from harness.scoring.score import percent


def lines(
    names: Sequence[str], tasks: Sequence[str], preset: str, sets: Sequence[str], data: Path | None
) -> Iterator[str]:
    """The ceiling F1 of each backend on each task, the errors by cause, and what explains them.

    Raises:
        ConfigError: for a backend that cannot show its path.
    """
    overrides = tuple(map(Override.parse, sets))
    settings = settings_from(overrides)
    with tempfile.TemporaryDirectory() as folder:
        request = Request(
            tuple(tasks), tuple(names), (13,), (preset,), overrides, settings, Path(folder), data
        )
        for cell in plan(request):
            yield from _describe(cell, ceiling_of(cell))


def ceiling_of(cell: GridCell) -> Ceiling:
    """The ceiling of the backend of ``cell``, untrained."""
    task = load(cell.task, cell.data, cell.settings.limit)
    policy = cell.settings.windows
    scorer = dev_scorer(task, policy)
    backend = make(cell, task.tags, lambda _: None, scorer, None, task.descriptions)
    with asked(cell.plugin.name, "oracle"):
        return ceiling(backend, task, policy)


def _describe(cell: GridCell, found: Ceiling) -> Iterator[str]:
    """The ceiling with the errors by cause, then what explains them."""
    name = f"{cell.plugin.name} {cell.options.variant}".strip()
    errors = {cause: loss.errors for cause, loss in found.lost.items()}
    lost = ", ".join(f"{cause} {errors.get(cause, 0)}" for cause in CAUSES)
    f1, support = percent(found.counts.f1), found.counts.support
    yield f"{name} on {cell.folder.parent.name}: ceiling F1 {f1}, {support} entities; lost: {lost}"
    for cause, loss in found.lost.items():
        yield f"  {cause}: {loss.errors} errors in {loss.sentences} sentences, first {loss.first}"
    if found.repairs:
        yield f"  repaired: {list_repairs(found.repairs)}"
