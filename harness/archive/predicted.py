"""What ``predict --json`` writes, or Label Studio as predictions: entities, places, probabilities.

``{"text": "…", "entities": [{"start": 0, "end": 2, "label": "PER", "text": "…",
"confidence": 0.93}]}``, a line for each sentence; ``confidence`` stands with every entity or none.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.core import Decoded, Example
from harness.data.readers import labelstudio, lines
from harness.data.readers.entry_errors import EntryError
from harness.data.readers.offsets import answered
from harness.errors import DataError
from harness.generation import nested
from harness.tags import encode

KEY, SPANS = "entities", "spans"  # the second is what ``export-predictions`` writes


def first_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in the first line of ``path`` that is not blank; None if there is none."""
    for _, line in lines.read(path).numbered():
        if line.strip(" \t"):
            return _object(line)
    return None


def is_written_so(path: Path) -> bool:
    """Whether the lines of ``path`` are answers, and not sentences with spans alone."""
    numbered = lines.read(path).numbered()
    entries = [_object(line) or {} for _, line in numbered if line.strip(" \t")]
    return KEY in next(iter(entries), {}) or any(map(_tells_confidence, entries))


def _tells_confidence(entry: dict[str, Any]) -> bool:
    spans = entry.get(SPANS)
    return isinstance(spans, list) and any(isinstance(s, dict) and "confidence" in s for s in spans)


def begins_list(path: Path) -> bool:
    """Whether ``path`` begins as a list of objects does, and no line of columns."""
    text = "".join(one for one in lines.read(path).lines[:2] if one)
    return "".join(text.split())[:2] in ("[{", "[]")


def _object(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def answers(path: Path, examples: Sequence[Example]) -> list[Decoded]:
    """The answer to each of ``examples``, which have units; lines without text are skipped.

    Raises:
        DataError: for a line that is none, or another text; with its number.
    """
    found = [(n, _entry(path, n, line)) for n, line in lines.read(path).numbered() if line.strip()]
    return _answers(path, found, examples)


def studio_answers(path: Path, examples: Sequence[Example]) -> list[Decoded]:
    """As ``answers``, from the predictions of tasks of Label Studio.

    Raises:
        DataError: as ``answers``, with the line that a task begins on.
    """
    text, found, line = lines.read(path), list[tuple[int, dict[str, Any]]](), 1
    try:
        for line, task in labelstudio.tasks("\n".join(one or "" for one in text.lines)):
            found.append((line, labelstudio.answer(task)))
    except EntryError as error:
        msg = f"{path}:{line}: {error.message}"
        raise DataError(msg) from None
    return _answers(path, found, examples)


def _answers(
    path: Path, found: Sequence[tuple[int, dict[str, Any]]], examples: Sequence[Example]
) -> list[Decoded]:
    entries = [(number, entry) for number, entry in found if entry.get("text")]
    if len(entries) != len(examples):
        msg = f"{path}: {len(entries)} sentences for {len(examples)} of the test set"
        raise DataError(msg)
    sure = _has_confidence(path, entries)
    pairs = zip(entries, examples, strict=True)
    return [_decoded(path, number, entry, one, sure=sure) for (number, entry), one in pairs]


def _entry(path: Path, number: int, line: str) -> dict[str, Any]:
    entry = _object(line) or {}
    found = entry.get(KEY, entry.get(SPANS))
    if not isinstance(found, list):
        msg = (
            f'{path}:{number}: expected {{"text": …, "entities": […]}}, as `predict --json` writes'
        )
        raise DataError(msg)
    return {**entry, KEY: found}


def _has_confidence(path: Path, entries: Sequence[tuple[int, dict[str, Any]]]) -> bool:
    """Whether entities have probabilities: all do, or none does."""
    have = [(number, _sure(path, number, entry)) for number, entry in entries]
    known = [number for number, values in have if any(v is not None for v in values)]
    lack = [number for number, values in have if None in values]
    if known and lack:
        msg = f"{path}:{lack[0]}: an entity without confidence; the one in line {known[0]} has it"
        raise DataError(msg)
    return bool(known)


def _sure(path: Path, number: int, entry: dict[str, Any]) -> list[float | None]:
    values = [one.get("confidence") if isinstance(one, dict) else None for one in entry[KEY]]
    for value in values:
        number_like = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number_like and 0 <= value <= 1):
            msg = f"{path}:{number}: confidence {value!r} is no probability, from 0 to 1"
            raise DataError(msg)
    return values


def _decoded(
    path: Path, number: int, entry: dict[str, Any], example: Example, *, sure: bool
) -> Decoded:
    sentence = example.sentence
    if entry["text"] != sentence.text:
        msg = (
            f"{path}:{number}: the text is not that of {sentence.id}: "
            f"{str(entry['text'])[:30]!r}, not {sentence.text[:30]!r}"
        )
        raise DataError(msg)
    try:
        found = answered(entry[KEY], sentence, nested=example.nested)
    except EntryError as error:
        msg = f"{path}:{number}: {error.message}"
        if any(isinstance(one, dict) and "start" not in one for one in entry[KEY]):
            msg += "; entities without places are read with `--format strings`"
        raise DataError(msg) from None
    ordered = sorted(entry[KEY], key=lambda one: (one["start"], one["end"], one["label"]))
    confidence = tuple(float(one["confidence"]) for one in ordered) if sure else None
    if example.nested:
        return nested.answer(found, len(sentence), confidence)
    return Decoded(encode(found, len(sentence)), confidence=confidence)
