"""``list``: the installed backends and the shipped tasks; imports none of them."""

import typer

from harness import registry
from harness.resources import folder


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("list")(show)


def show() -> None:
    """List installed backends, with where they come from and their presets, and shipped tasks."""
    configs = folder("configs")
    typer.echo("backends")
    for plugin in registry.installed():
        found = sorted((configs / "backends").glob(f"{plugin.name}.*.yaml"))
        names = [path.name.removeprefix(f"{plugin.name}.").removesuffix(".yaml") for path in found]
        origin = f"{plugin.distribution} {plugin.version}"
        typer.echo(
            f"  {plugin.name:<14} {origin:<20} {plugin.value:<28} {', '.join(names) or 'tiny'}"
        )
    typer.echo("tasks")
    for path in sorted((configs / "tasks").glob("*.yaml")):
        typer.echo(f"  {path.stem}")
