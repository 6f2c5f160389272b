"""``pretrain``: let a backend learn from raw text before any task."""

from pathlib import Path
from typing import Annotated

import typer

from harness.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(pretrain)


def pretrain(
    text: Annotated[
        list[Path], typer.Argument(help="Files of text (.txt, .txt.gz), or folders of them.")
    ],
    backend: Annotated[str, typer.Option(help="The backend that learns.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The folder of the weights, new or unfinished.")
    ],
    characters: Annotated[int, typer.Option(help="How much is read.", min=1)] = 60_000_000,
    window: Annotated[int, typer.Option(help="Characters that are read at once.", min=16)] = 256,
    alphabet: Annotated[int, typer.Option(help="The most characters to know.", min=1)] = 6000,
    power: Annotated[
        float, typer.Option(help="A source's share: its size to this power, 0 to 1.")
    ] = 0.5,
    passes: Annotated[float, typer.Option(help="How often a source is read at most.")] = 4.0,
    weight: Annotated[
        list[str] | None, typer.Option(help="SOURCE=FACTOR multiplies the share of a source.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="Read only text under these, such as cc0,cc-by,mit.")
    ] = None,
    shippable: Annotated[
        bool, typer.Option("--shippable", help="Read only what weights may be shipped of.")
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(help="Hold out dev and test of these; all shipped ones that are here."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The folder that holds the data sets.")] = None,
    preset: Annotated[str, typer.Option(help="configs/backends/<backend>.<preset>.yaml")] = (
        "pretrain"
    ),
    set_: Annotated[list[str] | None, typer.Option("--set", help="An option: key=value.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the order of the text, too.")] = 13,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of a CPU.", min=1)] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be read, train nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print the result only.")] = False,
) -> None:
    """Pretrain a backend on raw text; the same command goes on where it was interrupted."""
    from harness.pretraining import licences, summary
    from harness.pretraining.corpus import Filter
    from harness.pretraining.mixture import Mixture
    from harness.pretraining.plan import PretrainingRequest, TextRequest, plan
    from harness.pretraining.run import execute
    from harness.runs import grid
    from harness.runs.config import Override
    from harness.runs.progress import Display

    grid.environment(threads)
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
    made = plan(
        PretrainingRequest(asked, backend, preset, overrides, output, device, precision, threads)
    )
    if dry_run:
        typer.echo(summary.told(made.text))
        return
    with Display(quiet=quiet) as display:
        display.line(summary.told(made.text))
        record = execute(made, lambda progress: display.show(backend, progress))
    typer.echo(summary.ended(record))


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
