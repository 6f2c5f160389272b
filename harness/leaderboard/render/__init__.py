"""One table object, five formats: each renders all of it and escapes its own special characters."""

from collections.abc import Callable
from importlib import import_module
from typing import Literal, TypeAlias

from harness.errors import ConfigError
from harness.leaderboard.table import Leaderboard

Format: TypeAlias = Literal["markdown", "latex", "csv", "json", "html"]
SUFFIXES: dict[Format, str] = {
    "markdown": "md",
    "latex": "tex",
    "csv": "csv",
    "json": "json",
    "html": "html",
}


def _lazy(name: str) -> Callable[[Leaderboard], str]:
    """The renderer of a format; its libraries are imported when it is first used."""

    def render(table: Leaderboard) -> str:
        module = import_module(f"harness.leaderboard.render.{name}")
        text: str = module.render(table)
        return text

    render.__doc__ = f"``table`` as {name}."
    return render


FORMATS: dict[Format, Callable[[Leaderboard], str]] = {name: _lazy(name) for name in SUFFIXES}


def require_format(name: str) -> Format:
    """``name``, known to be a format.

    Raises:
        ConfigError: when it is none.
    """
    if name not in FORMATS:
        msg = f"no format {name!r} for a leaderboard: choose one of {', '.join(FORMATS)}"
        raise ConfigError(msg)
    return name
