"""``suggest``: which sentences to label next."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import OutputFile

Answers = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...", help="Answers of `predict --json` to one text, a system each."
    ),
]
Number = Annotated[int, typer.Option("-n", "--number", metavar="N", help="How many.", min=1)]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(suggest)


def suggest(answers: Answers, number: Number = 100, output: OutputFile = None) -> None:
    """Rank the sentences to label next.

    Those come first about which models are unsure or disagree, and that are unlike
    the ones before them. Writes a table with tabs, quoted as CSV is.
    """
    from harness.labelling import answers as reading
    from harness.labelling.ranking import ranked
    from harness.labelling.remarks import remarks
    from harness.labelling.table import table
    from harness.results import store

    answered = reading.read(answers)
    found = ranked(answered, number)
    for remark in remarks(answered.texts, found):
        typer.echo(remark, err=True)
    content = table(found)
    if output is None:
        typer.echo(content, nl=False)
    else:
        store.write(output, content)
