"""Label Studio's JSON export: a list of tasks, their entities as regions of the type ``labels``.

A task that nobody annotated is no sentence without entities: it is left out and counted. One with
several annotations has to be settled first; ``ground_truth`` settles it. Offsets are code points.
Predictions are no gold: they are read as answers of another system.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.readers import lines
from harness.data.readers.entry_errors import EntryError
from harness.data.readers.jsonl import once, sentence_of
from harness.data.readers.records import Problem, Raw, ReadSplit, counted

_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class LabelStudioSource:
    """The file of one split, and what stands between two units of its texts."""

    path: Path
    joiner: str = ""


def read(source: LabelStudioSource) -> ReadSplit:
    """The annotated tasks of an export."""
    text = lines.read(source.path)
    problems, records, undone = [*text.problems], list[Raw](), list[int]()
    ids: dict[str, int] = {}
    try:
        for line, task in tasks("\n".join(one or "" for one in text.lines)):
            try:
                entry = _entry(task)
                record = sentence_of(entry, line, source.joiner, ids) if entry else None
            except EntryError as error:
                problems.append(Problem(text.file, line, error.code, "error", error.message))
                continue
            if record:
                records.append(record)
            else:
                undone.append(line)
    except EntryError as error:
        if not text.unreadable:
            problems.append(Problem(text.file, None, error.code, "error", error.message))
    message = "a task without an annotation, or without text: skipped"
    problems += counted(text.file, undone, "not-annotated", "note", message)
    return ReadSplit(text.file, tuple(records), tuple(problems))


def tasks(text: str) -> Iterator[tuple[int, Any]]:
    """The elements of a JSON list, each with the line that it begins on."""
    decoder = json.JSONDecoder(object_pairs_hook=once)
    place = _skipped(text, 0, "")
    if text[place : place + 1] != "[":
        raise EntryError("json", "expected a JSON list of tasks: choose JSON (not JSON-MIN)")
    place = _skipped(text, place + 1, "")
    while text[place : place + 1] != "]":
        line = text.count("\n", 0, place) + 1
        try:
            task, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise EntryError(
                "json", f"not valid JSON in the task on line {line}: {error}"
            ) from None
        yield line, task
        place = _skipped(text, end, ",")


def _skipped(text: str, place: int, mark: str) -> int:
    """The place after spaces, and after one ``mark`` among them."""
    while place < len(text) and text[place] in _SPACE + mark:
        mark = "" if text[place] == mark else mark
        place += 1
    return place


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
