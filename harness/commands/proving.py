"""``verify``, ``rescore``, ``merge``, ``reproduce``, ``import-predictions``, ``oracle``."""

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import ConfigError

Folders = Annotated[list[Path], typer.Argument(help="Run folders, or folders of them.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="The folder to write run folders to.")]
Data = Annotated[Path | None, typer.Option(help="The folder that holds the data sets.")]
Task = Annotated[str, typer.Option(help="A task file or the name of a shipped task.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (verify, rescore, merge, reproduce, oracle):
        app.command()(command)
    app.command("import-predictions")(import_predictions)


def verify(folders: Folders) -> None:
    """Recompute each result from its stored predictions; they must be equal to the last bit."""
    from harness.results import reader
    from harness.results.verify import differences

    found = reader.read(folders)
    problems = [problem for result in found.runs for problem in differences(result)]
    problems += [
        f"{r.folder}: {r.reason}" for r in found.rejected if r.kind in ("corrupt", "newer")
    ]
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"{len(found.runs)} results read, {len(problems)} problems")
    if problems:
        raise typer.Exit(1)


def rescore(
    folders: Folders,
    output: Output,
    policy: Annotated[str, typer.Option(help="conlleval, strict or discard")] = "conlleval",
    label: Annotated[list[str] | None, typer.Option(help="Keep only these types.")] = None,
) -> None:
    """Score stored predictions by another rule, without a model, as results of their own."""
    from harness.results import reader
    from harness.studies.rescoring import Rule
    from harness.studies.rescoring import rescore as rescored
    from harness.tags import POLICIES

    if policy not in POLICIES:
        msg = f"--policy {policy}: there are {', '.join(POLICIES)}"
        raise ConfigError(msg)
    rule = Rule(policy, tuple(label or ()))
    for result in reader.read(folders).runs:
        typer.echo(rescored(result, rule, output))


def merge(folders: Folders, output: Output) -> None:
    """Copy finished runs of other machines into one folder; refuse what may not be compared."""
    from harness.studies.merging import merge as merged

    done = merged(folders, output)
    typer.echo(f"{len(done.copied)} runs copied to {output}, {len(done.known)} were there before")


def reproduce(
    folder: Annotated[Path, typer.Argument(help="A run folder, or its run.json or metrics.json.")],
    output: Output = Path("results/reproduced"),
    data: Data = None,
) -> None:
    """Run a stored result again: equal, within its interval, or different and why (exit code 1)."""
    from harness import registry
    from harness.results import reader
    from harness.runs import grid
    from harness.runs.progress import Display
    from harness.studies import reproduction

    first = reproduction.stored(folder)
    module = registry.find(first.run.backend).module
    grid.prepare([module], first.run.settings["threads"])
    cell = reproduction.cell(first, output, data)
    with Display() as display:
        grid.Grid([cell], 1, display).run()
    verdict = reproduction.compare(first, reader.read([cell.folder]).runs[0])
    typer.echo("\n".join([verdict.outcome, *verdict.reasons]))
    if verdict.outcome == "different":
        raise typer.Exit(1)


def import_predictions(
    file: Annotated[Path, typer.Argument(help="The predictions, in the order of the test set.")],
    task: Task,
    name: Annotated[str, typer.Option(help="The name of the row.")],
    format_: Annotated[str, typer.Option("--format", help="conll, jsonl or strings")] = "conll",
    rule: Annotated[str, typer.Option(help="cursor, first or every; for strings")] = "cursor",
    seed: Annotated[
        list[int] | None, typer.Option(help="The seed; all of them where none matters.")
    ] = None,
    planned: Annotated[list[int] | None, typer.Option("--planned-seed", help="All seeds.")] = None,
    weights: Annotated[str, typer.Option(help="Where its weights came from.")] = "not stated",
    state: Annotated[list[str] | None, typer.Option(help="key=value, as a run records it.")] = None,
    output: Output = Path("results"),
    data: Data = None,
) -> None:
    """Store predictions made elsewhere as a run, so that they enter the same table."""
    from harness.data.task import load
    from harness.studies.external import FORMATS, Import, write
    from harness.studies.stated_facts import StatedFacts

    if format_ not in FORMATS:
        msg = f"--format {format_}: there are {', '.join(FORMATS)}"
        raise ConfigError(msg)
    seeds, facts = tuple(seed or [0]), StatedFacts.parse(state or [])
    given = Import(file, format_, name, seeds, tuple(planned or ()), rule, weights, facts)
    for folder in write(load(task, data), task, given, output):
        typer.echo(folder)


def oracle(
    backend: Annotated[
        list[str] | None, typer.Option("--backend", help="Names of backends, or `all`.")
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="Show what the habits of other systems lose.")
    ] = False,
    task: Annotated[list[str] | None, typer.Option("--task", help="Tasks; the demo.")] = None,
    preset: Annotated[str, typer.Option(help="configs/backends/<backend>.<preset>.yaml")] = "tiny",
    set_: Annotated[list[str] | None, typer.Option("--set", help="key=value")] = None,
    data: Data = None,
) -> None:
    """Send gold through each backend's own path: the highest F1 that it could ever score."""
    from harness import registry
    from harness.runs import grid
    from harness.studies import ceilings, rule_ceilings

    if not backend and not rules:
        raise ConfigError("oracle needs --backend NAME (or `all`), or --rules, or both")
    tasks = task or ["demo"]
    if backend:
        grid.environment(threads=1)
        for line in ceilings.lines(registry.names_of(backend), tasks, preset, set_ or [], data):
            typer.echo(line)
    if rules:
        for line in rule_ceilings.lines(tasks, data):
            typer.echo(line)
