"""``formats``: what each way of writing tags costs, could reach, and scores."""

from pathlib import Path
from typing import Annotated

import typer

from harness import registry
from harness.api import Experiment
from harness.commands.running import Sets, finish


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(formats)


def formats(
    backend: Annotated[list[str], typer.Option("--backend", help="Names of generating backends.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="tags, char-tag, indexed, inline; all four.")
    ] = None,
    task: Annotated[str, typer.Option(help="A task file or the name of a shipped task.")] = "demo",
    seed: Annotated[list[int] | None, typer.Option(help="One run each; 13.")] = None,
    preset: Annotated[str, typer.Option(help="configs/backends/<backend>.<preset>.yaml")] = "tiny",
    set_: Sets = None,
    output: Annotated[Path, typer.Option(help="The folder of the run folders.")] = Path("results"),
    data: Annotated[Path | None, typer.Option(help="The folder that holds the data sets.")] = None,
    limit: Annotated[int | None, typer.Option(help="Keep the first N sentences.", min=1)] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print the table only.")] = False,
) -> None:
    """Train a backend once per format and seed, and print the formats side by side."""
    from harness.runs import grid

    backends = registry.names_of(backend)
    grid.prepare(registry.modules_of(backends), threads=1)
    from tabulate import tabulate

    from harness.runs.config import Override, settings_from
    from harness.runs.plan import Request
    from harness.studies import format_study

    overrides = tuple(map(Override.parse, set_ or []))
    settings = settings_from(overrides, limit=limit)
    request = Request(
        (task,), backends, tuple(seed or [13]), preset, overrides, settings, output, data
    )
    studies = format_study.studies(request, names or format_study.NAMES)
    cells = tuple(cell for study in studies for cell in study.cells)
    failure = finish(Experiment(request, cells), None, quiet=quiet)
    table = list(format_study.rows(studies))
    typer.echo(tabulate(table, format_study.HEAD, tablefmt="github", disable_numparse=True))
    if failure:
        raise failure
