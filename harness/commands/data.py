"""``check-data``: the character-by-character check of a task."""

from typing import Annotated

import typer

from harness.commands.options import Data
from harness.errors import DataError


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("check-data")(check_data)


def check_data(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="A task file, or the name of a shipped task.")
    ],
    data: Data = None,
) -> None:
    """Check a task's files, character by character.

    Exits with code 3 if a run would refuse the task.
    """
    from harness.data.check import check

    report = check(task, data)
    for line in report.lines():
        typer.echo(line)
    if report.refused:
        raise typer.Exit(DataError.exit_code)
