"""``pretrain``: let a backend learn from raw text before any task."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import Data, DryRun, Preset, Quiet, Sets
from harness.errors import ConfigError, Interrupted
from harness.protocol import UNFINISHED


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(pretrain)


def pretrain(
    text: Annotated[
        list[Path],
        typer.Argument(metavar="TEXT", help="Text files (.txt, .txt.gz), or folders of them."),
    ],
    backend: Annotated[
        str, typer.Option("--backend", metavar="NAME", help="The backend that learns.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FOLDER", help="The folder of the weights, new or unfinished."
        ),
    ],
    characters: Annotated[
        int, typer.Option(metavar="N", help="How many characters to read.", min=1)
    ] = 60_000_000,
    window: Annotated[
        int, typer.Option(metavar="N", help="How many characters to read at a time.", min=16)
    ] = 256,
    alphabet: Annotated[
        int, typer.Option(metavar="N", help="How many characters the model may know.", min=1)
    ] = 6000,
    power: Annotated[
        float,
        typer.Option(metavar="P", help="The share of a source is its size to this power, 0 to 1."),
    ] = 0.5,
    passes: Annotated[
        float, typer.Option(metavar="N", help="How often a source is read at most.")
    ] = 4.0,
    weight: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE=FACTOR...", help="Multiply the share of a source."),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Read only text under these licences, such as cc0,cc-by,mit."
        ),
    ] = None,
    shippable: Annotated[
        bool, typer.Option("--shippable", help="Read only text whose weights may be shipped.")
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            metavar="TASK...",
            help="Hold out the dev and test sentences of these tasks.",
            show_default="all shipped tasks whose data are here",
        ),
    ] = None,
    data: Data = None,
    preset: Preset = "pretrain",
    set_: Sets = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="The seed; it also draws the order of the text.")
    ] = 13,
    device: Annotated[str, typer.Option(metavar="NAME", help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option(metavar="NAME", help="auto, fp32 or bf16.")] = "auto",
    threads: Annotated[int, typer.Option(metavar="N", help="CPU threads.", min=1)] = 1,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Pretrain a backend on raw text.

    The same command continues a pretraining that was interrupted; a signal leaves a checkpoint.
    """
    from harness.pretraining import licences, summary
    from harness.pretraining.corpus import Filter
    from harness.pretraining.mixture import Mixture
    from harness.pretraining.plan import PretrainingRequest, TextRequest, plan
    from harness.pretraining.run import execute
    from harness.runs import processes
    from harness.runs.config import Override
    from harness.runs.progress import Display
    from harness.runs.stopping import Stopping

    processes.environment(threads)
    asked = TextRequest(
        paths=tuple(text),
        characters=characters,
        window=window,
        alphabet=alphabet,
        mixture=Mixture(power, passes, _factors(weight or [])),
        filter=Filter(licences.parse(licence) if licence is not None else None, shippable),
        tasks=tuple(task) if task else None,
        data=data,
        seed=seed,
    )
    overrides = tuple(map(Override.parse, set_ or []))
    request = PretrainingRequest(
        asked, backend, preset, overrides, output, device, precision, threads
    )
    with _way_on(output):
        made = plan(request)
        if dry_run:
            typer.echo(summary.describe_text(made.text))
            return
        with Display(quiet=quiet) as display, Stopping() as stopping:
            display.line(summary.describe_text(made.text))
            show = stopping.after(lambda progress: display.show(backend, progress))
            record = execute(made, show)
    typer.echo(summary.describe_result(record))


@contextmanager
def _way_on(folder: Path) -> Iterator[None]:
    """Say how to go on with the work in here, where a signal ends it."""
    try:
        yield
    except Interrupted:
        kept = any((folder / UNFINISHED).glob("*.json"))
        way = "goes on from the last checkpoint in" if kept else "begins again: nothing is in"
        typer.echo(f"interrupted: the same command {way} {folder}", err=True)
        raise


def _factors(weights: list[str]) -> dict[str, float]:
    """``name=2`` as a factor by name."""
    factors = {}
    for text in weights:
        name, equals, factor = text.partition("=")
        try:
            factors[name] = float(factor)
        except ValueError:
            equals = ""
        if not equals or not name:
            msg = f"--weight {text!r}: expected SOURCE=FACTOR, such as novels=0.5"
            raise ConfigError(msg)
    return factors
