"""``predict``: tag a raw text file with a finished run."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import OutputFile, Quiet


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(predict)


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    text: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A UTF-8 text file with a sentence on each line; - is standard input.",
            allow_dash=True,
        ),
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Write JSON Lines with character offsets.")
    ] = False,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            min=0,
            max=1,
            help="Leave out entities of less confidence; counted on stderr.",
        ),
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How a line is split into units: characters, words, spaces, or "
            "package.module:function.",
            show_default="characters or words, as the task",
        ),
    ] = None,
    output: OutputFile = None,
    quiet: Quiet = False,
) -> None:
    """Tag raw text with a finished run.

    Writes a line of tags for each line of the file, or JSON Lines with entities, whose offsets are
    those of the line.
    """
    from harness.results import store
    from harness.runs import processes
    from harness.runs.predict import as_json, lines_of, tag_writer, tagged, warning
    from harness.runs.progress import Display

    processes.environment(threads=1)
    write = as_json if json else tag_writer(run)
    lines = lines_of(text)
    with Display(quiet=quiet) as display:
        found = tagged(run, lines, min_confidence, units, partial(display.show, run.name))
    if told := warning(run, found, units):
        typer.echo(f"warning: {told}", err=True)
    if min_confidence is not None:
        kept, dropped = (sum(len(o.entities) for o in found), sum(o.dropped for o in found))
        typer.echo(f"{dropped} of {kept + dropped} entities left out", err=True)
    content = "".join(write(line) + "\n" for line in found)
    if output is None:
        typer.echo(content, nl=False)
    else:
        store.write(output, content)
