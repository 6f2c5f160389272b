"""What was found and not used, said on stderr by every command that leaves something out."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from harness.results.reader import Rejected


def notice(rejected: "Iterable[Rejected]") -> None:
    """Print a line for each folder that is not used."""
    for one in rejected:
        typer.echo(one.notice, err=True)
