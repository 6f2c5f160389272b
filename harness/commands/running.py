"""``run``: train and evaluate backends on a task, and print the leaderboard."""

from pathlib import Path
from typing import Annotated

import typer

from harness import api
from harness.errors import HarnessError

Backends = Annotated[list[str], typer.Option("--backend", help="Names, or `all` installed ones.")]
Tasks = Annotated[
    list[str] | None, typer.Option("--task", help="Task files or names of shipped ones.")
]
Seeds = Annotated[list[int] | None, typer.Option("--seed", help="One run each; 13, 42, 87.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="key=value or backend.key=value.")]
Preset = Annotated[str, typer.Option(help="configs/backends/<backend>.<preset>.yaml")]
Output = Annotated[Path, typer.Option(help="The folder that holds the run folders.")]
Data = Annotated[Path | None, typer.Option(help="The folder that holds the data sets.")]
Limit = Annotated[int | None, typer.Option(help="Keep the first N sentences of each split.", min=1)]
Highlight = Annotated[list[str] | None, typer.Option(help="Backends whose rows are marked.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan, train nothing.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print the table only.")]
DEMO = "demo"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(run)


def run(
    backend: Backends,
    task: Tasks = None,
    seed: Seeds = None,
    preset: Preset = "tiny",
    set_: Sets = None,
    output: Output = Path("results"),
    data: Data = None,
    limit: Limit = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda")] = None,
    precision: Annotated[
        str | None, typer.Option(help="auto, fp32, bf16, or bf16-all: in prediction too")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each run.", min=1)] = None,
    workers: Annotated[int | None, typer.Option(help="Runs side by side.", min=1)] = None,
    highlight: Highlight = [],  # noqa: B006 - typer copies it
    allow_overlap: Annotated[
        bool, typer.Option("--allow-overlap", help="Take a test set that train or dev contains.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan, train nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print the table only.")] = False,
) -> None:
    """Train and evaluate backends on tasks, with each seed, and print the leaderboard."""
    from harness.runs.config import assignments

    given = {
        "device": device, "precision": precision, "threads": threads, "limit": limit,
        "allow_overlap": allow_overlap or None,
    }  # fmt: skip
    options = assignments(set_ or [])
    options |= {name: value for name, value in given.items() if value is not None}
    experiment = api.plan(
        task or [DEMO], backend, seeds=seed or api.SEEDS, preset=preset, options=options,
        output=output, data=data,
    )  # fmt: skip
    if dry_run:
        _show(experiment)
        return
    failure = finish(experiment, workers, quiet=quiet)
    _print_leaderboard(experiment, tuple(highlight or ()))
    if failure:
        raise failure


def finish(experiment: api.Experiment, workers: int | None, *, quiet: bool) -> HarnessError | None:
    """Run an experiment; a failure is given back, so that the table of the others comes first."""
    try:
        experiment.run(workers=workers, quiet=quiet)
    except HarnessError as error:
        return error
    return None


def _print_leaderboard(experiment: api.Experiment, highlight: tuple[str, ...]) -> None:
    from harness.leaderboard.build import SCREEN

    found = experiment.results()
    if found.runs:
        table = api.build_leaderboard(found, highlight=highlight, columns=SCREEN)
        typer.echo(api.render(table), nl=False)


def _show(experiment: api.Experiment) -> None:
    """Print the resolved configuration and the plan."""
    import yaml

    request, cells = experiment.request, experiment.cells
    shown = {
        "settings": request.settings.model_dump(),
        "backends": {cell.plugin.name: dict(cell.options.values) for cell in cells},
        "runs": [{"run": cell.name, "folder": str(cell.folder)} for cell in cells],
    }
    typer.echo(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False))
