"""Entities out of JSON that may be damaged anywhere: what can be read is read, the rest is counted.

Remarks and code fences around it are cut off (``text_before``, ``text_after``). Where that is no
help, each object that is whole is taken by itself: an answer that breaks off (``cut_off``) keeps
what it said before. Keys of other names (``renamed_key``), one list for each label, and numbers
written as text are understood; what is no entity then is a ``malformed_entity``.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from harness.core import Sentence, Spans, WrittenEntity
from harness.generation.fates import UNANSWERED
from harness.generation.json_entities import (
    ENTITIES,
    LABEL,
    OCCURRENCE,
    TEXT,
    entity_of,
    loaded,
    strict,
)
from harness.generation.json_objects import Place, objects
from harness.generation.lexing import CAP, CAP_EXTRA
from harness.generation.repair_kinds import Repaired, unreadable
from harness.generation.settling import Settled, settle
from harness.tags import encode

WIDTH = 64  # characters that the object of an entity may take beside its text
TEXT_KEYS = (TEXT, "mention", "word", "name", "span", "value", "entity")
LABEL_KEYS = (LABEL, "type", "category", "entity_type", "tag", "class", "entity")
_NUMBER = re.compile(r"[0-9]{1,9}")
_OPENING, _CLOSING = re.compile(r"[\[{]"), re.compile(r"[\]}]")


def repair_json(text: str, sentence: Sentence, tags: tuple[str, ...]) -> Repaired:
    """Tags from entities, of text that may be damaged anywhere."""
    entities, faults = _salvage(text, sentence)
    if entities is None:
        return unreadable(len(sentence), "unrecoverable")
    settled = settle(Spans(entities), sentence, tags)
    faults += settled.faults
    fates = fates_of(settled, cut_off=faults["cut_off"] > 0)
    if not faults:  # nothing was lost, and yet it is not as it was asked for
        faults["invalid_json"] = 1
    return Repaired(encode(settled.spans, len(sentence)), faults, fates)


def read_entities(
    text: str, sentence: Sentence
) -> tuple[tuple[WrittenEntity, ...] | None, Counter[str]]:
    """The entities that ``text`` names, None where it names none at all, and what is wrong with it.

    Where they stand, and whether that is certain, is for ``harness.generation.settling`` to say.
    """
    if not text.strip():
        return None, Counter(empty=1)
    well_formed = strict(text)
    if well_formed is not None:
        return tuple(well_formed), Counter()
    entities, faults = _salvage(text, sentence)
    if entities is None:
        return None, Counter(unrecoverable=1)
    return entities, +faults or Counter(invalid_json=1)


def fates_of(settled: Settled, *, cut_off: bool) -> str:
    """What became of each unit; of an answer that was ``cut_off``, its end says nothing."""
    end = max((span.end for span in settled.spans), default=0)
    unsaid = len(settled.fates) - end if cut_off else 0
    return settled.fates[: len(settled.fates) - unsaid] + UNANSWERED * unsaid


def _salvage(
    text: str, sentence: Sentence
) -> tuple[tuple[WrittenEntity, ...] | None, Counter[str]]:
    """The entities that can be read, and what was wrong around them."""
    faults: Counter[str] = Counter()
    room = WIDTH * (CAP * len(sentence) + CAP_EXTRA)
    faults["overflow"] += len(text) > room
    entries = _entries(text[:room].strip(), faults)
    if entries is None:
        return None, faults
    found = [_entity(entry, faults) for entry in entries]
    return tuple(entity for entity in found if entity is not None), faults


def _entries(text: str, faults: Counter[str]) -> list[Any] | None:
    """What stands for an entity each; None where nothing does."""
    found = _listed(loaded(text), faults)
    if found is not None:
        return found
    opening, closings = _OPENING.search(text), list(_CLOSING.finditer(text))
    if opening and closings:
        start, end = opening.start(), closings[-1].end()
        found = _listed(loaded(text[start:end]), faults)
        if found is not None:
            faults["text_before"] += start > 0
            faults["text_after"] += end < len(text)
            return found
    return _salvaged(text, faults)


def _salvaged(text: str, faults: Counter[str]) -> list[Any] | None:
    """The objects that are whole."""
    places = list(objects(text))
    found = [value for start, end in places if isinstance(value := loaded(text[start:end]), dict)]
    if not any(_entity(value, Counter()) for value in found):
        return None
    faults["cut_off" if _is_open(text, places) else "invalid_json"] += 1
    return found


def _is_open(text: str, places: Sequence[Place]) -> bool:
    """Whether something begins outside of the objects at ``places`` and never ends."""
    ends = [0, *(end for _, end in places)]
    starts = [*(start for start, _ in places), len(text)]
    around = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    opened = sum(len(_OPENING.findall(each)) - len(_CLOSING.findall(each)) for each in around)
    return opened > 0 and "]" not in around[-1]


def _listed(value: Any, faults: Counter[str]) -> list[Any] | None:
    """The list of entities that ``value`` is or holds; None where it is none."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    if isinstance(value.get(ENTITIES), list):
        found: list[Any] = value[ENTITIES]
        return found
    if _entity(value, Counter()):
        return [value]
    if not all(isinstance(each, list) for each in value.values()):
        return None
    faults["renamed_key"] += bool(value)
    return list(_by_label(value))


def _by_label(value: dict[str, list[Any]]) -> Iterator[Any]:
    """The entities of an object that has a list of texts for each label."""
    for label, texts in value.items():
        for text in texts:
            yield {**text, LABEL: label} if isinstance(text, dict) else {TEXT: text, LABEL: label}


def _entity(entry: Any, faults: Counter[str]) -> WrittenEntity | None:
    """The entity that ``entry`` is under whatever names, None for none."""
    keys = entry if isinstance(entry, dict) else ()
    text = next((key for key in TEXT_KEYS if key in keys), TEXT)
    label = next((key for key in LABEL_KEYS if key in keys and key != text), LABEL)
    if OCCURRENCE in keys:
        entry = entry | {OCCURRENCE: _occurrence(entry[OCCURRENCE])}
    found = entity_of(entry, text, label)
    if found is None:
        faults["malformed_entity"] += 1
    elif (text, label) != (TEXT, LABEL):
        faults["renamed_key"] += 1
    return found


def _occurrence(value: Any) -> int | None:
    """The number that ``value`` was meant as; 0, which no place has, where it is none."""
    if value is None or type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else 0
