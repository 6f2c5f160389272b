"""The options that several commands share, so that one option reads and means the same in all."""

from pathlib import Path
from typing import Annotated, Any

import typer

from harness.api import SEEDS

DEMO = "demo"
TINY = "tiny"

Folders = Annotated[
    list[Path],
    typer.Argument(metavar="FOLDER", help="Run folders, or folders that contain them."),
]
Backends = Annotated[
    list[str],
    typer.Option("--backend", metavar="NAME...", help="Backends, or `all` installed ones."),
]
Task = Annotated[
    str,
    typer.Option(
        "--task",
        metavar="TASK",
        help="A task file, the name of a shipped task, or hub:OWNER/NAME@REVISION.",
    ),
]


def tasks_option(default: str) -> Any:
    """``--task`` of several; ``default`` says in words which they are without it."""
    return typer.Option(
        "--task",
        metavar="TASK...",
        help="Task files, names of shipped tasks, or hub:OWNER/NAME@REVISION.",
        show_default=default,
    )


def seeds_option(default: str) -> Any:
    """``--seed``; ``default`` says in words which they are without it."""
    return typer.Option(
        "--seed", metavar="N...", help="Seeds, each a run of its own.", show_default=default
    )


Tasks = Annotated[list[str] | None, tasks_option(DEMO)]
Seeds = Annotated[list[int] | None, seeds_option(", ".join(map(str, SEEDS)))]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Runs at a time.",
        min=1,
        show_default="one for each GPU, else as many as the cores hold",
    ),
]
Executor = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Where runs are done: processes of this machine, or ray, the nodes of its cluster.",
    ),
]
RunsPerGpu = Annotated[
    int, typer.Option("--runs-per-gpu", metavar="N", help="How many runs share a GPU.", min=1)
]
Preset = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="The options to start from: configs/backends/BACKEND.NAME.yaml."
    ),
]
Presets = Annotated[
    list[str] | None,
    typer.Option(
        "--preset",
        metavar="NAME...",
        help="The options to start from, configs/backends/BACKEND.NAME.yaml; of several, each that "
        "a backend has.",
        show_default=TINY,
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE...", help="Options and settings; KEY may be BACKEND.OPTION."
    ),
]
OutputFolder = Annotated[
    Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write the run folders.")
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="The file to write.",
        show_default="standard output",
    ),
]
Data = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="The folder that contains the data sets.")
]
Limit = Annotated[
    int | None,
    typer.Option(metavar="N", help="Read only the first N sentences of each split.", min=1),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan and train nothing.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the result.")]
