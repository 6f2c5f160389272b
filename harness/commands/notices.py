"""What was found and not used, printed on stderr by every command that leaves something out."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.errors import DataError

if TYPE_CHECKING:
    from harness.results.reader import Rejected, Results


def notice(rejected: "Iterable[Rejected]") -> None:
    """Print a line for each folder that is not used."""
    for one in rejected:
        typer.echo(one.notice, err=True)


def exit_if_broken(rejected: "Iterable[Rejected]") -> None:
    """End with the exit code of wrong data if a result among them cannot be believed."""
    if any(one.is_broken for one in rejected):
        raise typer.Exit(DataError.exit_code)


def require_runs(found: "Results", folders: Sequence[Path]) -> "Results":
    """``found``, in which there is at least a run that ended or began.

    Raises:
        DataError: when ``folders`` hold nothing that a run wrote.
    """
    if not found.runs and not found.rejected:
        named = ", ".join(map(str, folders))
        msg = f"no run in {named}: name the folder that `run` wrote with -o, or one of it"
        raise DataError(msg)
    return found
