"""Files that an installed distribution reads, by an entry point of the group ``harness.readers``.

One is called with the path of a split and the joiner, and gives a ``ReadSplit``. What it gives is
checked as what our readers give; so is its gold.
"""

from dataclasses import dataclass
from pathlib import Path

from harness import registry
from harness.data.readers.records import ReadSplit
from harness.errors import BackendError
from harness.registry import Plugin

GROUP = "harness.readers"


@dataclass(frozen=True, slots=True)
class OfferedSource:
    """The file or folder of one split, and who reads it."""

    plugin: Plugin
    path: Path
    joiner: str


def names() -> tuple[str, ...]:
    """The formats that distributions read; none of their packages is imported."""
    return tuple(dict.fromkeys(plugin.name for plugin in registry.installed(GROUP)))


def source(name: str, path: Path, joiner: str) -> OfferedSource:
    """The source of a split in the format called ``name``.

    Raises:
        ConfigError: when none or more than one reads it.
    """
    return OfferedSource(registry.find(name, GROUP), path, joiner)


def read(source: OfferedSource) -> ReadSplit:
    """What the distribution reads.

    Raises:
        BackendError: for a reader that fails, or gives something else.
    """
    found = source.plugin.call(source.path, source.joiner)
    if not isinstance(found, ReadSplit):
        said = f"gave a {type(found).__name__} for {source.path}, not a ReadSplit"
        raise BackendError(source.plugin.refusal(said))
    return found
