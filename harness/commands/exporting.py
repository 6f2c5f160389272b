"""``export-model``, ``export-data``, ``export-predictions``: what leaves the house."""

from pathlib import Path
from typing import Annotated

import typer

from harness import api
from harness.commands.options import Data

To = Annotated[
    str,
    typer.Option(
        "--to", metavar="FORMAT", help="conll, jsonl, docbin, labelstudio, doccano or brat."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("export-model")(export_model)
    app.command("export-data")(export_data)
    app.command("export-predictions")(export_predictions)


def export_model(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="A new folder to write.")
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="`transformers` (plain, for its pipeline), onnx, or int8 (ONNX in 8 bits).",
        ),
    ] = "transformers",
    row: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Also store it as a run below this results folder, with its own F1 and speed.",
        ),
    ] = None,
) -> None:
    """Export the model of a finished run, with a card.

    What is exported answers the test set first: it has the tags of the run, or, in 8 bits, an F1
    that is shown to be within 0.5 of it. Else nothing is written.
    """
    delivered = api.export_model(run, output, to=to, row=row)
    typer.echo(f"{delivered.folder}\n{delivered.proof.words}")
    if delivered.row:
        typer.echo(f"{delivered.row} (a row of its own: {to})")


def export_data(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="A task file, or the name of a shipped task.")
    ],
    to: To,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="A new folder to write.")
    ],
    data: Data = None,
) -> None:
    """Write the gold of a task for another tool.

    A task file lies beside it. The copy is read back and must equal the original.
    """
    typer.echo(api.export_data(task, output, to=to, data=data))


def export_predictions(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    to: To,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="PATH", help="A new file to write; for brat, a folder."
        ),
    ],
) -> None:
    """Write the answers of a run for another tool."""
    typer.echo(api.export_predictions(run, output, to=to))
