"""Long sequences in memory or, where they do not fit, in a temporary file: one item at a time.

Whoever makes one sequence of another keeps it where that one is (``kept_as``, ``each``,
``chosen``), so that where the sentences of a task lie is decided once, as its files are read
(``harness.data.memory``). Either way the items are the same, in the same order. What a sequence on
disk takes in memory is 8 bytes an item.
"""

import os
import pickle
import tempfile
import weakref
from abc import abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from io import BytesIO
from typing import Any, Generic, Protocol, TypeVar, overload

from harness.errors import ResourceError

MEMORY_VARIABLE = "NER_HARNESS_MEMORY_MIB"
_BLOCK = 1 << 20  # bytes that are gathered before they are written
Item = TypeVar("Item")
Made = TypeVar("Made")


class OnDisk(Sequence[Item]):
    """A sequence whose items lie in a temporary file of this process, and are made when asked for.

    It equals any sequence of equal items. A process that is forked may go on reading it.
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented
        return all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as that of a list

    def __repr__(self) -> str:
        return f"<{len(self):,} items in a temporary file>"

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        places = range(len(self))
        if isinstance(index, slice):
            return View(self, places[index], _as_it_is)
        return self._item(places[index])

    def __iter__(self) -> Iterator[Item]:
        return map(self._item, range(len(self)))

    def __reduce__(self) -> Any:
        msg = (
            f"{len(self):,} items lie in a temporary file of this process and cannot be sent to "
            "another: send what they were read from, or the few that it needs as a list"
        )
        raise TypeError(msg)

    @abstractmethod
    def _item(self, place: int) -> Item:
        """The item at ``place``, which there is."""


class Spool(OnDisk[Item]):
    """``items``, written to a temporary file that is gone with the sequence, or with the process.

    Raises:
        ResourceError: when the disk is full.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        # Without a name from the start: nobody else can open it, so that what is unpickled is what
        # this process wrote, and no end of the process leaves it behind.
        with _disk():
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)
        self._ends = array("Q", [0])
        self._write(items)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _write(self, items: Iterable[Item]) -> None:
        written, block = 0, BytesIO()
        pickler = _Pickler(block, pickle.HIGHEST_PROTOCOL)
        for item in items:
            pickler.clear_memo()
            pickler.dump(item)
            self._ends.append(written + block.tell())
            if block.tell() > _BLOCK:
                written += self._flush(block)
        self._flush(block)

    def _flush(self, block: BytesIO) -> int:
        """Write what ``block`` holds and clear it; gives its size."""
        content = memoryview(block.getvalue())
        rest = content
        with _disk():
            while rest:
                rest = rest[self._file.write(rest) :]
        block.seek(0)
        block.truncate()
        return len(content)

    def _item(self, place: int) -> Item:
        begin, end = self._ends[place], self._ends[place + 1]
        # Not mapped: that would count against a limit of address space. A place of its own for each
        # read, so that threads and forked processes do not move each other's.
        found: Item = pickle.loads(os.pread(self._file.fileno(), end - begin, begin))  # noqa: S301
        return found


class View(OnDisk[Made], Generic[Item, Made]):
    """What ``make`` gives for each of the items of ``base`` at ``places``."""

    def __init__(
        self, base: Sequence[Item], places: Sequence[int], make: Callable[[Item], Made]
    ) -> None:
        self._base, self._places, self._make = base, places, make

    def __len__(self) -> int:
        return len(self._places)

    def _item(self, place: int) -> Made:
        return self._make(self._base[self._places[place]])


class Keep(Protocol):
    """A way to keep items: ``in_memory``, or ``Spool``."""

    def __call__(self, items: Iterable[Item], /) -> Sequence[Item]:
        """The items, in order."""
        ...


def in_memory(items: Iterable[Item], /) -> tuple[Item, ...]:
    """The items as a tuple."""
    return tuple(items)


def kept_as(like: Sequence[Any], items: Iterable[Item]) -> Sequence[Item]:
    """``items``, on disk where ``like`` is."""
    return Spool(items) if isinstance(like, OnDisk) else tuple(items)


def each(items: Sequence[Item], make: Callable[[Item], Made]) -> Sequence[Made]:
    """What ``make`` gives for each of ``items``; of those on disk, when it is asked for."""
    if isinstance(items, OnDisk):
        return View(items, range(len(items)), make)
    return tuple(map(make, items))


def chosen(items: Sequence[Item], places: Iterable[int]) -> Sequence[Item]:
    """The items at ``places``."""
    if isinstance(items, OnDisk):
        return View(items, array("Q", places), _as_it_is)
    return tuple(items[place] for place in places)


def _as_it_is(item: Item) -> Item:
    return item


class _Pickler(pickle.Pickler):
    """Writes a dataclass as a call of it with its fields, which is short, and checks it again."""

    def reducer_override(self, value: Any) -> Any:
        kind: Any = type(value)
        names = _fields(kind)
        return (kind, tuple([getattr(value, name) for name in names])) if names else NotImplemented


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """The names of the fields of a dataclass that can be called with all of them; else none."""
    found = fields(kind) if is_dataclass(kind) else ()
    return tuple(field.name for field in found) if all(field.init for field in found) else ()


@contextmanager
def _disk() -> Iterator[None]:
    """What the disk refuses is one message with what to do."""
    try:
        yield
    except OSError as error:
        msg = (
            f"{tempfile.tempdir or 'TMPDIR'}: sentences that do not fit into memory are put there, "
            f"and: {error.strerror or error}. Make room, let TMPDIR name a folder with more, or "
            f"allow more memory ({MEMORY_VARIABLE}). Finished runs and checkpoints are as they were"
        )
        raise ResourceError(msg) from error
