"""doccano's JSONL: ``label`` (or ``labels``) as ``[start, end, label]``, or ``entities``.

Projects with relations export ``{"entities": [{"start_offset": …, "end_offset": …, "label": …}]}``;
relations are no part of named entities and are left out. Offsets are code points.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.readers.entry_errors import EntryError
from harness.data.readers.jsonl import read_objects
from harness.data.readers.records import ReadSplit
from harness.sequences import Keep, in_memory

_KEYS = ("label", "labels", "entities")


@dataclass(frozen=True, slots=True)
class DoccanoSource:
    """The file of one split, and what stands between two units of its texts."""

    path: Path
    joiner: str = ""


def read(source: DoccanoSource, keep: Keep = in_memory) -> ReadSplit:
    """The texts of a file with their labels."""
    return read_objects(source.path, source.joiner, _entry, keep)


def _entry(given: dict[str, Any]) -> dict[str, Any]:
    """``given`` in the form of our own JSON Lines."""
    keys = [key for key in _KEYS if key in given]
    if "text" not in given or len(keys) != 1:
        wanted = '"text" and one of "label", "labels" and "entities"'
        raise EntryError("json", f"expected {wanted}; found the keys {', '.join(map(repr, given))}")
    entries = given[keys[0]]
    if not isinstance(entries, list):
        raise EntryError("json", f'"{keys[0]}" must be a list')
    identity = {"id": given["id"]} if "id" in given else {}
    return {"text": given["text"], "spans": [_span(one) for one in entries], **identity}


def _span(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        names = {"start": "start_offset", "end": "end_offset", "label": "label"}
        return {name: given.get(key) for name, key in names.items()}
    if not isinstance(given, list) or len(given) != 3:
        raise EntryError("span", f"{given!r} is no label: expected [start, end, label]")
    return dict(zip(("start", "end", "label"), given, strict=True))
