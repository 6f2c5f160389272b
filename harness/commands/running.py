"""``run``: train and evaluate backends on a task, and print the leaderboard."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness import api
from harness.commands.options import (
    DEMO,
    TINY,
    Backends,
    Data,
    DryRun,
    Executor,
    Limit,
    OutputFolder,
    Presets,
    Quiet,
    RunsPerGpu,
    Seeds,
    Sets,
    Tasks,
    Workers,
)
from harness.errors import ConfigError, HarnessError, Interrupted, did_you_mean
from harness.results.store import is_complete
from harness.runs.placement import PROCESSES, Placement

if TYPE_CHECKING:
    from harness.data.size import Size
    from harness.runs.plan import GridCell

Highlight = Annotated[
    list[str] | None,
    typer.Option("--highlight", metavar="NAME...", help="Backends or rows to mark in the table."),
]
Device = Annotated[
    str | None, typer.Option(metavar="NAME", help="auto, cpu or cuda.", show_default="auto")
]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="auto, fp32, bf16, or bf16-all, which predicts in bf16 too.",
        show_default="auto",
    ),
]
Threads = Annotated[
    int | None, typer.Option(metavar="N", help="Threads for each run.", min=1, show_default="1")
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        metavar="MINUTES",
        help="End a run that takes longer; the same command goes on with it.",
        min=0,
    ),
]
AllowOverlap = Annotated[
    bool,
    typer.Option("--allow-overlap", help="Accept a test set that train or dev contains."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Set finished runs aside and do them again.")]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(run)


def run(
    backend: Backends,
    task: Tasks = None,
    seed: Seeds = None,
    preset: Presets = None,
    set_: Sets = None,
    output: OutputFolder = Path("results"),
    data: Data = None,
    limit: Limit = None,
    device: Device = None,
    precision: Precision = None,
    threads: Threads = None,
    workers: Workers = None,
    executor: Executor = PROCESSES,
    runs_per_gpu: RunsPerGpu = 1,
    time_limit: TimeLimit = None,
    highlight: Highlight = None,
    allow_overlap: AllowOverlap = False,
    fresh: Fresh = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Train and score backends; print the leaderboard.

    Every backend is trained on every task with every seed, once for each preset. A finished run in
    the output folder is not repeated; one that is damaged is set aside and done again. The table
    has every seed of its rows that the output folder holds, whichever command asked for it.
    """
    from harness.runs import launch
    from harness.runs.config import assignments

    given = {
        "device": device, "precision": precision, "threads": threads, "limit": limit,
        "allow_overlap": allow_overlap or None,
    }  # fmt: skip
    experiment = api.plan(
        task or [DEMO], backend, seeds=seed or api.SEEDS, preset=preset or TINY,
        options=assignments(set_ or [], given), output=output, data=data,
    )  # fmt: skip
    _tell_lacking(experiment, preset or ())
    _require_marked(experiment, highlight or ())
    experiment = experiment.afresh() if fresh else experiment
    if dry_run:
        _show(experiment)
        return
    seconds = math.inf if time_limit is None else 60 * time_limit
    placement = Placement(executor, workers, seconds, runs_per_gpu)
    failure = finish(experiment, placement, quiet=quiet)
    if launch.follows():
        if failure:
            raise failure
        return  # the first process prints
    try:
        _print_leaderboard(experiment, tuple(highlight or ()))
    except HarnessError as error:
        if failure is None:
            raise
        typer.echo(f"no table: {error}", err=True)  # what went wrong first is told last
    if failure:
        raise failure


def _require_marked(experiment: api.Experiment, highlight: "Sequence[str]") -> None:
    """Refuse, before anything is trained, to mark a row that begins with none of the backends.

    What else a row is called is known once it is there.
    """
    names = tuple(dict.fromkeys(cell.plugin.name for cell in experiment.cells))
    for wanted in highlight:
        if wanted.partition(" ")[0] not in names:
            near = did_you_mean(wanted, names)
            msg = f"--highlight {wanted!r}: no such row{near}; the backends are {', '.join(names)}"
            raise ConfigError(msg)


def _tell_lacking(experiment: api.Experiment, presets: "Sequence[str]") -> None:
    """Say which backends do not run with all of ``presets``."""
    from harness.runs.config import has_preset

    for name in dict.fromkeys(cell.plugin.name for cell in experiment.cells):
        has = [one for one in presets if has_preset(name, one)]
        if lacking := [one for one in presets if one not in has]:
            told = f"{name} has no preset {', '.join(lacking)}: it runs with {', '.join(has)}"
            typer.echo(told, err=True)


def finish(
    experiment: api.Experiment, placement: Placement, *, quiet: bool
) -> HarnessError | Interrupted | None:
    """Run an experiment; a failure is given back, so that the table of the others comes first."""
    try:
        experiment.run(quiet=quiet, **asdict(placement))
    except HarnessError as error:
        return error
    except Interrupted as interruption:
        done = sum(is_complete(cell.folder) for cell in experiment.cells)
        typer.echo(
            f"interrupted: {done} of {len(experiment.cells)} runs are finished; the same command "
            "goes on with the others, from their last checkpoints",
            err=True,
        )
        return interruption
    return None


def _print_leaderboard(experiment: api.Experiment, highlight: tuple[str, ...]) -> None:
    from harness.leaderboard.build import SCREEN

    found = experiment.rows()
    if found.runs:
        table = api.build_leaderboard(found, highlight=highlight, columns=SCREEN)
        typer.echo(api.render(table), nl=False)


def _show(experiment: api.Experiment) -> None:
    """Print the resolved configuration and the plan."""
    import yaml

    from harness.runs.pricing import estimates

    cells = experiment.cells
    shown: dict[str, Any] = {
        "settings": cells[0].settings.model_dump(),
        "backends": {_kind(cell): dict(cell.options.values) for cell in cells},
        "runs": [{"run": cell.name, "folder": str(cell.folder)} for cell in cells],
    }
    shown |= {"data": _data(cells), "takes": _takes(cells)}
    if priced := estimates(cells):
        shown["estimates"] = {name: dict(one) for name, one in priced.items()}
    typer.echo(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False))


def _kind(cell: "GridCell") -> str:
    return f"{cell.plugin.name} {cell.options.preset}"


def _data(cells: "Sequence[GridCell]") -> dict[str, dict[str, int]]:
    """How large each task is, and what it takes in memory or in temporary files."""
    return {cell.task: _size(cell.size) for cell in cells}


def _size(size: "Size") -> dict[str, int]:
    where = "MiB of temporary files to read them" if size.on_disk else "MiB to read them"
    taken = math.ceil(size.bytes_to_read / 2**20)
    return {"sentences": size.sentences, "units": size.units, where: taken}


def _takes(cells: "Sequence[GridCell]") -> str:
    """The time and the memory of the runs that are left, as a study tells them."""
    from harness.studies import text
    from harness.studies.estimate import estimate
    from harness.studies.planned import PlannedRow

    rows: dict[tuple[str, str], list[GridCell]] = {}
    for cell in cells:
        rows.setdefault((cell.task, _kind(cell)), []).append(cell)
    planned = [PlannedRow({}, tuple(found)) for found in rows.values()]
    return text.describe(estimate(planned), planned)
