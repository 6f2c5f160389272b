"""``verify``, ``rescore``, ``merge``, ``reproduce``, ``import-predictions``, ``oracle``."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import (
    DEMO,
    Data,
    Folders,
    OutputFolder,
    Preset,
    Sets,
    Task,
    Tasks,
)
from harness.errors import ConfigError

# The fields of ``harness.archive.stated_facts``, which --help does not wait for.
STATABLE = (
    "training, selection, window_limit, window_margin, precision, tuning_trials, "
    "document_context, device, threads"
)


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (verify, rescore, merge, reproduce, oracle):
        app.command()(command)
    app.command("import-predictions")(import_predictions)


def verify(folders: Folders) -> None:
    """Recompute results from their stored predictions.

    Exits with code 1 if a stored result differs, even in the last bit.
    """
    from harness.results import verify as verifying

    report = verifying.report(folders)
    for problem in report.problems:
        typer.echo(problem)
    if report.unhashed:
        typer.echo(f"hashes of files: not recorded by {report.unhashed} results")
    typer.echo(f"{report.results} results read, {len(report.problems)} problems")
    if report.problems:
        raise typer.Exit(1)


def rescore(
    folders: Folders,
    output: OutputFolder,
    policy: Annotated[
        str, typer.Option(metavar="NAME", help="conlleval, strict or discard.")
    ] = "conlleval",
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL...", help="The entity types to keep.", show_default="all"),
    ] = None,
) -> None:
    """Score stored predictions under another policy.

    The new scores are stored as results of their own; no model is needed.
    """
    from harness.archive.rescoring import Rule, require_original
    from harness.archive.rescoring import rescore as rescored
    from harness.commands.notices import exit_if_broken, notice, require_runs
    from harness.results import reader, verify
    from harness.tags import POLICIES

    if policy not in POLICIES:
        msg = f"--policy {policy}: choose one of {', '.join(POLICIES)}"
        raise ConfigError(msg)
    rule = Rule(policy, tuple(label or ()))
    found = verify.check(require_runs(reader.read(folders), folders))
    for run in found.runs:
        require_original(run)  # of all, before anything is written
    for run in found.runs:
        typer.echo(rescored(run, rule, output))
    notice(found.rejected)
    exit_if_broken(found.rejected)


def merge(folders: Folders, output: OutputFolder) -> None:
    """Copy finished runs from several folders into one.

    Seeds that failed or did not finish come along; runs that may not be compared are refused.
    """
    from harness.archive.merging import merge as merged

    done = merged(folders, output)
    lost = f"; {len(done.lost)} that did not finish" if done.lost else ""
    there = f"{len(done.known)} were there before"
    typer.echo(f"{len(done.copied)} runs copied to {output}, {there}{lost}")


def reproduce(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or its run.json or metrics.json.")
    ],
    output: OutputFolder = Path("results/reproduced"),
    data: Data = None,
) -> None:
    """Run a stored result again and compare the two.

    The verdict is equal, within its interval, or different; then it says why and exits with
    code 1.
    """
    from harness import registry
    from harness.archive import reproduction
    from harness.results import reader, verify
    from harness.runs import grid, launch, processes
    from harness.runs.progress import Display

    launch.refuse("reproduce")
    first = reproduction.stored(folder)
    processes.prepare(registry.modules_of([first.run.backend]), first.run.settings["threads"])
    cell = reproduction.cell(first, reproduction.fresh(output), data)
    with Display() as display:
        grid.Grid([cell], 1, display).run()
    verdict = reproduction.compare(first, verify.require_sound(reader.one(cell.folder)))
    typer.echo("\n".join([verdict.outcome, *verdict.reasons]))
    if verdict.outcome == "different":
        raise typer.Exit(1)


def import_predictions(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The predictions, in the order of the test set.")
    ],
    task: Task,
    name: Annotated[str, typer.Option(metavar="NAME", help="The name of the row in the table.")],
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="conll, jsonl (spans, tags, or what `predict --json` writes), strings or "
            "labelstudio (its predictions).",
            show_default="guessed from the first line: an object, a list of tasks, or columns",
        ),
    ] = None,
    rule: Annotated[
        str,
        typer.Option(metavar="NAME", help="How strings are located: cursor, first or every."),
    ] = "cursor",
    seed: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N...",
            help="The seed of the predictions, or several for a deterministic system.",
            show_default="0",
        ),
    ] = None,
    planned: Annotated[
        list[int] | None,
        typer.Option(
            "--planned-seed",
            metavar="N...",
            help="All seeds that were planned.",
            show_default="those of --seed",
        ),
    ] = None,
    weights: Annotated[
        str, typer.Option(metavar="TEXT", help="Where the weights came from.")
    ] = "not stated",
    state: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE...", help=f"Facts, as a run records them: {STATABLE}."),
    ] = None,
    output: OutputFolder = Path("results"),
    data: Data = None,
) -> None:
    """Import predictions that another system made.

    They are scored and stored as a run, so that they enter the same table.
    """
    from harness.archive.external import FORMATS, Import, format_of, write
    from harness.archive.stated_facts import StatedFacts
    from harness.comparability.certificate import readings, unknown
    from harness.data.task import load
    from harness.numbers import percent
    from harness.results import evaluate, reader

    if format_ is None:
        format_ = format_of(file)
    if format_ not in FORMATS:
        msg = f"--format {format_}: choose one of {', '.join(FORMATS)}"
        raise ConfigError(msg)
    seeds, facts = tuple(seed or [0]), StatedFacts.parse(state or [])
    given = Import(file, format_, name, seeds, tuple(planned or ()), rule, weights, facts)
    folders = write(load(task, data), task, given, output)
    result = reader.one(folders[0])
    for folder in folders:
        typer.echo(folder)
    f1 = result.metrics.micro().f1
    typer.echo(f"F1 {'n/a' if f1 is None else percent(f1)}", err=True)
    if words := evaluate.unknown_labels(result.metrics):
        typer.echo(words, err=True)
    if lines := unknown(readings(result)):
        typer.echo(
            f"not known of it: {', '.join(lines)}; such a row is not ranked with others "
            "(--state KEY=VALUE)",
            err=True,
        )


def oracle(
    backend: Annotated[
        list[str] | None,
        typer.Option("--backend", metavar="NAME...", help="Backends, or `all` installed ones."),
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="Show what the habits of other systems lose.")
    ] = False,
    task: Tasks = None,
    preset: Preset = "tiny",
    set_: Sets = None,
    data: Data = None,
) -> None:
    """Print the highest F1 that each backend could reach.

    Gold goes through the backend's own path (windows, tokenizer, format, repair) and is scored.
    """
    from harness import registry
    from harness.oracle import ceilings, rule_ceilings
    from harness.runs import processes

    if not backend and not rules:
        raise ConfigError("oracle needs --backend NAME (or `all`), or --rules, or both")
    tasks = task or [DEMO]
    if backend:
        processes.environment(threads=1)
        for line in ceilings.lines(registry.names_of(backend), tasks, preset, set_ or [], data):
            typer.echo(line)
    if rules:
        for line in rule_ceilings.lines(tasks, data):
            typer.echo(line)
