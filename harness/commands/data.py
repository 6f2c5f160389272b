"""``check-data``: the character-by-character check of a task."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import Data
from harness.errors import DataError


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("check-data")(check_data)


def check_data(
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK",
            help="A task file, the name of a shipped task, or hub:OWNER/NAME@REVISION.",
        ),
    ],
    data: Data = None,
    show: Annotated[
        int, typer.Option(metavar="N", help="Places to show of each kind of problem.", min=0)
    ] = 3,
    json: Annotated[
        bool, typer.Option("--json", help="Print everything that was found, as JSON.")
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="CHECK...", help="Checks to leave out, errors excepted."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 3 for warnings and notes, too.")
    ] = False,
    fix: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write a copy with every repair that does not change how it is read, and a log.",
        ),
    ] = None,
) -> None:
    """Check a task's files, character by character.

    Nothing is ever changed in place. Exits with code 3 if a run would refuse the task.
    """
    from harness.data.lint.check import check
    from harness.data.lint.report import as_json, as_text

    report = check(task, data).without(ignore or ())
    for line in [as_json(report)] if json else as_text(report, show):
        typer.echo(line)
    if fix:
        typer.echo(_fixed(task, data, fix), err=True)
    if report.refused or (strict and report.problems):
        raise typer.Exit(DataError.exit_code)


def _fixed(task: str, data: Path | None, folder: Path) -> str:
    """Write the mended copy, whole or not at all; what a person is told of it."""
    from harness.data.lint.fix import write
    from harness.exports import aside

    with aside.new(folder) as beside:
        mended = write(task, data, beside)
    return mended.told(folder)
