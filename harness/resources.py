"""Where presets, prompts and weights are: here, and in packages that offer them.

The data folders are inside the package in a wheel, beside it in a checkout. A distribution names in
the group ``harness.resources`` a package whose folders ``presets`` and ``prompts`` hold more, and
whose folder ``weights`` holds a folder for each model.
"""

import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from harness import registry
from harness.errors import ConfigError
from harness.version import OWN

Kind: TypeAlias = Literal["presets", "prompts"]
SUFFIXES: dict[Kind, str] = {"presets": ".yaml", "prompts": ".txt"}


def folder(name: Literal["prompts", "configs"]) -> Path:
    """The folder of the harness called ``name``."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parents[1] / name


def names(kind: Kind) -> tuple[str, ...]:
    """The names of all files of a kind, without their suffix."""
    return tuple(sorted({path.name.removesuffix(SUFFIXES[kind]) for _, path in _files(kind)}))


def presets(backend: str) -> tuple[str, ...]:
    """The presets of a backend, by name."""
    begin = f"{backend}."
    return tuple(name.removeprefix(begin) for name in names("presets") if name.startswith(begin))


def find(kind: Kind, name: str) -> Path | None:
    """The file of a kind that is called ``name``; None if there is none.

    Raises:
        ConfigError: where two distributions have one.
    """
    found = [(owner, path) for owner, path in _files(kind) if path.name == name + SUFFIXES[kind]]
    return _only(f"{kind.removesuffix('s')} {name!r}", found)


def weights(name: str) -> Path | None:
    """The folder of the weights called ``name``: one here, or one that a package brings.

    Raises:
        ConfigError: where two distributions have one.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name != folder.name:
        return None  # a path, or a model of a hub
    brought = [(owner, path / "weights" / name) for owner, path in _packages(tuple(sys.path))]
    return _only(f"weights {name!r}", [one for one in brought if one[1].is_dir()])


def _only(what: str, found: list[tuple[str, Path]]) -> Path | None:
    if len(found) > 1:
        owners = " and ".join(owner for owner, _ in found)
        msg = f"{what} is in {owners}: uninstall one of them"
        raise ConfigError(msg)
    return found[0][1] if found else None


def _files(kind: Kind) -> list[tuple[str, Path]]:
    """Every file of a kind, after the distribution that it comes with."""
    own = folder("prompts") if kind == "prompts" else folder("configs") / "backends"
    places = [(OWN, own), *((owner, path / kind) for owner, path in _packages(tuple(sys.path)))]
    return [
        (owner, path)
        for owner, place in places
        for path in sorted(place.glob(f"*{SUFFIXES[kind]}"))
    ]


@cache
def _packages(path: tuple[str, ...]) -> tuple[tuple[str, Path], ...]:
    """The folders of the packages that offer files; none of them is imported."""
    del path  # what is installed hangs on it
    return tuple(
        (plugin.distribution, place)
        for plugin in registry.installed("harness.resources")
        for place in _places(plugin.module)
    )


def _places(package: str) -> list[Path]:
    top, *inner = package.split(".")
    spec = find_spec(top)
    return [Path(place, *inner) for place in (spec and spec.submodule_search_locations) or ()]
