"""``leaderboard``, ``score``, ``clean``, ``schema``: commands that need result files only."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import api
from harness.commands.notices import notice, require_runs
from harness.commands.options import Folders, OutputFile
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.comparability.check import Detail


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
            metavar="NAME...",
            help="The columns to show, in this order, by title or key; `all` shows all in use.",
            show_default="all; for latex those that `run` prints",
        ),
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="full, or short: its summary and the lines that do not hold.",
            show_default="full; short for latex",
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
    found = require_runs(api.read(folders), folders)
    table = api.build_leaderboard(
        found, columns=_columns(column, form), highlight=highlight or (), published=published
    )
    content = api.render(replace(table, detail=_detail(certificate)), form)
    if output is None:
        typer.echo(content, nl=False)
    else:
        store.write(output, content)
    if pareto:
        from harness.leaderboard.pareto import draw

        draw(table, pareto)


def _columns(chosen: list[str] | None, form: str) -> tuple[str, ...] | None:
    """The keys of the columns; a page of LaTeX has no room for all."""
    from harness.leaderboard.build import SCREEN

    if chosen == ["all"]:
        return None
    return tuple(chosen or (SCREEN if form == "latex" else ())) or None


def _detail(name: str | None) -> "Detail | None":
    from harness.comparability.check import DETAILS

    if name is None:
        return None
    for detail in DETAILS:
        if name == detail:
            return detail
    msg = f"--certificate {name}: choose one of {', '.join(DETAILS)}"
    raise ConfigError(msg)


def score(
    folders: Folders,
) -> None:
    """Print the scores of finished runs.

    Scores are shown by entity type and under each tag policy.
    """
    from harness.analysis.score_text import page
    from harness.results import reader, verify

    found = verify.check(require_runs(reader.read(folders), folders))
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
    that can go on from a checkpoint, and folders that no run of the harness made. A folder goes
    with all that lies in it.
    """
    from harness.results import cleaning

    found = cleaning.removable(folders)
    if dry_run:
        for one in found:
            typer.echo(cleaning.Cleaned.of(one).planned)
        return
    removed = 0
    for cleaned in cleaning.clean(found):
        removed += not cleaned.kept
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
