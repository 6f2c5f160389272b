"""brat's standoff: a folder of documents, ``NAME.txt`` and ``NAME.ann``; each line is a sentence.

Text-bound annotations (``T``) are the entities. Relations, events, attributes and notes are left
out and counted. Offsets are code points of the whole document.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.data.readers import lines
from harness.data.readers.entry_errors import EntryError
from harness.data.readers.jsonl import sentence_of
from harness.data.readers.records import Problem, Raw, ReadSplit, counted

_DIGITS = 19  # no text is so long
_BLANK = " \t"  # what a line that is no sentence consists of


@dataclass(frozen=True, slots=True)
class BratSource:
    """The folder of one split, and what stands between two units of its texts."""

    path: Path
    joiner: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a document, and where it begins in it."""

    number: int
    start: int
    text: str


def read(source: BratSource) -> ReadSplit:
    """The sentences of all documents, in the order of their names."""
    folder = str(source.path)
    documents = sorted(source.path.glob("*.txt"))
    problems = [*_without_text(source.path), *_below(source.path)]
    if not documents:
        message = "no document: brat's files are NAME.txt and NAME.ann in one folder"
        problems.append(Problem(folder, None, "unreadable", "error", message))
    read = [_document(path, source.joiner) for path in documents]
    records = tuple(record for found, _ in read for record in found)
    problems += [problem for _, found in read for problem in found]
    return ReadSplit(folder, records, tuple(problems))


def _without_text(folder: Path) -> Iterator[Problem]:
    """A problem for each file of annotations without the text that they are about."""
    for path in sorted(folder.glob("*.ann")):
        text = path.with_suffix(".txt")
        if not text.exists():
            message = f"annotations without their text: there is no {text.name} beside them"
            yield Problem(str(path), None, "unreadable", "error", message)


def _below(folder: Path) -> Iterator[Problem]:
    """A note on documents in folders of the folder, which brat calls collections of their own."""
    found = sorted({*folder.glob("*/**/*.txt"), *folder.glob("*/**/*.ann")})
    if found:
        where = found[0].parent.relative_to(folder)
        message = f"{len(found)} files in folders of this folder are not read, first in {where}"
        yield Problem(str(folder), None, "folder-below", "note", message)


def _document(path: Path, joiner: str) -> tuple[list[Raw], list[Problem]]:
    text, notes = lines.read(path), lines.read(path.with_suffix(".ann"))
    problems = [*text.problems, *notes.problems]
    if text.unreadable or notes.unreadable or None in text.lines:
        return [], problems
    placed = _placed(path)
    entries, wrong = _entries(notes, placed)
    problems += wrong
    records = []
    for line in placed:
        if not line.text.strip(_BLANK):
            continue
        given = {"text": line.text, "spans": entries.get(line.number, []), "document": path.stem}
        try:
            record = sentence_of(given, line.number, joiner, {})
        except EntryError as error:
            problems.append(Problem(text.file, line.number, error.code, "error", error.message))
            continue
        records += [replace(record, file=text.file)] if record else []
    return records, problems


def _placed(path: Path) -> list[_Line]:
    """The lines of a document; a carriage return at an end is no text, and counts as a place."""
    found, start = [], 0
    for number, line in enumerate(path.read_bytes().decode("utf-8-sig").split("\n"), 1):
        found.append(_Line(number, start, line.removesuffix("\r")))
        start += len(line) + 1
    return found


def _entries(
    notes: lines.Lines, placed: list[_Line]
) -> tuple[dict[int, list[dict[str, Any]]], list[Problem]]:
    """The entities by the line that they are on, and what is wrong with the others."""
    entries: dict[int, list[dict[str, Any]]] = {}
    problems, ignored = list[Problem](), list[int]()
    starts = [line.start for line in placed]
    for number, line in notes.numbered():
        if not line.startswith("T"):
            ignored += [number] if line.strip() else []
            continue
        try:
            place, entry = _located(_parsed(line), placed, starts)
        except EntryError as error:
            problems.append(Problem(notes.file, number, error.code, "error", error.message))
            continue
        entries.setdefault(place, []).append(entry)
    message = "relations, events, attributes and notes are left out"
    return entries, problems + counted(notes.file, ignored, "not-an-entity", "note", message)


def _parsed(line: str) -> dict[str, Any]:
    """A text-bound annotation: ``T1<tab>LABEL START END<tab>TEXT``."""
    _, *columns = line.split("\t")
    label, _, offsets = columns[0].partition(" ") if columns else ("", "", "")
    if ";" in offsets:
        raise EntryError("span", f"{line!r} is in several pieces: a unit carries one tag")
    numbers = offsets.split(" ")
    if not label or len(numbers) != 2 or not all(map(_is_place, numbers)):
        raise EntryError("span", f"{line!r}: expected T1, a tab, LABEL START END, a tab, the text")
    start, end = map(int, numbers)
    told = {"text": columns[1]} if len(columns) > 1 else {}
    return {"start": start, "end": end, "label": label, **told}


def _is_place(number: str) -> bool:
    """Whether ``number`` is one, of no more digits than Python takes."""
    return number.isdecimal() and len(number) < _DIGITS


def _located(
    entry: dict[str, Any], placed: list[_Line], starts: list[int]
) -> tuple[int, dict[str, Any]]:
    """The line that ``entry`` is on, and the entry with offsets within that line.

    ``starts`` are those of the lines, made once for a document.
    """
    line = placed[bisect_right(starts, entry["start"]) - 1]
    if entry["end"] > line.start + len(line.text):
        raise EntryError("span", f"{entry} goes on beyond its line, or leaves the document")
    if not line.text.strip(_BLANK):
        raise EntryError("span", f"{entry} begins on a blank line, which is no sentence")
    start, end = entry["start"] - line.start, entry["end"] - line.start
    return line.number, entry | {"start": start, "end": end}
