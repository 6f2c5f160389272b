"""How tags are written for a generator: ``parse(render(gold))`` is ``gold``, whatever the text.

A format is a sequence of items (units, tags, literals) and a rule that joins their spellings.
Generators build their targets from the items, one token each, never from the joined string: a
unit may itself read ``O``, ``B_PER``, ``</s>`` or be a space. Spellings are reversible:

- in formats of words, a space is written ``␣``; any other white space, ``␣`` and ``␛`` are written
  ``␛`` + code point + ``;``, so that white space between words carries no meaning;
- in ``inline``, ``<`` is written ``&lt;`` and ``&`` is written ``&amp;``; if nothing else could
  be meant, they are also read as they are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Protocol

from harness import registry
from harness.core import Sentence, Span
from harness.errors import BackendError, ConfigError
from harness.generation.items import Item, Kind
from harness.generation.json_entities import JsonEntities
from harness.registry import Plugin
from harness.tags import OUTSIDE, decode, encode, split


class Format(Protocol):
    """A way to write tags down, and to read back exactly what it writes."""

    @property
    def name(self) -> str:
        """The one name of the format, even if it was asked for by an alias."""
        ...

    def items(self, sentence: Sentence, tags: Sequence[str]) -> tuple[Item, ...]:
        """What a generator has to write for ``tags``, one token or unit at a time."""
        ...

    def marks(self, tags: Sequence[str]) -> tuple[Item, ...]:
        """The items that deserve a special token each, for a tag set."""
        ...

    def spell(self, item: Item) -> str:
        """How ``item`` looks in text."""
        ...

    def join(self, items: Iterable[Item], joiner: str = "") -> str:
        """The text of ``items``; ``joiner`` is the sentence's."""
        ...

    def render(self, sentence: Sentence, tags: Sequence[str]) -> str:
        """The text of ``tags``."""
        ...

    def parse(self, text: str, sentence: Sentence, tags: Sequence[str]) -> tuple[str, ...] | None:
        """The tags that ``text`` gives, out of the tag set ``tags``; None if not well formed."""
        ...


_SPACE, ESCAPE = "␣", "␛"
_MARKED = re.compile(rf"[\s{_SPACE}{ESCAPE}]")


def escape(text: str) -> str:
    """``text`` as one word: no white space, and no two texts alike."""
    return _MARKED.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return _SPACE if match[0] == " " else f"{ESCAPE}{ord(match[0]):x};"


def spell_tag(tag: str) -> str:
    """``B-PER`` as it is written for a generator: ``B_PER``."""
    return escape(tag.replace("-", "_", 1))


@lru_cache(maxsize=64)
def spellings(tags: tuple[str, ...]) -> Mapping[str, str]:
    """The tag that each spelling stands for."""
    return MappingProxyType({spell_tag(tag): tag for tag in tags})


@dataclass(frozen=True, slots=True)
class Words:
    """Tags as words with one space between; the key before each is its unit or its index."""

    name: str
    key: Kind | None

    def keys(self, sentence: Sentence) -> tuple[Item, ...]:
        """The item before each tag, if there is one."""
        if self.key == "unit":
            return tuple(Item("unit", unit) for unit in sentence.units)
        if self.key == "literal":
            return tuple(Item("literal", str(index)) for index in range(len(sentence)))
        return ()

    def key_words(self, sentence: Sentence) -> list[str]:
        """The spellings of the keys."""
        if self.key == "unit" and not _MARKED.search("".join(sentence.units)):
            return list(sentence.units)
        return [self.spell(item) for item in self.keys(sentence)]

    def items(self, sentence: Sentence, tags: Sequence[str]) -> tuple[Item, ...]:
        """The tags, each after its key."""
        written = [Item("tag", tag) for tag in tags]
        if self.key is None:
            return tuple(written)
        pairs = zip(self.keys(sentence), written, strict=True)
        return tuple(item for pair in pairs for item in pair)

    def marks(self, tags: Sequence[str]) -> tuple[Item, ...]:
        """The tags themselves."""
        return tuple(Item("tag", tag) for tag in tags)

    def spell(self, item: Item) -> str:
        """One word without white space."""
        return spell_tag(item.value) if item.kind == "tag" else escape(item.value)

    def join(self, items: Iterable[Item], joiner: str = "") -> str:
        """The words, one space between two."""
        return " ".join(map(self.spell, items))

    def render(self, sentence: Sentence, tags: Sequence[str]) -> str:
        """The text of ``tags``."""
        return self.join(self.items(sentence, tags))

    def parse(self, text: str, sentence: Sentence, tags: Sequence[str]) -> tuple[str, ...] | None:
        """The tags of exactly the right keys; None for anything else."""
        words = text.split()
        if self.key is not None and words[0::2] != self.key_words(sentence):
            return None
        written = words if self.key is None else words[1::2]
        if len(written) != len(sentence):
            return None
        known = spellings(tuple(tags))
        found = tuple(known[word] for word in written if word in known)
        return found if len(found) == len(written) else None


