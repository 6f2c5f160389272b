"""``tune``: options chosen on the development set, as presets."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import DEMO, Backends, Data, Limit, Quiet, Sets, Task

Trials = Annotated[
    int, typer.Option(metavar="N", help="Trials of each backend, earlier ones included.", min=1)
]
Seed = Annotated[
    int, typer.Option(metavar="N", help="The seed of every training; no seed is searched.")
]
SpaceFile = Annotated[
    Path | None,
    typer.Option(
        "--space",
        metavar="FILE",
        help="What to search.",
        show_default="configs/tuning/BACKEND.yaml",
    ),
]
Preset = Annotated[
    str, typer.Option(metavar="NAME", help="The options that the search begins with.")
]
Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="FOLDER", help="Where journals and presets are kept."),
]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(tune)


def tune(
    backend: Backends,
    task: Task = DEMO,
    trials: Trials = 20,
    preset: Preset = "small",
    space: SpaceFile = None,
    seed: Seed = 0,
    set_: Sets = None,
    limit: Limit = None,
    data: Data = None,
    output: Output = Path("tuning"),
    quiet: Quiet = False,
) -> None:
    """Choose options on the development set.

    Each backend has the same number of trials, of which the best becomes a preset that
    `run --preset` takes; the certificate counts them. Test is never read. The same command
    goes on where it was interrupted.
    """
    from harness import registry
    from harness.runs import launch, processes
    from harness.runs.config import Override, settings_from
    from harness.runs.resolved import resolved
    from harness.tuning.tune import Wish, plan

    launch.refuse("tune")
    overrides = tuple(map(Override.parse, set_ or []))
    settings = resolved(settings_from(overrides, limit=limit))
    names = registry.names_of(backend)
    processes.prepare(registry.modules_of(names), settings.threads)
    wish = Wish(task, trials, preset, overrides, settings, seed, output, data)
    for search in plan(names, wish, space):
        typer.echo(search.run(lambda text: None if quiet else typer.echo(text, err=True)))
