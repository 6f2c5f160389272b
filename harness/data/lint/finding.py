"""What a check is, and what it gives: places with a message; name and severity are the registry's.

A check reads a ``Draft``: everything that could be read of a task, nothing refused yet.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from harness.data.examples import LocatedExample
from harness.data.readers import Severity
from harness.data.task import Draft


@dataclass(frozen=True, slots=True)
class Finding:
    """A place and what is there; ``severity`` where it is not that of the check."""

    file: str
    line: int | None
    message: str
    column: int | None = None
    severity: Severity | None = None


Find: TypeAlias = Callable[[Draft], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Lint:
    """A check: what it finds and what to do then, each in one sentence.

    ``find`` is None for what is found as the files are read.
    """

    name: str
    severity: Severity
    finds: str
    remedy: str
    find: Find | None = None


def in_gold(item: LocatedExample, message: str, position: int | None = None) -> Finding:
    """A finding in the file with the gold, at a unit or in the sentence as a whole."""
    line, column = (item.line, None) if position is None else item.record.place(position)
    return Finding(item.file, line, message, column)


def in_text(item: LocatedExample, message: str, position: int | None = None) -> Finding:
    """A finding in the file with the text."""
    found = in_gold(item, message, position)
    return Finding(item.text_file, found.line, message, found.column)


def examples(draft: Draft) -> Iterator[LocatedExample]:
    """The sentences of all splits."""
    for items in draft.items.values():
        yield from items


def many(number: int, what: str, plural: str = "") -> str:
    """``1 unit``, ``3 units``."""
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


def share(part: int, whole: int) -> str:
    """``5 of 477 sentences (1.05%)``."""
    return f"{part} of {whole} sentences ({part / whole:.2%})"


def first(items: Iterable[LocatedExample], label: str) -> LocatedExample:
    """The first of ``items`` with an entity of ``label``."""
    return next(item for item in items if any(s.label == label for s in item.example.spans))
