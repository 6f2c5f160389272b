"""``fuzz`` and ``robustness``: tests of repair on broken text."""

from typing import Annotated

import typer

from harness.commands.options import DEMO, Data, Task
from harness.errors import HarnessError


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(fuzz)
    app.command()(robustness)


def fuzz(
    count: Annotated[
        int, typer.Option(metavar="N", help="How many texts to repair.", min=1)
    ] = 1_000_000,
    seed: Annotated[int, typer.Option(metavar="N", help="The seed that makes the texts.")] = 0,
    workers: Annotated[int, typer.Option(metavar="N", help="How many processes work.", min=1)] = 2,
) -> None:
    """Test repair on random and mutated texts.

    Repair must raise nothing, give one legal tag for each unit, and change nothing the second
    time.
    """
    from rich.console import Console
    from rich.progress import Progress

    from harness.generation.fuzz import fuzz as run

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("repair", total=count)
        report = run(count, seed, workers, lambda done, _: bar.update(task, completed=done))
    each = 1000 * report.seconds / report.texts
    typer.echo(f"{report.texts} texts, {report.malformed} malformed, {each:.3f} ms each")
    typer.echo(f"slowest {1000 * report.slowest:.0f} ms ({report.slowest_case})")
    if report.failures:
        raise HarnessError("repair broke its promise:\n" + "\n".join(report.failures))


def robustness(
    task: Task = DEMO,
    format_: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="tags, char-tag, indexed, inline or json."),
    ] = "char-tag",
    seed: Annotated[int, typer.Option(metavar="N", help="The seed that plants the faults.")] = 13,
    data: Data = None,
) -> None:
    """Score how well repair undoes planted faults.

    One to three faults are planted into each gold answer of a test set, repaired and scored.
    """
    from harness.analysis.plain_table import table
    from harness.data.nesting import require_flat
    from harness.data.splits import TEST
    from harness.data.task import load
    from harness.generation import robustness as faulty
    from harness.scoring.score import percent

    loaded = load(task, data)
    require_flat(loaded.keep, loaded.name)
    rows = faulty.robustness(loaded.splits[TEST].examples, loaded.tags, format_, seed)
    shown = [
        [row.fault, "yes" if row.recoverable else "no", row.malformed, percent(row.raw.f1),
         percent(row.repaired.f1), f"{1000 * row.repairs / row.units:.1f}"]
        for row in rows
    ]  # fmt: skip
    head = ["fault", "recoverable", "malformed", "raw F1", "repaired F1", "repairs / 1,000 units"]
    typer.echo(f"{format_} on {loaded.name}, test, {rows[0].sentences} sentences\n")
    typer.echo(table(head, shown))
