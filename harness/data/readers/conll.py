"""CoNLL columns: one line per unit, the unit first and its tag last; a blank line ends a sentence.

Columns are separated by a tab where most lines have one, else by a space. A line that begins with
``-DOCSTART-`` begins a document. No line is a comment: a unit may begin with ``#``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from sys import intern

from harness.data.readers import lines
from harness.data.readers.records import Problem, Raw, ReadSplit, counted
from harness.sequences import Keep, in_memory

DOCUMENT = "-DOCSTART-"


@dataclass(frozen=True, slots=True)
class ConllSource:
    """The file of one split, and how many columns it has."""

    path: Path
    columns: int = 2


@dataclass(frozen=True, slots=True)
class _SentenceLines:
    """The lines of one sentence, None for one that is not text."""

    line: int
    lines: tuple[str | None, ...]
    document: str | None


def read(source: ConllSource, keep: Keep = in_memory) -> ReadSplit:
    """The sentences of a file of columns."""
    text = lines.read(source.path, keep)
    problems = [*text.problems, *_odd_blanks(text)]
    records = keep(_records(text, source.columns, problems))
    return ReadSplit(text.file, records, tuple(problems))


def _records(text: lines.Lines, columns: int, problems: list[Problem]) -> Iterator[Raw]:
    """The sentences of ``text``; adds what is wrong."""
    separator = _separator(text)
    for block in _blocks(text):
        rows = [
            _row(text.file, block.line + i, line, separator, columns)
            for i, line in enumerate(block.lines)
            if line is not None
        ]
        found = [row for row in rows if isinstance(row, Problem)]
        problems += found
        if not found and None not in block.lines:
            yield _record(block, [row for row in rows if not isinstance(row, Problem)])


def _record(block: _SentenceLines, rows: list[tuple[str, str]]) -> Raw:
    """A sentence; each distinct unit and tag is kept in memory once."""
    units = tuple(intern(unit) for unit, _ in rows)
    tags = tuple(intern(tag) for _, tag in rows)
    return Raw(units, block.line, tags, document=block.document, vertical=True)


def _is_blank(line: str) -> bool:
    """Whether nothing but separators stands in ``line``; U+3000 and others are units."""
    return not line.strip(" \t")


def without_trailing(line: str) -> str:
    """``line`` without blanks after its tag; one that would have no tag then stays as it is."""
    bare = line.rstrip(" \t")
    return bare if " " in bare or "\t" in bare else line


def _separator(text: lines.Lines) -> str:
    """By majority, so that one broken line is one problem."""
    columns = tabs = 0
    for _, line in text.numbered():
        if not _is_blank(line) and not line.startswith(DOCUMENT):
            columns += 1
            tabs += "\t" in line
    return "\t" if 2 * tabs > columns else " "


def _blocks(text: lines.Lines) -> Iterator[_SentenceLines]:
    """The sentences of a file, each with the document it stands in."""
    document, documents, block = None, 0, list[str | None]()
    for number, line in enumerate(chain(text.lines, ("",)), start=1):
        starts_document = line is not None and line.startswith(DOCUMENT)
        if line is None or not (starts_document or _is_blank(line)):
            block.append(line)
            continue
        if block:
            yield _SentenceLines(number - len(block), tuple(block), document)
            block = []
        if starts_document:
            documents += 1
            document = str(documents)


def _row(
    file: str, number: int, line: str, separator: str, columns: int
) -> tuple[str, str] | Problem:
    """The unit and the tag of one line, or what is wrong with it."""
    name = "tab" if separator == "\t" else "space"
    told, line = line, without_trailing(line)
    unit, found, tag = line.rpartition(separator)
    if not found or not tag:
        message = f"{told!r} has no tag: expected a unit, a {name} and a tag"
        return Problem(file, number, "columns", "error", message)
    if columns > 2:
        unit, *middle, tag = line.split(separator)
        if len(middle) != columns - 2:
            message = f"{len(middle) + 2} columns separated by a {name}, expected {columns}"
            return Problem(file, number, "columns", "error", message)
    if not unit:
        return Problem(file, number, "empty-unit", "error", f"no unit before the {name}")
    if separator in unit and unit != separator:
        many = len(line.split(separator))
        message = f"{many} columns separated by a {name}; if so, say `columns: {many}` in the task"
        return Problem(file, number, "columns", "error", message)
    return unit, tag


def _odd_blanks(text: lines.Lines) -> list[Problem]:
    """Notes on blank lines that separate nothing, and on separators that are not quite blank."""
    marks, extra, trailing = list[int](), list[int](), list[int]()
    blank = 0  # the line of the last one, as if one came before the first line
    for number, line in text.numbered():
        if not _is_blank(line):
            trailing += [number] if without_trailing(line) != line else []
            continue
        marks += [number] if line else []
        extra += [number] if number - 1 == blank else []
        blank = number
    return [
        *counted(text.file, extra, "empty-line", "note", "an extra blank line: skipped"),
        *counted(text.file, trailing, "trailing-space", "note", "blanks at the end: not read"),
        *counted(text.file, marks, "blank-line", "note", "only spaces or tabs: read as blank"),
    ]
