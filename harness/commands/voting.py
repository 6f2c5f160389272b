"""``vote``: a row made of the stored answers of others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from harness.commands.options import Folders, OutputFolder
from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T", bound=str)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(vote)


def vote(
    folders: Folders,
    over: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What is voted on. entities: keep those that more than half of the votes found, "
            "which is what is scored. tags: decide each unit, so that systems may agree on part of "
            "an entity.",
        ),
    ] = "entities",
    votes: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What a vote counts: equal, or dev-f1, the development F1.",
        ),
    ] = "equal",
    output: OutputFolder = Path("results"),
) -> None:
    """Put the answers of finished systems together by a vote.

    Each seed is a run, so that the vote is a row of the leaderboard; no model is needed. Prints
    what each member adds, and what the best choice among their answers could reach.
    """
    from harness.archive import contributions, ensemble
    from harness.archive.voting import OVER, VOTES, Voting
    from harness.commands.notices import notice, require_runs
    from harness.results import reader, verify

    voting = Voting(_one_of("--over", over, OVER), _one_of("--votes", votes, VOTES))
    found = verify.check(require_runs(reader.read(folders), folders))
    notice(one for one in found.rejected if not one.is_broken)
    voters = ensemble.electorate(found)
    for words in ensemble.alike(voters):
        typer.echo(words, err=True)
    for folder in ensemble.write(voters, voting, output):
        typer.echo(folder)
    shown = contributions.page(contributions.contributions(voters, voting), voting)
    typer.echo(f"\n{shown}")


def _one_of(option: str, name: str, known: "Sequence[T]") -> T:
    for one in known:
        if name == one:
            return one
    msg = f"{option} {name}: choose one of {', '.join(known)}"
    raise ConfigError(msg)
