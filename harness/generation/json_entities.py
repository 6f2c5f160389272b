"""Entities as JSON, as models are asked for them: texts and labels, no offsets.

``{"entities": [{"text": "孙洋", "label": "PER"}]}``. A text that stands in several places says
which it means, ``"occurrence": 2``, so gold comes back whole. Models are bad at offsets, and good
at copying. A list alone, without the object around it, is read as well, and so are other keys
beside those of an entity: neither leaves anything to guess.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from harness.core import Sentence, Span, WrittenEntity
from harness.generation.items import Item
from harness.generation.placing import place, written
from harness.tags import OUTSIDE, decode, encode, split

ENTITIES, TEXT, LABEL, OCCURRENCE = "entities", "text", "label", "occurrence"


class JsonEntities:
    """The format ``json``."""

    name = "json"

    def items(self, sentence: Sentence, tags: Sequence[str]) -> tuple[Item, ...]:
        """The object around all entities, and each of them."""
        return tuple(Item("literal", each) for each in _pieces(sentence, decode(tags)))

    def marks(self, tags: Sequence[str]) -> tuple[Item, ...]:
        """None: it is plain text."""
        del tags
        return ()

    def spell(self, item: Item) -> str:
        """The piece as it is."""
        return item.value

    def join(self, items: Iterable[Item], joiner: str = "") -> str:
        """The pieces, with nothing between."""
        del joiner
        return "".join(item.value for item in items)

    def render(self, sentence: Sentence, tags: Sequence[str]) -> str:
        """The text of ``tags``."""
        return self.render_spans(sentence, decode(tags))

    def render_spans(self, sentence: Sentence, spans: Iterable[Span]) -> str:
        """The text of ``spans``, which may overlap."""
        return "".join(_pieces(sentence, spans))

    def parse(self, text: str, sentence: Sentence, tags: Sequence[str]) -> tuple[str, ...] | None:
        """The tags of entities that stand in one place each; None where anything is in doubt."""
        entities = strict(text)
        if entities is None:
            return None
        placed = place(sentence, dict(enumerate(entities)), lambda *_: None)
        if any(placing.fault for placing in placed.values()):
            return None
        places = [(placed[n].place, each.label) for n, each in enumerate(entities)]
        spans = sorted(Span(*where, label) for where, label in places if where)
        return encode(spans, len(sentence)) if _is_sound(spans, tags) else None


def _pieces(sentence: Sentence, spans: Iterable[Span]) -> Iterator[str]:
    """The object around all entities, and each of them."""
    yield f'{{"{ENTITIES}": ['
    for number, entity in enumerate(written(sentence, spans)):
        if number:
            yield ", "
        yield _spelled(entity)
    yield "]}"


def _is_sound(spans: Sequence[Span], tags: Sequence[str]) -> bool:
    known = {split(tag)[1] for tag in tags if tag != OUTSIDE}
    disjoint = all(a.end <= b.start for a, b in pairwise(spans))
    return disjoint and all(span.label in known for span in spans)


def _spelled(entity: WrittenEntity) -> str:
    told = {TEXT: entity.text, LABEL: entity.label}
    number = {} if entity.occurrence is None else {OCCURRENCE: entity.occurrence}
    return json.dumps(told | number, ensure_ascii=False)


def strict(text: str) -> list[WrittenEntity] | None:
    """The entities of a well-formed text; None for any other."""
    value = loaded(text)
    entries = value.get(ENTITIES) if isinstance(value, dict) else value
    if not isinstance(entries, list):
        return None
    found = [entity_of(entry, TEXT, LABEL) for entry in entries]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


def loaded(text: str) -> Any:
    """What ``text`` is as JSON; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def entity_of(entry: Any, text_key: str, label_key: str) -> WrittenEntity | None:
    """The entity that an object is, under the names of its keys; None for any other value."""
    if not isinstance(entry, Mapping):
        return None
    text, label, number = entry.get(text_key), entry.get(label_key), entry.get(OCCURRENCE)
    if not (isinstance(text, str) and text and isinstance(label, str) and label):
        return None
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        return None
    return WrittenEntity(text, label, None, number)