MARK = re.compile(r"(<[^<>]*>)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "/": "&sol;"}
_ENTITY = re.compile(r"&(?:amp|lt|gt|sol);")
_MEANT = {entity: character for character, entity in _ENTITIES.items()}


def unescape_inline(text: str) -> str:
    """The text that was meant between two marks."""
    return _ENTITY.sub(lambda match: _MEANT[match[0]], text)


def mark(label: str) -> str:
    """The opening mark of ``label``; the closing one has a ``/`` after its ``<``."""
    return f"<{re.sub('[&<>/]', lambda match: _ENTITIES[match[0]], label)}>"


def closing(opening: str) -> str:
    """The mark that closes ``opening``."""
    return f"</{opening[1:]}"


@lru_cache(maxsize=64)
def openings(tags: tuple[str, ...]) -> Mapping[str, str]:
    """The label that each opening mark stands for."""
    labels = (split(tag)[1] for tag in tags if tag != OUTSIDE)
    return MappingProxyType({mark(label): label for label in labels})


@dataclass(frozen=True, slots=True)
class Inline:
    """The untouched text with marks around entities: ``涉嫌<PER>伍德</PER>``.

    Writes entities, so tags that are not legal BIO are read under the conlleval policy first.
    """

    name: str = "inline"

    def items(self, sentence: Sentence, tags: Sequence[str]) -> tuple[Item, ...]:
        """The units, with a literal before and after each entity."""
        before, after = {}, {}
        for span in decode(tags):
            opening = mark(span.label)
            before[span.start], after[span.end - 1] = opening, closing(opening)
        written: list[Item] = []
        for index, unit in enumerate(sentence.units):
            if index in before:
                written.append(Item("literal", before[index]))
            written.append(Item("unit", unit))
            if index in after:
                written.append(Item("literal", after[index]))
        return tuple(written)

    def marks(self, tags: Sequence[str]) -> tuple[Item, ...]:
        """An opening and a closing literal per label."""
        known = openings(tuple(tags))
        return tuple(Item("literal", side) for each in known for side in (each, closing(each)))

    def spell(self, item: Item) -> str:
        """A mark as it is; a unit with ``&`` and ``<`` escaped."""
        if item.kind == "literal":
            return item.value
        return item.value.replace("&", "&amp;").replace("<", "&lt;")

    def join(self, items: Iterable[Item], joiner: str = "") -> str:
        """The spellings, with the sentence's joiner between units and outside of marks."""
        parts: list[str] = []
        due = False
        between = self.spell(Item("unit", joiner))
        for item in items:
            closes = item.kind == "literal" and item.value.startswith("</")
            if due and not closes:
                parts.append(between)
                due = False
            parts.append(self.spell(item))
            due = due or item.kind == "unit"
        return "".join(parts)

    def render(self, sentence: Sentence, tags: Sequence[str]) -> str:
        """The text of ``tags``."""
        return self.join(self.items(sentence, tags), sentence.joiner)

    def parse(self, text: str, sentence: Sentence, tags: Sequence[str]) -> tuple[str, ...] | None:
        """The tags of a text that is exactly the sentence with marks; None for anything else.

        White space around it all carries no meaning if the sentence has none at its ends.
        """
        if sentence.text == sentence.text.strip():
            text = text.strip()
        spans = _marked_spans(text, sentence, openings(tuple(tags)))
        return None if spans is None else encode(spans, len(sentence))


def _marked_spans(text: str, sentence: Sentence, known: Mapping[str, str]) -> list[Span] | None:
    """The entities between marks, if each is where units are and the rest is the sentence."""
    begins, ends = sentence.borders()
    spans: list[Span] = []
    marks = {*known, *map(closing, known)}
    offset, start, opening = 0, 0, ""
    for piece in MARK.split(text):
        if piece not in marks:
            said = unescape_inline(piece)
            if not sentence.text.startswith(said, offset):
                return None
            offset += len(said)
        elif piece in known and not opening and offset in begins:
            start, opening = begins[offset], piece
        elif opening and piece == closing(opening) and ends.get(offset, 0) > start:
            spans.append(Span(start, ends[offset], known[opening]))
            opening = ""
        else:
            return None
    return None if opening or offset < len(sentence.text) else spans


GROUP = "harness.formats"
_METHODS = ("items", "marks", "spell", "join", "render", "parse")
CHAR_TAG = Words("char-tag", key="unit")
INDEXED = Words("indexed", key="literal")

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "tags": Words("tags", key=None),
        "char-tag": CHAR_TAG,
        "echo": CHAR_TAG,  # the decoder's name for the same text
        "indexed": INDEXED,
        "inline": Inline(),
    }
)


# Formats that write nothing for the units outside of entities: asked of models, not trained on.
JSON = JsonEntities()
OF_ENTITIES: Mapping[str, Format] = MappingProxyType({JSON.name: JSON})


def format_named(name: str) -> Format:
    """The format of that name, of ours or of an installed distribution (``harness.formats``).

    Raises:
        ConfigError: for a name that no format has.
        BackendError: for a format of a distribution that is of no use.
    """
    own = {**FORMATS, **OF_ENTITIES}
    if name in own:
        return own[name]
    offered = {plugin.name for plugin in registry.installed(GROUP)}
    if name.rpartition(":")[2] not in offered:
        known = ", ".join([*own, *sorted(offered)])
        msg = f"no format is named {name!r}: choose one of {known}"
        raise ConfigError(msg)
    return _loaded(registry.find(name, GROUP))


@cache
def _loaded(plugin: Plugin) -> Format:
    """What a distribution offers, which has the methods of a format; a class is called for one."""
    found = plugin.load()
    form = found() if isinstance(found, type) else found
    lacking = [method for method in _METHODS if not callable(getattr(form, method, None))]
    if lacking:
        raise BackendError(plugin.refusal(f"lacks the methods {', '.join(lacking)} of a format"))
    offered: Format = form
    return offered


def require_reading(
    name: str, read: Sequence[str], sentence: Sentence, tags: Sequence[str]
) -> None:
    """Refuse what ``parse`` of the format ``name`` gave if it is no tag of ``tags`` for each unit.

    Raises:
        BackendError: naming the format.
    """
    foreign = [tag for tag in read if tag not in tags]
    if len(read) != len(sentence) or foreign:
        what = f"{foreign[0]!r} as a tag" if foreign else f"{len(read)} tags"
        msg = f"format {name!r} read {what} for a sentence of {len(sentence)} units"
        raise BackendError(msg)
