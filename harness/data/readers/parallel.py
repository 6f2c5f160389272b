"""Parallel files: ``train.txt`` and ``train_TAG.txt``, one sentence per line in both.

Units and tags are separated by exactly one ASCII space, so no unit can be a space or be empty.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from sys import intern
from typing import TypeAlias

from harness.data.readers import lines
from harness.data.readers.records import Problem, Raw, ReadSplit, counted
from harness.sequences import Keep, in_memory

# A line of both files with its number, and its document.
_Row: TypeAlias = tuple[int, str, str, str | None]

OTHER_SEPARATORS = {
    "\t": "tabs", "\u3000": "ideographic spaces (U+3000)", "\u00a0": "no-break spaces (U+00A0)",
    ",": "commas", "|": "bars",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ParallelSource:
    """The files of one split; ``documents`` holds a document id a line."""

    units: Path
    tags: Path
    documents: Path | None = None


def beside(units: Path) -> Path:
    """Where the tags of ``units`` are by custom: ``train.txt`` has ``train_TAG.txt``."""
    return units.with_name(f"{units.stem}_TAG{units.suffix}")


def read(source: ParallelSource, keep: Keep = in_memory) -> ReadSplit:
    """The sentences of a pair of files; lines that are empty in both are skipped and noted."""
    units, tags = lines.read(source.units, keep), lines.read(source.tags, keep)
    documents = lines.read(source.documents, keep) if source.documents else None
    others = [tags, documents] if documents else [tags]
    problems = [*units.problems]
    for other in others:
        problems += [*other.problems, *_unequal(units, other)]
    empty: list[int] = []
    rows = _rows(units, tags, documents)
    records = keep(_records(rows, (units.file, tags.file), problems, empty))
    message = "an empty line in both files: no sentence, skipped"
    problems += counted(units.file, empty, "empty-line", "note", message)
    problems += _not_separated(units, tags)
    return ReadSplit(tags.file, records, tuple(problems), units.file)


def _records(
    rows: Iterable[_Row], files: tuple[str, str], problems: list[Problem], empty: list[int]
) -> Iterator[Raw]:
    """The sentences of ``rows``; adds what is wrong, and the numbers of those that are empty."""
    for number, text, marks, document in rows:
        if not text and not marks:
            empty.append(number)
            continue
        record = Raw(_cut(text), number, _cut(marks), document=document or None)
        found = [
            *_space_problems(files[0], number, text),
            *_space_problems(files[1], number, marks),
            *_length_problems(files[0], record),
        ]
        problems += found
        if not any(problem.severity == "error" for problem in found):
            yield record


def _rows(units: lines.Lines, tags: lines.Lines, documents: lines.Lines | None) -> Iterator[_Row]:
    """The lines that both files have and that are text, with their number and document."""
    names = chain(documents.lines if documents else (), repeat(None))
    rows = zip(units.lines, tags.lines, names, strict=False)
    for number, (text, marks, document) in enumerate(rows, start=1):
        if text is not None and marks is not None:
            yield number, text, marks, document


def _cut(line: str) -> tuple[str, ...]:
    """The units of a line; each distinct one is kept in memory once."""
    if not line:
        return ()
    return tuple(map(intern, line.removesuffix(" ").split(" ")))


def _unequal(units: lines.Lines, other: lines.Lines) -> list[Problem]:
    """A problem if two files that go line by line differ in lines."""
    here, there = len(units.lines), len(other.lines)
    if here == there or units.unreadable or other.unreadable:
        return []
    message = f"{units.file} has {here} lines, this file {there}; their lines must correspond"
    return [Problem(other.file, min(here, there) + 1, "unequal-files", "error", message)]


def _not_separated(units: lines.Lines, tags: lines.Lines) -> list[Problem]:
    """One problem where most lines of text are not cut into units at all."""
    filled, whole, first = 0, array("Q"), ""
    for (number, text), marks in zip(units.numbered(), tags.lines, strict=False):
        if not text or not marks:
            continue
        filled += 1
        if len(text) > 1 and " " not in text and " " in marks:
            whole.append(number)
            first = first or text
    if 2 * len(whole) <= filled:
        return []
    mark = next((m for m in OTHER_SEPARATORS if m in first), "")
    name = f", but by {OTHER_SEPARATORS[mark]}" if mark else ""
    message = f"units are not separated by one space{name}"
    return counted(units.file, whole, "separators", "error", message)


def _length_problems(file: str, record: Raw) -> list[Problem]:
    """A problem if a line of units and its line of tags differ in length."""
    units, tags = record.units, record.tags or ()
    if len(units) == len(tags):
        return []
    message = f"{len(units)} units, {len(tags)} tags; {_odd_one(units, tags)}"
    column = min(len(units), len(tags)) + 1
    return [Problem(file, record.line, "unequal-lengths", "error", message, column)]


def _odd_one(units: tuple[str, ...], tags: tuple[str, ...]) -> str:
    """The first unit without a tag, or the first tag without a unit."""
    common = min(len(units), len(tags))
    if len(units) > common:
        return f"unit {units[common]!r} has no tag"
    return f"tag {tags[common]!r} has no unit"


def _space_problems(file: str, line: int, text: str) -> list[Problem]:
    """What is wrong with the spaces of one line."""
    if "  " not in text and "\t" not in text and not (text.startswith(" ") or text.endswith(" ")):
        return []
    problems = []
    if text.endswith(" "):
        problems.append(Problem(file, line, "trailing-space", "note", "a space ends the line"))
    for column, unit in enumerate(text.removesuffix(" ").split(" "), start=1):
        if not unit:
            message = "an empty unit: one space separates units, and no unit can be a space here"
            problems.append(Problem(file, line, "empty-unit", "error", message, column))
        elif "\t" in unit:
            problems.append(_tab(file, line, column, unit))
    return problems


def _tab(file: str, line: int, column: int, unit: str) -> Problem:
    if unit == "\t":
        message = "a tab stands as a unit of its own: read as a character"
        return Problem(file, line, "tab-unit", "note", message, column)
    message = f"a tab inside the unit {unit!r}: units are separated by one space"
    return Problem(file, line, "tab", "error", message, column)
