"""``list``: the installed backends and the shipped tasks; imports none of them.

Asked for a backend by name it prints its options, which only the code of that backend knows.
"""

import json
from collections.abc import Iterator
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import typer

from harness import registry
from harness.protocol import Pretrains
from harness.registry import Plugin
from harness.resources import folder, presets

if TYPE_CHECKING:
    from harness.runs.options import Option

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Backends whose options to list."),
]
HEAD = ("type", "default", "what it is")
_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("list")(show)


def show(names: Names = None) -> None:
    """List the installed backends and the shipped tasks.

    Shows where each backend comes from and which presets it has; with names, the options of these
    backends.
    """
    if names:
        _show_options(names)
        return
    typer.echo("backends")
    for plugin in registry.installed():
        typer.echo(f"  {_line(plugin)}")
    typer.echo("tasks")
    for path in sorted((folder("configs") / "tasks").glob("*.yaml")):
        typer.echo(f"  {path.stem}")


def _show_options(names: list[str]) -> None:
    from harness.runs.apart import ask

    for plugin in map(registry.find, names):
        options = ask(plugin, _options)
        typer.echo(_line(plugin))
        typer.echo(options)


def _line(plugin: Plugin) -> str:
    names = presets(plugin.name)
    origin = f"{plugin.distribution} {plugin.version}"
    return f"{plugin.name:<14} {origin:<20} {plugin.value:<28} {', '.join(names) or 'tiny'}"


def _options(plugin: Plugin) -> str:
    """A line for each option: name, type, default, and what it is; those of ``pretrain`` too."""
    from tabulate import tabulate

    from harness.runs.options import declared

    backend = plugin.load()
    tables = {"option": declared(backend)}
    if issubclass(backend, Pretrains):
        tables["option of pretrain"] = declared(backend.pretrain)
    return "\n\n".join(
        tabulate(
            map(_row, options.values()), (name, *HEAD), tablefmt="plain", disable_numparse=True
        )
        for name, options in tables.items()
    )


def _row(option: "Option") -> tuple[str, str, str, str]:
    default = option.default
    told = default if isinstance(default, str) else json.dumps(default, default=str)
    return option.name, spelled(option.annotation), told, option.description


def spelled(annotation: Any) -> str:
    """A type as text, with its range: ``linear | cosine``, ``float >= 0, < 1``, ``str | null``."""
    if get_origin(annotation) is Annotated:
        kind, *metadata = get_args(annotation)
        name, null, _ = spelled(kind).partition(" | null")
        return f"{name} {', '.join(_bounds(metadata))}".strip() + null
    if get_origin(annotation) is Literal:
        return " | ".join(map(str, get_args(annotation)))
    if annotation is type(None):
        return "null"
    if get_origin(annotation) in (Union, UnionType):
        return " | ".join(map(spelled, get_args(annotation)))
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _bounds(metadata: list[Any]) -> Iterator[str]:
    """The range that pydantic's ``Field`` gives; it keeps a list of bounds of its own."""
    for one in metadata:
        yield from _bounds(getattr(one, "metadata", []))
        for name, sign in _SIGNS.items():
            if hasattr(one, name):
                yield f"{sign} {getattr(one, name)}"
