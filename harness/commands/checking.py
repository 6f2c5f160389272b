"""``check`` and ``new-backend``: whether a backend keeps the contract, and one that does."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import registry
from harness.commands.options import Preset, Sets
from harness.errors import BackendError

if TYPE_CHECKING:
    from harness.conformance.check import CheckResult

Backend = Annotated[str, typer.Option("--backend", metavar="NAME", help="The backend to check.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Patience = Annotated[
    float, typer.Option("--time-limit", metavar="MINUTES", help="End a check that takes longer.",
                        min=0)
]  # fmt: skip
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the backend is to be called.")]
NewFolder = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FOLDER", help="The folder to make.",
                 show_default="ner-NAME"),
]  # fmt: skip
HEAD = ("check", "result", "what is promised")


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(check)
    app.command("new-backend")(new_backend)


def check(
    backend: Backend,
    preset: Preset = "tiny",
    set_: Sets = None,
    time_limit: Patience = 1.0,
    json_: AsJson = False,
) -> None:
    """Check that a backend keeps the contract.

    It is trained on a few sentences, asked, saved and loaded, in processes of its own; no task and
    no GPU is needed. Exits with code 5 if a promise is broken, and says what to do.
    """
    from harness.conformance.examination import Examination, broken
    from harness.runs.config import Override
    from harness.runs.tryout import Wanted

    plugin = registry.find(backend)
    wanted = Wanted(preset, tuple(map(Override.parse, set_ or ())))
    verdicts = Examination(plugin, wanted, 60 * time_limit).run()
    typer.echo(_as_json(verdicts) if json_ else _table(verdicts))
    if failed := broken(verdicts):
        raise BackendError(_told(backend, [(one.key, v.found, one.remedy) for one, v in failed]))


def _table(verdicts: "Sequence[CheckResult]") -> str:
    from tabulate import tabulate

    from harness.conformance.examination import BY_KEY

    rows = [(one.key, one.status, BY_KEY[one.key].text) for one in verdicts]
    statuses = [one.status for one in verdicts]
    counts = ", ".join(f"{statuses.count(name)} {name}" for name in dict.fromkeys(statuses))
    return f"{tabulate(rows, HEAD, tablefmt='plain')}\n\n{len(rows)} checks: {counts}"


def _as_json(verdicts: "Sequence[CheckResult]") -> str:
    from harness.conformance.examination import BY_KEY

    rows = [
        one.as_dict() | {"promise": BY_KEY[one.key].text, "remedy": BY_KEY[one.key].remedy}
        for one in verdicts
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _told(backend: str, failed: Sequence[tuple[str, str, str]]) -> str:
    lines = "".join(f"\n  {key}: {found}\n    {remedy}" for key, found, remedy in failed)
    return f"backend {backend!r} breaks {len(failed)} of its promises{lines}"


def new_backend(name: Name, output: NewFolder = None) -> None:
    """Write a distribution with a backend to begin with.

    It installs as it is and passes `check`: a module with an option and the four methods, a test,
    and a README.
    """
    from harness.conformance.skeleton import write

    folder = output or Path(f"ner-{name}")
    for path in write(name, folder):
        typer.echo(path)
    typer.echo(
        f"next: pip install -e {folder} && python -m harness check --backend {name}", err=True
    )
