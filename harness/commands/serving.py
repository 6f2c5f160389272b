"""``serve``: a finished run behind HTTP."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(serve)


def serve(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address to listen on; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            metavar="N", help="The port to listen on; 0 for any that is free.", min=0, max=65535
        ),
    ] = 8000,
) -> None:
    """Serve a finished run over HTTP.

    POST /predict tags text as `predict` does, GET /health tells what is served, GET / is a page to
    try it, and /openapi.json describes all. There is no password: keep it where only those reach it
    who may use it.
    """
    from harness.runs import processes
    from harness.serving import server

    processes.environment(threads=1)
    server.serve(run, host, port)
