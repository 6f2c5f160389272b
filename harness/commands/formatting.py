"""``formats``: what each way of writing tags costs, could reach, and scores."""

from pathlib import Path
from typing import Annotated

import typer

from harness import registry
from harness.api import Experiment
from harness.commands.options import (
    DEMO,
    Backends,
    Data,
    Limit,
    OutputFolder,
    Preset,
    Quiet,
    Sets,
    Task,
)
from harness.commands.running import finish


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(formats)


def formats(
    backend: Backends,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FORMAT",
            help="tags, char-tag, indexed or inline.",
            show_default="all four",
        ),
    ] = None,
    task: Task = DEMO,
    seed: Annotated[
        list[int] | None,
        typer.Option(metavar="N...", help="Seeds, each a run of its own.", show_default="13"),
    ] = None,
    preset: Preset = "tiny",
    set_: Sets = None,
    output: OutputFolder = Path("results"),
    data: Data = None,
    limit: Limit = None,
    quiet: Quiet = False,
) -> None:
    """Train a backend once per format; compare formats.

    Prints length, ceiling, malformed answers, F1 and speed of each way of writing tags.
    """
    from harness.runs import launch, processes

    launch.refuse("formats")
    backends = registry.names_of(backend)
    processes.prepare(registry.modules_of(backends), threads=1)
    from harness.analysis.plain_table import table
    from harness.oracle import format_study
    from harness.runs.config import Override, settings_from
    from harness.runs.placement import Placement
    from harness.runs.plan import Request

    overrides = tuple(map(Override.parse, set_ or []))
    settings = settings_from(overrides, limit=limit)
    request = Request(
        (task,), backends, tuple(seed or [13]), (preset,), overrides, settings, output, data
    )
    studies = format_study.studies(request, names or format_study.NAMES)
    cells = tuple(cell for study in studies for cell in study.cells)
    failure = finish(Experiment(cells), Placement(), quiet=quiet)
    typer.echo(table(format_study.HEAD, format_study.rows(studies)))
    if failure:
        raise failure
