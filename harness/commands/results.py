"""``leaderboard``, ``score``, ``clean``, ``schema``: commands that need result files only."""

from pathlib import Path
from typing import Annotated

import typer

from harness import api
from harness.commands.options import Folders, OutputFile


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(leaderboard)
    app.command()(score)
    app.command()(clean)
    app.command()(schema)


def leaderboard(
    folders: Folders,
    format_: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="markdown, latex, csv, json or html."),
    ] = "markdown",
    highlight: Annotated[
        list[str] | None,
        typer.Option("--highlight", metavar="NAME...", help="Backends or rows to mark."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY...", help="The columns to show, in this order.", show_default="all in use"
        ),
    ] = None,
    published: Annotated[bool, typer.Option(help="Add published results, unranked.")] = True,
    pareto: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also draw F1 against cost, as .svg, .pdf or .png."),
    ] = None,
    output: OutputFile = None,
) -> None:
    """Build the leaderboard of finished runs."""
    from harness.leaderboard.render import require_format
    from harness.results import store

    form = require_format(format_)
    columns, marked = column or None, highlight or ()
    found = api.read(folders)
    table = api.build_leaderboard(found, columns=columns, highlight=marked, published=published)
    content = api.render(table, form)
    if output is None:
        typer.echo(content, nl=False)
    else:
        store.write(output, content)
    if pareto:
        from harness.leaderboard.pareto import draw

        draw(table, pareto)


def score(
    folders: Folders,
) -> None:
    """Print the scores of finished runs.

    Scores are shown by entity type and under each tag policy.
    """
    from harness.analysis.score_text import page
    from harness.commands.notices import notice
    from harness.results import reader, verify

    found = verify.check(reader.read(folders))
    notice(found.rejected)
    for result in found.runs:
        typer.echo(page(result))


def clean(
    folders: Folders,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be removed, and remove nothing.")
    ] = False,
) -> None:
    """Remove what failed, never ended, or was set aside.

    Finished runs stay, also those that cannot be believed; so do runs that are being written, or
    that can go on from a checkpoint.
    """
    from harness.results import cleaning

    found = cleaning.removable(folders)
    if dry_run:
        for one in found:
            typer.echo(f"would remove: {one.place} ({one.kind}: {one.reason})")
        return
    removed = 0
    for cleaned in cleaning.clean(found):
        removed += cleaned.removed
        typer.echo(cleaned.line)
    typer.echo(f"{removed} folders removed")


def schema(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write the schemas.")
    ],
) -> None:
    """Write the JSON Schemas of the result files."""
    from harness.results import schemas

    for path in schemas.write(output):
        typer.echo(path)
