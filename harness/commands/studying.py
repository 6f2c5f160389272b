"""``study``: the runs that answer a question, and the answer that they allow."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands.options import (
    Data,
    DryRun,
    Executor,
    OutputFolder,
    Quiet,
    RunsPerGpu,
    Sets,
    Workers,
    seeds_option,
    tasks_option,
)
from harness.errors import ConfigError
from harness.runs.placement import PROCESSES, Placement

if TYPE_CHECKING:
    from harness.studies.design import Study
    from harness.studies.panels import Panel

Name = Annotated[
    str, typer.Argument(metavar="STUDY", help="A shipped study by its name, or a study file.")
]
Seeds = Annotated[list[int] | None, seeds_option("those of the study")]
Backends = Annotated[
    list[str] | None,
    typer.Option(
        "--backend",
        metavar="NAME...",
        help="Backends, where no axis chooses them.",
        show_default="those of the study",
    ),
]
Tasks = Annotated[list[str] | None, tasks_option("those of the study")]
Page = Annotated[
    Path | None, typer.Option("--page", metavar="FILE", help="Also write it as an HTML page.")
]
Plots = Annotated[
    Path | None, typer.Option("--plots", metavar="FOLDER", help="Also write its pictures.")
]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(study)


def study(
    name: Name,
    backend: Backends = None,
    task: Tasks = None,
    seed: Seeds = None,
    set_: Sets = None,
    output: OutputFolder = Path("results"),
    data: Data = None,
    workers: Workers = None,
    executor: Executor = PROCESSES,
    runs_per_gpu: RunsPerGpu = 1,
    page: Page = None,
    plots: Plots = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Vary one thing, and say what it changes.

    The rest is held, and no more is said than the differences allow.

    Its runs are ordinary runs: what is finished is not repeated, whichever study asked for it.
    """
    from harness.api import Experiment
    from harness.commands.running import finish
    from harness.runs import launch
    from harness.runs.config import Override
    from harness.studies import design, estimate, planned, text
    from harness.studies.panels import panels

    launch.refuse("study")
    asked = design.read(name).asked_of(backend or (), task or (), seed or ())
    rows = planned.plan(asked, output, data, tuple(map(Override.parse, set_ or [])))
    typer.echo(text.describe(estimate.estimate(rows), rows), err=not dry_run)
    if dry_run:
        return
    _require_writable(page, plots)
    experiment = Experiment(planned.cells(rows))
    placement = Placement(executor, workers, runs_per_gpu=runs_per_gpu)
    failure = finish(experiment, placement, quiet=quiet)
    found = panels(asked, rows, experiment.results())
    typer.echo(text.markdown(asked, found, name), nl=False)
    _write(name, asked, found, page, plots)
    if failure:
        raise failure


def _require_writable(page: Path | None, plots: Path | None) -> None:
    """Refuse, before anything is trained, what could not be written at the end."""
    from harness.results import store

    if page is not None and page.is_dir():
        msg = f"--page {page} is a folder: name a file in it"
        raise ConfigError(msg)
    for folder in filter(None, (page and page.parent, plots)):
        store.make_folder(folder)


def _write(
    name: str, asked: "Study", found: Sequence["Panel"], page: Path | None, plots: Path | None
) -> None:
    """The page and the pictures, where they were asked for."""
    if page is None and plots is None:
        return
    from harness.results import store
    from harness.studies.page import page as whole
    from harness.studies.pictures import pictures

    drawn = tuple(pictures(asked, found))
    if page is not None:
        store.write(page, whole(name, asked, found, drawn))
    if plots is None:
        return
    for picture in drawn:
        if picture.content:
            store.write(plots / f"{picture.name}.svg", picture.svg)
        else:
            typer.echo(f"{picture.name}: {picture.caption}", err=True)
