"""``analyse``, ``compare``, ``suspects``, ``report``: where models are wrong, from files alone."""

from pathlib import Path
from typing import Annotated

import typer

Folders = Annotated[list[Path], typer.Argument(help="Run folders, or folders of them.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (analyse, compare, suspects, report):
        app.command()(command)


def analyse(folders: Folders) -> None:
    """Print errors by kind and F1 by bucket of each run, and store them as analysis.json."""
    from harness import analysis, results, store
    from harness.analysis import text

    for result in results.read(folders).runs:
        answers = analysis.load(result)
        found = analysis.analyse(answers)
        store.write_json(result.folder / analysis.ANALYSIS, found.to_dict())
        typer.echo(text.analysis(answers, found) + "\n")


def compare(folders: Folders) -> None:
    """Compare backends instance by instance: who is right where, and what they do together."""
    from harness import analysis
    from harness.analysis import comparison, text

    for runs in analysis.by_data(analysis.load_all(folders)):
        typer.echo(text.comparison(comparison.compare(runs)) + "\n")


def suspects(
    folders: Folders,
    output: Annotated[Path, typer.Option("-o", "--output", help="A .jsonl or a .csv file.")],
) -> None:
    """List suspected gold errors, by the agreement of backends and seeds against gold."""
    from harness import analysis, store
    from harness.analysis import export
    from harness.analysis.suspects import suspects as suspected

    found = [s for runs in analysis.by_data(analysis.load_all(folders)) for s in suspected(runs)]
    csv = output.suffix == ".csv"
    store.write(output, export.to_csv(found) if csv else export.to_jsonl(found))
    typer.echo(f"{len(found)} suspects in {output}")


def report(
    folders: Folders,
    output: Annotated[Path, typer.Option("-o", "--output", help="The page.")] = Path("report.html"),
) -> None:
    """Write one page to open from disk: scores, figures, every sentence with its answers."""
    from harness.report import build

    typer.echo(build(folders, output))
