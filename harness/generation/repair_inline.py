"""Inline markup is repaired in two steps: marks are paired, and the text between them is aligned.

Alignment is by code point, so that it does not matter where the text breaks into units. An entity
that is never closed is believed if the text breaks off in it, or ends soon after.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.core import Sentence
from harness.generation.align import align
from harness.generation.fates import PREDICTED, REPAIRED, UNANSWERED
from harness.generation.formats import MARK, closing, openings, unescape_inline
from harness.generation.lexing import (
    CAP,
    CAP_EXTRA,
    NO_TAG,
    WHOLE,
    WILD,
    KeyIds,
    LexedText,
    Lexicon,
    lexicon,
    plain_reading,
)
from harness.generation.repair_kinds import Repaired, count_superfluous, unreadable
from harness.tags import OUTSIDE, split

UNCLOSED = 8  # units: an entity left open at the end of a whole text is believed up to this length
_NONE = -1  # no entity
_NAME = re.compile(r"</?\s*([^\W\d_][\w.\-]*)\s*>")


@dataclass(slots=True)
class _Marked:
    """The text without its marks: code points, the entity of each, and the label of each entity."""

    points: list[str] = field(default_factory=list)
    entities: list[int] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    opened: int = _NONE
    doubted: set[int] = field(default_factory=set)  # entities whose marks were not as they should
    counts: Counter[str] = field(default_factory=Counter)

    def append(self, points: Sequence[str]) -> None:
        """Add text that is not a mark."""
        self.points.extend(points)
        self.entities.extend([self.opened] * len(points))

    def open(self, label: str | None) -> None:
        """Begin an entity; one that is still open has no end, and is discarded."""
        if self.opened != _NONE:
            self.discard()
        self.opened = len(self.labels)
        self.labels.append(label)
        if label is None:
            self.distrust()
            self.counts["unknown_label"] += 1

    def close(self, label: str | None) -> None:
        """End an entity: the label that it began with holds, if there is such a label."""
        if self.opened == _NONE:
            self.counts["unknown_label" if label is None else "missing_label"] += 1
            return
        begun = self.labels[self.opened]
        if label is None or label != begun:
            self.distrust()
        if not self.entities or self.entities[-1] != self.opened:
            self.counts["duplicated_label"] += 1  # marks around nothing
        elif begun is None:
            self.labels[self.opened] = label
        elif label != begun:
            self.counts["unknown_label" if label is None else "label_typo"] += 1
        self.opened = _NONE

    def distrust(self) -> None:
        """Note that a mark of the open entity was not as it should be."""
        if self.opened != _NONE:
            self.doubted.add(self.opened)

    def discard(self) -> None:
        """Treat the open entity as none."""
        self.distrust()
        self.labels[self.opened] = None
        self.opened = _NONE
        self.counts["missing_label"] += 1


def repair_inline(text: str, sentence: Sentence, tags: tuple[str, ...]) -> Repaired:
    """Tags from marks, of text that may be damaged anywhere."""
    marked = _read(text, sentence, tags)
    points = sentence.text
    reading = plain_reading(marked.points, CAP * len(points) + CAP_EXTRA)
    vocabulary = KeyIds.of(points)
    slots, items = vocabulary.slots(points, tagged=False), vocabulary.items(reading)
    alignment = align(slots, items)
    if alignment is None or len(alignment.replaced(slots, items)) == len(alignment.matched):
        return unreadable(len(sentence), "unrecoverable")
    units = list(_by_unit(alignment.items.tolist(), sentence))
    counts = _count_repairs(units, sentence, reading)
    counts["merged"] = _merged(alignment.items.tolist(), units, sentence, reading)
    counts.update(count_superfluous(reading.words, [False] * len(reading.words), alignment.matched))
    entities = _bridged([_entity(items, marked.entities) for items in units])
    if marked.opened != _NONE:
        marked.distrust()
        length = entities.count(marked.opened)
        if counts["cut_off"] or length <= UNCLOSED:
            marked.counts["missing_label"] += 1
        else:
            marked.discard()
    counts += marked.counts
    if not counts:  # all text is there and all marks pair up: one stands inside a unit or a joiner
        counts["label_typo"] = 1
    fates = _fates(units, sentence, reading, marked)
    return Repaired(_tags(entities, marked.labels), counts, fates)


def _fates(
    units: Sequence[Sequence[int]], sentence: Sentence, reading: LexedText, marked: _Marked
) -> str:
    """What became of each unit, given its items: said as it is, said otherwise, or not said."""
    return "".join(
        UNANSWERED if max(items) < 0
        else PREDICTED if _found_for(items, reading) == list(unit)
        and _entity(items, marked.entities) not in marked.doubted
        else REPAIRED
        for unit, items in zip(sentence.units, units, strict=True)
    )  # fmt: skip


def _found_for(items: Sequence[int], reading: LexedText) -> list[str]:
    """The code points found for those of a unit, empty if none was."""
    return [reading.words[item] if item >= 0 else "" for item in items]


def _read(text: str, sentence: Sentence, tags: tuple[str, ...]) -> _Marked:
    """The pieces of ``text``, each as text or as a mark."""
    marked, words = _Marked(), lexicon(tags, WHOLE)
    said = frozenset(MARK.findall(sentence.text))
    known = openings(tags)
    ends = {closing(opening): label for opening, label in known.items()}
    for piece in MARK.split(text):
        if piece in WILD:
            marked.append([piece])
        elif piece in known:
            marked.open(known[piece])
        elif piece in ends:
            marked.close(ends[piece])
        elif piece in said or not _meant(piece, marked, words, tags):
            marked.append(unescape_inline(piece))
    return marked


def _meant(piece: str, marked: _Marked, words: Lexicon, tags: tuple[str, ...]) -> bool:
    """Take ``piece``, which the sentence does not say, for a mark if it looks like one."""
    name = _NAME.fullmatch(piece)
    if name is None:
        return False
    tag, _ = words.tag(f"B_{name[1]}")
    label = None if tag == NO_TAG else split(tags[tag])[1]
    marked.counts["label_typo"] += label is not None
    if piece[1] == "/":
        marked.distrust()
        marked.close(label)
    else:
        marked.open(label)
        marked.distrust()
    return True


def _by_unit(items: Sequence[int], sentence: Sentence) -> Iterator[list[int]]:
    """The items of each unit, one a code point."""
    for start, unit in zip(sentence.starts, sentence.units, strict=True):
        yield list(items[start : start + len(unit)])


def _count_repairs(
    units: Sequence[Sequence[int]], sentence: Sentence, reading: LexedText
) -> Counter[str]:
    """What the text between the marks lacks or has otherwise than the sentence."""
    end = 1 + max((at for at, items in enumerate(units) if max(items) >= 0), default=-1)
    counts: Counter[str] = Counter(cut_off=int(end < len(units)), overflow=reading.overflow)
    for unit, items in zip(sentence.units[:end], units[:end], strict=True):
        if max(items) < 0:
            counts["missing_unit"] += 1
        elif _found_for(items, reading) != list(unit):
            counts["substituted_unit"] += 1
    return counts


def _merged(
    items: Sequence[int], units: Sequence[Sequence[int]], sentence: Sentence, reading: LexedText
) -> int:
    """How many units stand next to each other without what should be between them."""
    width = len(sentence.joiner)
    said = _found_for(items, reading)
    pairs = zip(sentence.starts[1:], units, units[1:], strict=False)
    return sum(
        said[start - width : start] != list(sentence.joiner)
        for start, before, after in pairs
        if max(before) >= 0 <= max(after)
    )


def _entity(items: Sequence[int], entities: Sequence[int]) -> int | None:
    """The entity that a unit belongs to, None if nothing of it was found."""
    return next((entities[item] for item in items if item >= 0), None)


def _bridged(entities: Sequence[int | None]) -> list[int]:
    """``entities`` with the units that were not found, each in the entity on both its sides."""
    filled: list[int] = []
    following = [_NONE] * (len(entities) + 1)
    for at in range(len(entities) - 1, -1, -1):
        entity = entities[at]
        following[at] = following[at + 1] if entity is None else entity
    for at, entity in enumerate(entities):
        before = filled[-1] if filled else _NONE
        inside = before if before == following[at] else _NONE
        filled.append(inside if entity is None else entity)
    return filled


def _tags(entities: Sequence[int], labels: Sequence[str | None]) -> list[str]:
    """The tag of each unit, given its entity."""
    tags: list[str] = []
    for at, entity in enumerate(entities):
        label = None if entity == _NONE else labels[entity]
        inside = at > 0 and entities[at - 1] == entity
        tags.append(OUTSIDE if label is None else f"{'I' if inside else 'B'}-{label}")
    return tags
