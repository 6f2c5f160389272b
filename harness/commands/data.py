"""``check-data``: the character-by-character check of a task."""

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import DataError


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("check-data")(check_data)


def check_data(
    task: Annotated[str, typer.Argument(help="A task file or the name of a shipped task.")],
    data: Annotated[Path | None, typer.Option(help="The folder that holds the data sets.")] = None,
) -> None:
    """Check each file of a task, character by character; exit code 3 where a run refuses it."""
    from harness.data.check import check

    report = check(task, data)
    for line in report.lines():
        typer.echo(line)
    if report.refused:
        raise typer.Exit(DataError.exit_code)
