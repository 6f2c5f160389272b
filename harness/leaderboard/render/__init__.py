"""One table object, five formats: each renders the whole of it and escapes its own specials."""

from collections.abc import Callable
from importlib import import_module

from harness.leaderboard.table import Leaderboard

SUFFIXES = {"markdown": "md", "latex": "tex", "csv": "csv", "json": "json", "html": "html"}


def _lazy(name: str) -> Callable[[Leaderboard], str]:
    """The renderer of a format; its libraries are imported when it is first used."""

    def render(table: Leaderboard) -> str:
        module = import_module(f"harness.leaderboard.render.{name}")
        text: str = module.render(table)
        return text

    render.__doc__ = f"``table`` as {name}."
    return render


FORMATS: dict[str, Callable[[Leaderboard], str]] = {name: _lazy(name) for name in SUFFIXES}
