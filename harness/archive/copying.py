"""Run folders copied to their places: all of them or none, and over nothing that anybody holds.

Each is copied beside its place first, under a name that no reader looks at. Places are taken by
renaming, once all copies are whole; where one cannot be taken, all are given back.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DataError, LockedError, ResourceError
from harness.protocol import UNFINISHED
from harness.results import disk, locking, store
from harness.results.locking import HOLDER, LOCK


@dataclass(frozen=True, slots=True)
class Copy:
    """A run folder, and the folder that it is copied to.

    What is in ``place`` goes: nothing, or what is left of the same run without a result.
    """

    source: Path
    place: Path

    @property
    def beside(self) -> Path:
        """Where it is copied first."""
        return self.place.with_name(f".{self.place.name}.tmp")

    @property
    def former(self) -> Path:
        """Where what is in its place waits until all is done."""
        return self.place.with_name(f".{self.place.name}.former")


def copy_all(copies: Sequence[Copy], target: Path) -> None:
    """Make ``copies``, whose places are below ``target``, all or none.

    Raises:
        LockedError: when another process holds one of the places, or copies to ``target``.
        ConfigError: for a place that is a link.
        DataError: for a run with a link in it.
        ResourceError: when a disk refuses.
    """
    _refuse_links(copies)
    with ExitStack() as stack:
        stack.enter_context(locking.held(target))
        for copy in copies:
            stack.enter_context(_held(copy.place))
        stack.enter_context(_copied_beside(copies))
        _put_all(copies)


def _refuse_links(copies: Sequence[Copy]) -> None:
    """Refuse a place that is a link, and a run with one: what it points at is no part of a run."""
    for copy in copies:
        locking.refuse_link(copy.place)
        link = next((path for path in copy.source.rglob("*") if path.is_symlink()), None)
        if link:
            msg = f"{link} is a symbolic link; nothing was copied: put the file in its place"
            raise DataError(msg)


@contextmanager
def _held(place: Path) -> Iterator[None]:
    """Hold ``place``, in which a run did not end; where nothing is, there is nothing to hold."""
    with locking.held(place) if place.is_dir() else nullcontext():
        if store.is_complete(place):
            msg = f"{place} was finished by another process meanwhile; nothing was copied"
            raise LockedError(msg)
        yield


@contextmanager
def _copied_beside(copies: Sequence[Copy]) -> Iterator[None]:
    """Copies of all runs beside their places; those that did not take their place go again."""
    try:
        for copy in copies:
            _copy_beside(copy)
        yield
    finally:
        for copy in copies:
            shutil.rmtree(copy.beside, ignore_errors=True)


def _copy_beside(copy: Copy) -> None:
    shutil.rmtree(copy.beside, ignore_errors=True)
    try:
        shutil.copytree(copy.source, copy.beside, ignore=_no_part)
    except OSError as error:
        several = isinstance(error, shutil.Error)  # it has a reason for each file
        reason = error.args[0][0][2] if several else error.strerror
        place = copy.place.parent
        msg = f"cannot copy {copy.source} to {place}: {reason}; {disk.room(place)}"
        raise ResourceError(msg) from error


def _no_part(folder: str, names: list[str]) -> set[str]:
    """What of a run folder is not its result: who holds it, and where unfinished work stands."""
    del folder
    return {LOCK, HOLDER, UNFINISHED} & set(names)


def _put_all(copies: Sequence[Copy]) -> None:
    with ExitStack() as undoing:
        for copy in copies:
            _put(copy, undoing)
        undoing.pop_all()  # all is done, so nothing is undone
    for copy in copies:
        shutil.rmtree(copy.former, ignore_errors=True)


def _put(copy: Copy, undoing: ExitStack) -> None:
    """Rename ``copy`` to its place; ``undoing`` learns how to take that back."""
    shutil.rmtree(copy.former, ignore_errors=True)
    try:
        if copy.place.is_dir():
            copy.place.rename(copy.former)
            undoing.callback(copy.former.rename, copy.place)
        copy.beside.rename(copy.place)
        undoing.callback(copy.place.rename, copy.beside)
    except OSError as error:
        msg = f"cannot put {copy.source} into {copy.place}: {error.strerror}; nothing was copied"
        raise ResourceError(msg) from error
