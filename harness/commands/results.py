"""``leaderboard``, ``score`` and ``schema``: what needs result files only, and no model."""

from pathlib import Path
from typing import Annotated

import typer

from harness import api


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(leaderboard)
    app.command()(score)
    app.command()(schema)


def leaderboard(
    folders: Annotated[list[Path], typer.Argument(help="Run folders, or folders of them.")],
    format_: Annotated[
        str, typer.Option("--format", help="markdown, latex, csv, json or html")
    ] = "markdown",
    highlight: Annotated[list[str] | None, typer.Option(help="Backends to mark.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="Columns, in order.")] = None,
    published: Annotated[bool, typer.Option(help="Add published results, unranked.")] = True,
    pareto: Annotated[Path | None, typer.Option(help="Draw F1 against cost: .svg, .png.")] = None,
    output: Annotated[Path | None, typer.Option("-o", help="Write here, not to stdout.")] = None,
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
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
) -> None:
    """Print the scores of finished runs, by type and under each policy."""
    from harness.analysis.score_text import page
    from harness.results import reader

    for result in reader.read(folders).runs:
        typer.echo(page(result))


def schema(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write them to.")],
) -> None:
    """Write the JSON Schema of the result files."""
    from harness.results import schemas

    for path in schemas.write(output):
        typer.echo(path)
