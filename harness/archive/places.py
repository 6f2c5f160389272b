"""The place of each run that comes into a folder of results; two runs never have one place.

A run keeps the name of its folder. What failed or did not finish gives way to the same run's end.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from harness.archive.copying import Copy
from harness.errors import ConfigError
from harness.results import reader, set_aside, store
from harness.results.reader import Rejected, Result

LOST = ("failed", "unfinished")
Cell: TypeAlias = tuple[object, ...]  # task, backend, preset, variant and seed of a run


def is_lost(found: Result | Rejected) -> bool:
    """Whether it is what is left of a seed that failed or did not finish."""
    return isinstance(found, Rejected) and found.kind in LOST and found.row is not None


def of_finished(runs: Iterable[Result], target: Path) -> list[Copy]:
    """Where each run goes.

    Raises:
        ConfigError: where another run goes there, or there is anything but its own remains.
    """
    taken: dict[Path, Copy] = {}
    for run in runs:
        copy = _copy(run, target)
        if first := taken.get(copy.place):
            raise _clash(copy, first.source)
        if not _is_free(copy.place) and not _remains_of(run, copy.place):
            raise _clash(copy, copy.place)
        taken[copy.place] = copy
    return list(taken.values())


def of_lost(lost: Iterable[Rejected], target: Path, finished: Iterable[Copy]) -> list[Copy]:
    """Where what is left of each seed goes, unless the same seed has the place already.

    Raises:
        ConfigError: where another run has it.
    """
    taken = {copy.place: copy.source for copy in finished}
    copies = []
    for one in lost:
        copy = _copy(one, target)
        there = taken.get(copy.place) or (None if _is_free(copy.place) else copy.place)
        if there is None:
            taken[copy.place] = copy.source
            copies.append(copy)
        elif _cell(reader.read_folder(there)) != _cell(one):
            raise _clash(copy, there)
    return copies


def _copy(found: Result | Rejected, target: Path) -> Copy:
    return Copy(found.folder, target / str(_cell(found)[0]) / found.folder.name)


def _cell(found: Result | Rejected) -> Cell:
    """Which run it is; a failure record may name the task as its folder does."""
    named = found.run if isinstance(found, Result) else found
    row = named.row
    return (store.slug(row[0]), *row[1:], named.seed) if row else ()


def _is_free(place: Path) -> bool:
    """Whether nothing is there but a lock."""
    return not place.exists() or (place.is_dir() and not set_aside.anything(place))


def _remains_of(run: Result, place: Path) -> bool:
    there = reader.read_folder(place)
    return is_lost(there) and _cell(there) == _cell(run)


def _clash(copy: Copy, other: Path) -> ConfigError:
    return ConfigError(
        f"{copy.source} and {other} are not the same run, and {copy.place} has room for one of "
        "them; nothing was copied: rename one of the two folders"
    )
