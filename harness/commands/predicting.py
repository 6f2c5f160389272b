"""``predict``: tag a raw text file with a finished run."""

from pathlib import Path
from typing import Annotated

import typer

from harness import api


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(predict)


def predict(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    text: Annotated[Path, typer.Argument(help="A UTF-8 text file, a sentence a line.")],
    json: Annotated[
        bool, typer.Option("--json", help="JSON Lines with character offsets.")
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", help="Write here, not to stdout.")] = None,
) -> None:
    """Tag each line of a text file: tags out, one line per line, or JSON Lines."""
    from harness.results import store
    from harness.runs import grid
    from harness.runs.predict import as_json, lines_of, tag_writer

    grid.environment(threads=1)
    tagged = api.predict(run, lines_of(text))
    write = as_json if json else tag_writer(run)
    content = "".join(write(line) + "\n" for line in tagged)
    if output is None:
        typer.echo(content, nl=False)
    else:
        store.write(output, content)
