"""Removes what is no result: runs that failed or never ended, and what was set aside.

A result that cannot be believed is evidence, and stays: the same command sets it aside, and then
it goes. What another process is writing stays too, and so do checkpoints that a run goes on from,
all that the harness did not mark as a run, and a folder that more would go with than its run.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import LockedError, ResourceError
from harness.protocol import REPLIES, UNFINISHED
from harness.results import locking, reader, store
from harness.results.reader import Kind, Rejected
from harness.results.set_aside import is_set_aside

REMOVABLE: tuple[Kind, ...] = ("failed", "unfinished", "set aside")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A folder that holds no result: why, how large it is, and why it was kept, if it was."""

    found: Rejected
    size: int
    kept: str

    @classmethod
    def of(cls, found: Rejected) -> "Cleaned":
        """What would be done with it."""
        return cls(found, _size(found.folder), why_kept(found.folder))

    @property
    def line(self) -> str:
        """What to tell of it, once it is done."""
        return f"{f'kept, {self.kept}' if self.kept else 'removed'}: {self._what}"

    @property
    def planned(self) -> str:
        """What to tell of it before."""
        return f"{f'would keep, {self.kept}' if self.kept else 'would remove'}: {self._what}"

    @property
    def _what(self) -> str:
        one = self.found
        here = one.folder.is_relative_to(Path.cwd())
        place = one.place if here else one.folder  # what is removed is told apart from all others
        return f"{place} ({self.size / 2**20:.1f} MiB; {one.kind}: {one.reason})"


def removable(folders: Iterable[Path]) -> tuple[Rejected, ...]:
    """What ``clean`` would remove in and below ``folders``.

    Raises:
        ConfigError: for a folder that does not exist.
    """
    return tuple(one for one in reader.read(folders).rejected if _is_removable(one))


def _is_removable(found: Rejected) -> bool:
    goes_on = found.kind == "unfinished" and (found.folder / UNFINISHED).is_dir()
    paid = (found.folder / REPLIES).is_dir() and not is_set_aside(found.folder)
    worthless = found.kind in REMOVABLE and not goes_on and not paid
    return worthless and reader.is_run(found.folder)


def why_kept(folder: Path) -> str:
    """What else would go with the run in ``folder``, in words; empty if nothing would."""
    if Path.cwd().is_relative_to(folder):
        return "it is the working directory"
    below = (path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    return "other runs lie in it" if any(reader.marked(below)) else ""


def clean(found: Iterable[Rejected]) -> Iterator[Cleaned]:
    """Remove each of ``found``, telling of each as it is done.

    Raises:
        ResourceError: when a folder cannot be removed.
    """
    for one in found:
        planned = Cleaned.of(one)
        yield replace(planned, kept=planned.kept or _remove(one.folder))


def _size(folder: Path) -> int:
    """The bytes in ``folder``; what another process takes away meanwhile has none."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += Path(place, name).lstat().st_size
    return size


def _remove(folder: Path) -> str:
    """Remove ``folder`` unless another process holds it; gives why it is still there, if it is."""
    try:
        with locking.held(folder):
            if store.is_complete(folder) and not is_set_aside(folder):
                return "it was finished meanwhile"
            shutil.rmtree(folder)
    except LockedError:
        return "it is being written"
    except OSError as error:
        msg = f"cannot remove {folder}: {error.strerror}"
        raise ResourceError(msg) from error
    return ""
