"""JSON Lines: one object per line, its gold as spans in code points or as one tag per token.

``{"text": "…", "spans": [{"start": 0, "end": 2, "label": "PER", "text": "…"}]}``, or ``tokens`` in
place of ``text``, or ``tokens`` with ``tags``. Ends are exclusive. ``text`` in a span is optional
and must be what the offsets cut out; ``id`` and ``document`` are optional. Other keys are ignored.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, TypeAlias

from harness.data.readers import lines
from harness.data.readers.entry_errors import EntryError, check_units
from harness.data.readers.offsets import spans
from harness.data.readers.records import Problem, Raw, ReadSplit, counted
from harness.sequences import Keep, in_memory

Adapt: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class JsonlSource:
    """The file of one split, and what stands between two units of its texts."""

    path: Path
    joiner: str = ""


def read(source: JsonlSource, keep: Keep = in_memory) -> ReadSplit:
    """The sentences of a file of JSON objects."""
    return read_objects(source.path, source.joiner, lambda entry: entry, keep)


def read_objects(path: Path, joiner: str, adapt: Adapt, keep: Keep) -> ReadSplit:
    """The sentences of a file whose objects ``adapt`` makes into those of this format.

    ``adapt`` raises an ``EntryError`` for an object that is none.
    """
    text = lines.read(path, keep)
    problems, empty = [*text.problems], list[int]()
    records = keep(_records(text, joiner, adapt, problems, empty))
    problems += counted(text.file, empty, "empty-line", "note", "no sentence here: skipped")
    return ReadSplit(text.file, records, tuple(problems))


def _records(
    text: lines.Lines, joiner: str, adapt: Adapt, problems: list[Problem], empty: list[int]
) -> Iterator[Raw]:
    """The sentences of ``text``; adds what is wrong, and the numbers of lines without any."""
    ids: dict[str, int] = {}
    for number, line in text.numbered():
        try:
            entry = adapt(_parsed(line)) if line.strip(" \t") else None
            record = sentence_of(entry, number, joiner, ids) if entry is not None else None
        except EntryError as error:
            problems.append(Problem(text.file, number, error.code, "error", error.message))
            continue
        if record:
            yield record
        else:
            empty.append(number)


def _parsed(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise EntryError("json", f"not valid JSON: {error}") from None
    if not isinstance(entry, dict):
        raise EntryError("json", 'expected an object such as {"text": …, "spans": […]}')
    return entry


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, in which no key appears twice.

    Raises:
        EntryError: for one that does.
    """
    entry = dict(pairs)
    if len(entry) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise EntryError("json", f"the key {twice!r} appears twice")
    return entry


def sentence_of(entry: dict[str, Any], line: int, joiner: str, ids: dict[str, int]) -> Raw | None:
    """The sentence of one object; None for an empty one.

    Args:
        entry: the object.
        line: where it stands.
        joiner: what stands between two units.
        ids: the line of each ``id`` so far; that of this object is added.

    Raises:
        EntryError: for an object that is no sentence.
    """
    _check_id(entry.get("id"), line, ids)
    document = entry.get("document")
    if document is not None and not isinstance(document, str | int):
        raise EntryError("json", f'"document" is {document!r}, expected a name or a number')
    units = _units(entry, joiner)
    found = spans(entry["spans"], units, joiner) if "spans" in entry else ()
    tags = _strings(entry, "tags") if "spans" not in entry else None
    if tags is not None and len(tags) != len(units):
        raise EntryError("unequal-lengths", f"{len(units)} tokens, {len(tags)} tags")
    name = None if document is None else str(document)
    return Raw(units, line, tags, found, name) if units else None


def _check_id(identity: Any, line: int, ids: dict[str, int]) -> None:
    if identity is None:
        return
    if not isinstance(identity, str | int):
        raise EntryError("json", f'"id" is {identity!r}, expected a name or a number')
    first = ids.setdefault(str(identity), line)
    if first != line:
        raise EntryError("duplicate-id", f"the id {identity!r} is that of line {first}, too")


def _units(entry: dict[str, Any], joiner: str) -> tuple[str, ...]:
    shape = {"text", "tokens", "spans", "tags"} & entry.keys()
    if shape not in ({"text", "spans"}, {"tokens", "spans"}, {"tokens", "tags"}):
        wanted = '"text" and "spans", "tokens" and "spans", or "tokens" and "tags"'
        raise EntryError("json", f"expected {wanted}; found the keys {', '.join(map(repr, entry))}")
    units = _strings(entry, "tokens") if "tokens" in shape else _cut(entry["text"], joiner)
    check_units(units, joiner)
    return units


def _cut(text: Any, joiner: str) -> tuple[str, ...]:
    if not isinstance(text, str):
        raise EntryError("json", f'"text" is {text!r}, expected a string')
    if not text:
        return ()
    return tuple(map(intern, text.split(joiner) if joiner else text))


def _strings(entry: dict[str, Any], key: str) -> tuple[str, ...]:
    values = entry[key]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise EntryError("json", f'"{key}" must be a list of strings')
    return tuple(map(intern, values))
