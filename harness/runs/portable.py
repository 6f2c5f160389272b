"""What is stored and printed of paths: nothing that tells where they lie on one machine.

A relative path stays as it was written. An absolute one becomes relative where it lies below the
working directory, and its last name elsewhere: ``reproduce`` finds it there, put or linked. Bytes
that are no UTF-8, as file names of older systems hold them, are shown by their numbers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def portable(value: Any) -> Any:
    """``value`` as it may be published: an absolute path without the place it lies in."""
    if not isinstance(value, str):
        return value
    if not (value.startswith("~") or Path(value).is_absolute()):
        return _text(value)
    path, here = Path(value).expanduser(), Path.cwd()
    return _text(path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name)


def _text(name: str) -> str:
    """``name`` as text that any file can hold."""
    return name.encode(errors="backslashreplace").decode()


def portable_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with each one portable."""
    return {name: portable(value) for name, value in values.items()}
