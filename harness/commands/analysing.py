"""``analyse``, ``compare``, ``suspects``, ``report``, ``figures``: where models are wrong, and why.

All of it from stored files: no model is loaded, and no data are needed.
"""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands.notices import notice
from harness.commands.options import Folders
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.analysis import FinishedRun
    from harness.report.wording import Wording

Free = Annotated[
    bool, typer.Option("--free", help="Add a row for what each generator wrote unconstrained.")
]
Rows = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="How many rows of a data set to set side by side: those with the highest F1.",
        min=2,
        show_default="12",
    ),
]
WithoutText = Annotated[
    bool, typer.Option("--without-text", help="Leave out the text, if it may not be passed on.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (analyse, compare, suspects, report, figures):
        app.command()(command)


def analyse(folders: Folders) -> None:
    """Print each run's errors by kind and F1 by bucket.

    The figures are also stored as analysis.json in the folder of the run, where it can be written.
    """
    from harness import analysis
    from harness.analysis import text
    from harness.results import store

    found = analysis.find_finished(folders)
    notice(found.rejected)
    loaded = analysis.load_each(found.runs, analysis.load_with_free)
    for result, (answers, *written) in zip(found.runs, loaded, strict=True):
        summary = analysis.analyse(answers)
        typer.echo(text.analysis(answers, summary) + "\n")
        try:
            store.write_json(result.folder / analysis.ANALYSIS, summary.to_dict())
        except ConfigError as error:  # an archive that is closed to writing
            typer.echo(f"not stored: {error}", err=True)
        for free in written:
            typer.echo(text.analysis(free, analysis.analyse(free)) + "\n")
            typer.echo(text.repairs(analysis.repairs_by_kind(free.predictions)) + "\n")


def compare(folders: Folders, free: Free = False, rows: Rows = None) -> None:
    """Compare backends entity by entity.

    Shows what only one of two backends gets right, and what they could reach together.
    """
    from harness import analysis
    from harness.analysis import comparison, text
    from harness.analysis.foremost import COMPARED, foremost, left_out
    from harness.analysis.system_answers import answers_by_system

    systems = [answers_by_system(runs) for runs in analysis.by_data(_loaded(folders, free))]
    several = [held for held in systems if len(held) > 1]
    for held in several or systems:
        kept = foremost(held, rows or COMPARED)
        found = comparison.compare_systems(kept)
        typer.echo(f"on {held[0].runs[0].run.data.task}\n\n{text.comparison(found)}\n")
        if note := left_out(held, kept):
            typer.echo(f"{note}\n")
    for (alone,) in (held for held in systems if len(held) == 1):
        typer.echo(f"on {alone.runs[0].run.data.task}, {alone.name} is alone", err=True)


def suspects(
    folders: Folders,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="A .jsonl or .csv file to write.")
    ],
) -> None:
    """List likely errors in the gold annotations.

    An entity is suspect if backends and seeds agree with each other against the gold.
    """
    from harness import analysis
    from harness.analysis import export
    from harness.analysis.suspects import suspects as suspected
    from harness.analysis.system_answers import answers_by_system
    from harness.results import store

    written = export.writer(output)
    data = analysis.by_data(_loaded(folders))
    found = [s for runs in data for s in suspected(runs)]
    store.write(output, written(found))
    typer.echo(f"{len(found)} suspects in {output}")
    for (alone,) in (held for held in map(answers_by_system, data) if len(held) == 1):
        typer.echo(
            f"on {alone.runs[0].run.data.task}, {alone.name} is alone: nobody agrees with it, and "
            "what is listed are all its mistakes",
            err=True,
        )


def report(
    folders: Folders,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The page to write.")
    ] = Path("report.html"),
    free: Free = False,
    without_text: WithoutText = False,
    rows: Rows = None,
) -> None:
    """Write an error report as one HTML page.

    The page opens from disk and shows scores, figures, and every sentence with its answers, as far
    as 5 MB have room; what is left out is said.
    """
    from harness.analysis.foremost import COMPARED
    from harness.report import build
    from harness.report.room import PAGE

    page = build(_loaded(folders, free), output, _wording(without_text), rows or COMPARED)
    typer.echo(page)
    if (size := page.stat().st_size) > PAGE:
        megabytes = f"{size / 1e6:.1f} MB"
        typer.echo(
            f"{page} has {megabytes}: make a page for each data set, or lower --rows", err=True
        )


def figures(
    folders: Folders,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write the figures.")
    ] = Path("figures"),
    free: Free = False,
    without_text: WithoutText = False,
    rows: Rows = None,
) -> None:
    """Write every figure of the report as SVG and PNG."""
    from harness.analysis.foremost import COMPARED
    from harness.report.figures import draw

    runs = _loaded(folders, free)
    written, lacking = draw(runs, output, _wording(without_text), rows or COMPARED)
    for path in written:
        typer.echo(path)
    for picture in lacking:
        typer.echo(f"{picture.name}: {picture.caption}", err=True)


def _loaded(folders: list[Path], free: bool = False) -> "tuple[FinishedRun, ...]":
    from harness import analysis

    found = analysis.find_finished(folders)
    notice(found.rejected)
    parts = analysis.load_with_free if free else analysis.load_scored
    return tuple(chain.from_iterable(analysis.load_each(found.runs, parts)))


def _wording(without_text: bool) -> "Wording":
    from harness.report.wording import AS_WRITTEN, WITHOUT_TEXT

    return WITHOUT_TEXT if without_text else AS_WRITTEN
