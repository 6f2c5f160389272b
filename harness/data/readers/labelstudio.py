"""Label Studio's JSON export: a list of tasks, their entities as regions of the type ``labels``.

A task that nobody annotated is no sentence without entities: it is left out and counted. One with
several annotations has to be settled first; ``ground_truth`` settles it. Offsets are code points.
Predictions are no gold: they are read as answers of another system. Regions of other types, such
as relations and choices, are left out and counted.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.readers import lines
from harness.data.readers.entry_errors import EntryError
from harness.data.readers.jsonl import once, sentence_of
from harness.data.readers.records import Problem, Raw, ReadSplit, counted

_SPACES = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(object_pairs_hook=once)
_SHOWN = 20  # characters


@dataclass(frozen=True, slots=True)
class LabelStudioSource:
    """The file of one split, and what stands between two units of its texts."""

    path: Path
    joiner: str = ""


def read(source: LabelStudioSource) -> ReadSplit:
    """The annotated tasks of an export."""
    text = lines.read(source.path)
    problems, undone, others = [*text.problems], list[int](), list[tuple[int, str]]()
    records = tuple(_records(text, source.joiner, problems, undone, others))
    message = "a task without an annotation, or without text: skipped"
    problems += counted(text.file, undone, "not-annotated", "note", message)
    problems += _left_out(text.file, others)
    return ReadSplit(text.file, records, tuple(problems))


def _records(
    text: lines.Lines,
    joiner: str,
    problems: list[Problem],
    undone: list[int],
    others: list[tuple[int, str]],
) -> Iterator[Raw]:
    """The sentences of an export; adds what is wrong, not annotated, and marks something else."""
    ids: dict[str, int] = {}
    for line, task in _listed(text, problems):
        try:
            entry = _entry(task)
            record = sentence_of(entry, line, joiner, ids) if entry else None
        except EntryError as error:
            problems.append(Problem(text.file, line, error.code, "error", error.message))
            continue
        others += [(line, kind) for kind in _other_kinds(task)]
        if record:
            yield record
        else:
            undone.append(line)


def _listed(text: lines.Lines, problems: list[Problem]) -> Iterator[tuple[int, Any]]:
    """The tasks of a file up to where it is no list any more, which is added."""
    try:
        yield from tasks("\n".join(one or "" for one in text.lines))
    except EntryError as error:
        if not text.unreadable:
            problems.append(Problem(text.file, None, error.code, "error", error.message))


def _left_out(file: str, others: Sequence[tuple[int, str]]) -> Iterator[Problem]:
    """A note for all regions that are no entities, at the first, with their types."""
    if others:
        kinds = Counter(kind for _, kind in others)
        listed = ", ".join(f"{times} of type {kind}" for kind, times in kinds.items())
        message = f"regions of other types than `labels` are left out: {listed}"
        yield Problem(file, others[0][0], "not-an-entity", "note", message)


def tasks(text: str) -> Iterator[tuple[int, Any]]:
    """The elements of the JSON list that ``text`` is, each with the line that it begins on.

    Raises:
        EntryError: for text that is no list, or goes on after it.
    """
    place = _Place(text)
    if not place.takes("["):
        raise EntryError("json", "expected a JSON list of tasks: choose JSON (not JSON-MIN)")
    if not place.takes("]"):
        yield place.task()
        while place.takes(","):
            yield place.task()
        if not place.takes("]"):
            raise EntryError("json", f"expected a comma, or the ] of the list, {place.words}")
    if place.ahead():
        more = "one list a file: put the tasks of several exports into one list"
        raise EntryError(
            "json", f"the list of tasks ends, and the file does not, {place.words}; {more}"
        )


@dataclass(slots=True)
class _Place:
    """How far a list of tasks was read, and the line of that place."""

    text: str
    at: int = 0
    line: int = 1

    def _go(self, at: int) -> None:
        """Go on; each line end is counted once."""
        self.line += self.text.count("\n", self.at, at)
        self.at = at

    def ahead(self) -> str:
        """The next character that is no space; empty at the end."""
        match = _SPACES.match(self.text, self.at)
        self._go(match.end() if match else self.at)
        return self.text[self.at : self.at + 1]

    def takes(self, mark: str) -> bool:
        """Whether ``mark`` is next, which is then gone past."""
        found = self.ahead() == mark
        self._go(self.at + found)
        return found

    def task(self) -> tuple[int, Any]:
        """The JSON value that is next, and the line that it begins on."""
        self.ahead()
        line = self.line
        try:
            task, end = _DECODER.raw_decode(self.text, self.at)
        except (ValueError, RecursionError) as error:
            what = f"not valid JSON in the task on line {line}: {error}"
            raise EntryError("json", what) from None
        self._go(end)
        return line, task

    @property
    def words(self) -> str:
        """What is found here, for a message."""
        rest = self.text[self.at : self.at + _SHOWN]
        return f"found {rest!r} on line {self.line}" if rest else "found the end of the file"


def _entry(task: Any) -> dict[str, Any] | None:
    """``task`` in the form of our own JSON Lines; None for one that is not annotated."""
    data = _data(task)
    annotation = _annotation(task)
    if annotation is None:
        return None
    found = [_span(one) for one in _regions(annotation, "an annotation")]
    document = data.get("document")
    extra = {} if document is None else {"document": document}
    return {"text": _text(data), "spans": found, **extra}


def answer(task: Any) -> dict[str, Any]:
    """The text of ``task`` and what its one prediction holds, as ``predict --json`` writes them.

    Raises:
        EntryError: for a task without a prediction, or with those of several models.
    """
    data, given = _data(task), task.get("predictions") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise EntryError("json", '"predictions" must be a list of objects')
    if len(given) != 1:
        what = f"{len(given)} predictions of one task: export those of one model, for every task"
        raise EntryError("annotations", what)
    regions = _regions(given[0], "a prediction")
    return {"text": _text(data), "entities": [_span(one) | _sure(one) for one in regions]}


def _data(task: Any) -> dict[str, Any]:
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        raise EntryError("json", 'expected a task with "data": choose JSON (not JSON-MIN)')
    data: dict[str, Any] = task["data"]
    return data


def _regions(given: dict[str, Any], what: str) -> list[dict[str, Any]]:
    """The regions of ``given`` that mark text."""
    regions = given.get("result")
    if not isinstance(regions, list):
        raise EntryError("json", f'{what} has no list "result"')
    return [one for one in regions if _is_label(one)]


def _other_kinds(task: dict[str, Any]) -> list[str]:
    """The types of the regions of ``task`` that mark no text."""
    regions = (_annotation(task) or {}).get("result", [])
    kinds = (one.get("type") if isinstance(one, dict) else None for one in regions)
    return [str(kind) for kind in kinds if kind != "labels"]


def _sure(region: dict[str, Any]) -> dict[str, Any]:
    """How probable a region is, where its model says so."""
    return {} if region.get("score") is None else {"confidence": region["score"]}


def _annotation(task: dict[str, Any]) -> dict[str, Any] | None:
    """The one annotation of ``task`` that counts."""
    given = task.get("annotations") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise EntryError("json", '"annotations" must be a list of objects')
    kept = [one for one in given if not one.get("was_cancelled")]
    settled = [one for one in kept if one.get("ground_truth")]
    if len(kept) > 1 and len(settled) != 1:
        what = f"{len(kept)} annotations of one task: mark one as ground truth, or export one"
        raise EntryError("annotations", what)
    counting: list[dict[str, Any]] = settled or kept
    return counting[0] if counting else None


def _text(data: dict[str, Any]) -> Any:
    """The text of a task: ``text``, or the only value that is text."""
    if "text" in data:
        return data["text"]
    texts = [value for value in data.values() if isinstance(value, str)]
    if len(texts) != 1:
        raise EntryError("json", f'"data" has no "text"; found {", ".join(map(repr, data))}')
    return texts[0]


def _is_label(region: Any) -> bool:
    """Whether a region marks text; relations and answers to other questions do not."""
    return isinstance(region, dict) and region.get("type") == "labels"


def _span(region: dict[str, Any]) -> dict[str, Any]:
    value = region.get("value")
    if not isinstance(value, dict):
        raise EntryError("span", f"{region!r} has no value")
    labels = value.get("labels")
    if not isinstance(labels, list) or len(labels) != 1:
        raise EntryError("span", f"{value!r}: expected one label; a unit carries one tag")
    found = {"start": value.get("start"), "end": value.get("end"), "label": labels[0]}
    return found | ({"text": value["text"]} if "text" in value else {})
