"""Answers as ids: what a generator is trained to write, what is forced, and what it wrote as text.

Targets, forced tokens and rendered text come from the items of a format and one table of ids, so
the three agree token by token. The joined string is never tokenised.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from backends.generating.vocabulary import UnitVocabulary
from harness.core import Sentence, Text
from harness.generation.formats import Format
from harness.generation.items import Item
from harness.tags import OUTSIDE

# Units of a sentence that shows whether a format gives all units as many tokens.
PROBE = 12


class AnswerCodec:
    """The answers to sentences in a format, under a vocabulary that has the format's marks."""

    def __init__(self, vocabulary: UnitVocabulary, form: Format, tags: Sequence[str]) -> None:
        self.vocabulary, self.format, self.tags = vocabulary, form, tuple(tags)
        items = form.marks(self.tags)
        self.marks = {item: vocabulary.marks[form.spell(item)] for item in items}
        self._items = {i: item for item, i in self.marks.items()}

    @property
    def tag_ids(self) -> list[int]:
        """The token of each tag, for a format that has one per unit."""
        return [self.marks[Item("tag", tag)] for tag in self.tags]

    @property
    def forcible(self) -> bool:
        """Whether all but one tag per unit is known beforehand."""
        return all(item.kind == "tag" for item in self.marks)

    @property
    def stride(self) -> int | None:
        """The tokens that a unit takes, where all take as many."""
        probe = Sentence("", ("x",) * PROBE)
        if not self.forcible:
            return None
        widths = {len(block) + 1 for block in self.forced(probe)}
        return widths.pop() if len(widths) == 1 else None

    def ids(self, sentence: Sentence, tags: Sequence[str]) -> list[int]:
        """The answer that ``tags`` are, without the end."""
        anchors = dict(zip(sentence.units, self.vocabulary.anchors(sentence), strict=True))
        return [i for item in self.format.items(sentence, tags) for i in self._ids(item, anchors)]

    def _ids(self, item: Item, anchors: dict[str, int]) -> list[int]:
        if item in self.marks:
            return [self.marks[item]]
        return [anchors[item.value]] if item.kind == "unit" else self.vocabulary.text(item.value)

    def forced(self, sentence: Sentence) -> list[list[int]]:
        """What stands before the tag of each unit; equally long for all sentences."""
        blocks: list[list[int]] = []
        block: list[int] = []
        outside = self.marks[Item("tag", OUTSIDE)]
        for token in self.ids(sentence, [OUTSIDE] * len(sentence)):
            if token == outside:
                blocks.append(block)
                block = []
            else:
                block.append(token)
        return blocks

    def text(self, ids: Sequence[int], sentence: Sentence) -> Text:
        """What was written, up to the end: marks, units of this sentence, and any other text."""
        anchors = self.vocabulary.anchors(sentence) if self._writes_units else []
        return self._text(ids, _Copy(anchors, sentence.units), sentence)

    def plain(self, ids: Sequence[int], sentence: Sentence) -> Text:
        """What a model wrote that was never trained on our tokens: its text, marks spelled."""
        return self._text(ids, _Copy([], ()), sentence)

    @property
    def _writes_units(self) -> bool:
        probe = Sentence("", ("x",))
        return any(item.kind == "unit" for item in self.format.items(probe, [OUTSIDE]))

    def _text(self, ids: Sequence[int], copy: "_Copy", sentence: Sentence) -> Text:
        items = list(self._read(self._until_end(ids), copy))
        return Text(self.format.join(items, sentence.joiner), self.format.name)

    def _read(self, ids: Sequence[int], copy: "_Copy") -> Iterator[Item]:
        for is_other, group in groupby(ids, lambda i: i not in self._items and i not in copy):
            if is_other:
                words = self.vocabulary.tokenizer.decode(list(group)).split()
                yield from (Item("unit", word) for word in words)
            else:
                yield from (self._items.get(i) or Item("unit", copy.unit(i)) for i in group)

    def _until_end(self, ids: Sequence[int]) -> list[int]:
        end = self.vocabulary.end
        kept = list(ids)
        kept = kept[: kept.index(end)] if end in kept else kept
        return [i for i in kept if i != self.vocabulary.padding]


class _Copy:
    """Reads ids as units of a sentence, of which several may share one id.

    An id stands for the next unit that it can stand for, behind the unit that was read last; where
    there is none, for the first one of the sentence.
    """

    def __init__(self, anchors: Sequence[int], units: Sequence[str]) -> None:
        self.units, self.behind = units, 0
        self.positions: dict[int, list[int]] = {}
        for place, anchor in enumerate(anchors):
            self.positions.setdefault(anchor, []).append(place)

    def __contains__(self, token: int) -> bool:
        return token in self.positions

    def unit(self, token: int) -> str:
        """The unit that ``token`` stands for now."""
        positions = self.positions[token]
        place = next((p for p in positions if p >= self.behind), None)
        if place is None:
            return self.units[positions[0]]
        self.behind = place + 1
        return self.units[place]
