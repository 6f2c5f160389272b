"""``predict``: tag a raw text file with a finished run."""

from pathlib import Path
from typing import Annotated

import typer

from harness import api
from harness.commands.options import OutputFile


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(predict)


def predict(
    run: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a finished run.")],
    text: Annotated[
        Path, typer.Argument(metavar="FILE", help="A UTF-8 text file with a sentence on each line.")
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Write JSON Lines with character offsets.")
    ] = False,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Leave out entities of less confidence; counted on stderr."
        ),
    ] = None,
    output: OutputFile = None,
) -> None:
    """Tag a text file with a finished run.

    Writes a line of tags for each line of the file, or JSON Lines with entities.
    """
    from harness.results import store
    from harness.runs import grid
    from harness.runs.predict import as_json, lines_of, tag_writer

    grid.environment(threads=1)
    tagged = api.predict(run, lines_of(text), min_confidence=min_confidence)
    if min_confidence is not None:
        kept, dropped = (sum(len(o.entities) for o in tagged), sum(o.dropped for o in tagged))
        typer.echo(f"{dropped} of {kept + dropped} entities left out", err=True)
    write = as_json if json else tag_writer(run)
    content = "".join(write(line) + "\n" for line in tagged)
    if output is None:
        typer.echo(content, nl=False)
    else:
        store.write(output, content)
