"""``run``: train and evaluate backends on a task, and print the leaderboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import registry
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.runs.plan import GridCell, Request

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
DEMO, SEEDS = "demo", (13, 42, 87)


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
    names = names_of(backend)
    prepare(names, threads or 1)
    from harness.runs.config import Override, settings_from
    from harness.runs.plan import Request, plan

    overrides = tuple(map(Override.parse, set_ or []))
    settings = settings_from(
        overrides, device=device, precision=precision, threads=threads, limit=limit,
        allow_overlap=allow_overlap or None,
    )  # fmt: skip
    seeds = tuple(dict.fromkeys(seed or SEEDS))
    tasks = tuple(task or [DEMO])
    request = Request(tasks, names, seeds, preset, overrides, settings, output, data)
    cells = plan(request)
    if dry_run:
        _show(request, cells)
        return
    failure = train(cells, settings.threads, workers, quiet=quiet)
    _print_leaderboard(cells, tuple(highlight or ()))
    if failure:
        raise failure


def names_of(chosen: list[str]) -> tuple[str, ...]:
    """The names that were asked for, ``all`` meaning all that are installed."""
    if chosen == ["all"]:
        return tuple(plugin.name for plugin in registry.installed())
    return tuple(dict.fromkeys(chosen))


def prepare(names: tuple[str, ...], threads: int) -> None:
    """Start the server of the child processes while this process still imports."""
    from harness.runs import grid

    grid.prepare(sorted({registry.find(name).module for name in names}), threads)


def train(
    cells: "tuple[GridCell, ...]", threads: int, workers: int | None, *, quiet: bool
) -> HarnessError | None:
    """Run the cells; a failure is given back, so that the table of the others is printed first."""
    from harness.runs import grid
    from harness.runs.progress import Display

    side_by_side = min(workers or grid.workers(cells, threads), len(cells))
    with Display(quiet=quiet) as display:
        display.line(f"{len(cells)} runs, {side_by_side} side by side, {threads} thread(s) each")
        try:
            grid.Grid(cells, side_by_side, display).run()
        except HarnessError as error:
            return error
    return None


def _print_leaderboard(cells: "tuple[GridCell, ...]", highlight: tuple[str, ...]) -> None:
    from harness.leaderboard.build import SCREEN, build
    from harness.leaderboard.render import FORMATS
    from harness.results import reader

    found = reader.read([cell.folder for cell in cells])
    if found.runs:
        table = build(found, highlight=highlight, columns=SCREEN)
        typer.echo(FORMATS["markdown"](table), nl=False)


def _show(request: "Request", cells: "tuple[GridCell, ...]") -> None:
    """Print the resolved configuration and the plan."""
    import yaml

    shown = {
        "settings": request.settings.model_dump(),
        "backends": {cell.plugin.name: dict(cell.options.values) for cell in cells},
        "runs": [{"run": cell.name, "folder": str(cell.folder)} for cell in cells],
    }
    typer.echo(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False))
