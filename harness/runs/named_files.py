"""Files that options name, prompt templates first, told by content: a name alone tells nothing.

What a template says, or a lexicon of a plugin, changes under its name. So content is part of what a
run is, and a run whose files are no longer those that it was planned on ends.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.resources import find
from harness.runs.config import Options

_SHOWN = 12  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """SHA-256 of the files that options name, by option: templates of prompts, and ``others``."""

    prompts: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_option(self) -> dict[str, str]:
        """All of them."""
        return {**self.prompts, **self.others}

    @property
    def recorded(self) -> dict[str, dict[str, str]]:
        """What the record of a run says of them; of others only where there are any."""
        others = {"files": dict(self.others)} if self.others else {}
        return {"prompts": dict(self.prompts)} | others


def named_files(options: Options) -> NamedFiles:
    """The files that ``options`` name, as they are now."""
    found = prompts(options.values)
    return NamedFiles(found, {k: v for k, v in _others(options.lasting) if k not in found})


def prompts(options: Mapping[str, Any]) -> dict[str, str]:
    """The content hash of each option that names a prompt template."""
    named = {k: find("prompts", v) for k, v in options.items() if isinstance(v, str) and v}
    found = {k: path for k, path in named.items() if path}
    found |= {k: Path(v) for k, v in options.items() if str(v).endswith(".txt")}
    return {key: _sha256(path) for key, path in found.items() if _is_file(path)}


def require_planned(run: str, options: Options, planned: NamedFiles) -> None:
    """Refuse files that are no longer those that the run called ``run`` was planned on.

    What was not there then is left alone: a plugin may write where an option says.

    Raises:
        DataError: naming the option, and both contents.
    """
    found = named_files(options).by_option
    for option, content in planned.by_option.items():
        if found.get(option) != content:
            now = found.get(option, "gone")[:_SHOWN]
            msg = (
                f"the file of {run} that its option {option} names changed after the run was "
                f"planned: it is {now}, planned on {content[:_SHOWN]}; run it again"
            )
            raise DataError(msg)


def _others(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The content hash of each file that a value names, or an item of one."""
    for name, text in _texts("", options):
        path = Path(text).expanduser() if text.startswith("~/") else Path(text)
        if _is_file(path):
            yield name, _sha256(path)


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The texts in ``value``, each by its option: ``lexicon``, ``lexicons.PER``, ``lexicons.0``."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list | tuple | Mapping):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, item in items:
            yield from _texts(f"{name}.{key}" if name else f"{key}", item)


def _is_file(path: Path) -> bool:
    with suppress(OSError, ValueError):  # a text that cannot be a path
        return path.is_file()
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
