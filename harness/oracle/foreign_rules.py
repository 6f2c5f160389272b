"""What other systems do to text and tags: each habit as a small rule, named for what it does.

A rule answers as a perfect model does in a system with that habit: it knows all gold, and what it
says is laid on the units of the untouched sentence as that system would lay it there. Scored
against untouched gold, that is the most that any model can reach under the rule. The system itself
sees no loss as long as its gold goes the same way. docs/pitfalls.md says where each was seen.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from harness.core import Example, Span
from harness.generation import readback
from harness.oracle.bert_words import Range, words
from harness.tags import OUTSIDE, encode

Answer: TypeAlias = Callable[[Example], tuple[str, ...]]

TOKENS = 128
SPECIAL = 2  # [CLS] and [SEP]
LONGEST = 8


@dataclass(frozen=True, slots=True)
class ForeignRule:
    """A habit: its name, what it does in words, and the tags of a perfect model under it."""

    name: str
    meaning: str
    answer: Answer


RULES: list[ForeignRule] = []


def _rule(name: str, meaning: str) -> Callable[[Answer], Answer]:
    """Add the function below to the rules, in the order of this file."""

    def add(answer: Answer) -> Answer:
        RULES.append(ForeignRule(name, meaning, answer))
        return answer

    return add


@_rule("split at spaces", "units are joined by spaces and split again; the n-th part has tag n")
def _split_at_spaces(example: Example) -> tuple[str, ...]:
    units = example.sentence.units
    kept = [tag for unit, tag in zip(units, _gold(example), strict=True) if unit.split()]
    return _laid(kept, len(units))


@_rule("units dropped", "BERT's tokenizer drops blanks, accents and controls, and tags move up")
def _units_dropped(example: Example) -> tuple[str, ...]:
    units = example.sentence.units
    kept = [tag for unit, tag in zip(units, _gold(example), strict=True) if words(unit)]
    return _laid(kept, len(units))


@_rule("one tag a word", "BERT's tokenizer makes words; each has the tag of its first character")
def _one_tag_a_word(example: Example) -> tuple[str, ...]:
    tags = [OUTSIDE] * len(example.sentence.text)
    for (start, end), tag in _tagged_words(example):
        tags[start:end] = [tag, *[_inside(tag)] * (end - start - 1)]
    return tuple(tags[start] for start in example.sentence.starts)


@_rule("n-th word, n-th unit", "the same words; the tag of the n-th is read as that of unit n")
def _word_numbers(example: Example) -> tuple[str, ...]:
    return _laid([tag for _, tag in _tagged_words(example)], len(example.sentence))


@_rule("offsets after NFKC", "offsets in text that was normalised are read in the text before")
def _offsets_after_nfkc(example: Example) -> tuple[str, ...]:
    sizes = [len(unicodedata.normalize("NFKC", c)) for c in example.sentence.text]
    moved = (0, *accumulate(sizes))
    ranges = [(example.sentence.characters(span), span.label) for span in example.spans]
    shifted = [((moved[start], moved[end]), label) for (start, end), label in ranges]
    return encode(_units_in(example, shifted), len(example.sentence))


@_rule("cut at 128 tokens", "what is beyond 126 units, `[CLS]` and `[SEP]` is never read")
def _cut(example: Example) -> tuple[str, ...]:
    return _laid(_gold(example)[: TOKENS - SPECIAL], len(example.sentence))


@_rule("neighbours merged", "tags do not say where an entity begins; neighbours of a type are one")
def _neighbours_merged(example: Example) -> tuple[str, ...]:
    return tuple(_inside(tag) for tag in _gold(example))


@_rule("single units dropped", "an entity is kept at its second unit, so those of one are lost")
def _single_units_dropped(example: Example) -> tuple[str, ...]:
    return encode((span for span in example.spans if len(span) > 1), len(example.sentence))


@_rule("over 8 units dropped", "spans of up to 8 units are candidates, so longer ones are lost")
def _long_dropped(example: Example) -> tuple[str, ...]:
    return encode((span for span in example.spans if len(span) <= LONGEST), len(example.sentence))


@_rule("end off by one", "ends that name the last unit are read as half-open")
def _end_off_by_one(example: Example) -> tuple[str, ...]:
    shorter = [Span(s.start, s.end - 1, s.label) for s in example.spans if len(s) > 1]
    return encode(shorter, len(example.sentence))


@_rule("word in token", "each unit that contains a word of a listed mention is tagged")
def _word_in_token(example: Example) -> tuple[str, ...]:
    mentions = [(span.label, example.sentence.mention(span).split()) for span in example.spans]
    return _searched(example.sentence.units, mentions)


@_rule("spaced word in token", "the same, after units were joined by spaces: each is a word")
def _spaced_word_in_token(example: Example) -> tuple[str, ...]:
    units = example.sentence.units
    mentions = [(span.label, units[span.start : span.end]) for span in example.spans]
    return _searched(units, mentions)


@_rule("strings, first place", "a listed mention stands where it first occurs")
def _first_place(example: Example) -> tuple[str, ...]:
    return _read_back(readback.first, example)


@_rule("strings, every place", "a listed mention stands wherever it occurs")
def _every_place(example: Example) -> tuple[str, ...]:
    return _read_back(readback.every, example)


@_rule("strings, in order", "a listed mention is searched after the one before it")
def _in_order(example: Example) -> tuple[str, ...]:
    return _read_back(readback.cursor, example)


def _gold(example: Example) -> tuple[str, ...]:
    return encode(example.spans, len(example.sentence))


def _laid(tags: Sequence[str], units: int) -> tuple[str, ...]:
    """``tags`` on the first units; units that are left are O, tags that are left are lost."""
    return (*tags[:units], *[OUTSIDE] * (units - len(tags)))


def _inside(tag: str) -> str:
    return tag if tag == OUTSIDE else f"I{tag[1:]}"


def _tagged_words(example: Example) -> Iterator[tuple[Range, str]]:
    """The words of the text, each with the tag of its first character."""
    text = example.sentence.text
    spans = (Span(*example.sentence.characters(span), span.label) for span in example.spans)
    tags = encode(spans, len(text))
    return ((word, tags[word[0]]) for word in words(text))


def _units_in(example: Example, ranges: Iterable[tuple[Range, str]]) -> Iterator[Span]:
    """The spans of the units that begin in each range of characters."""
    for (start, end), label in ranges:
        inside = [i for i, place in enumerate(example.sentence.starts) if start <= place < end]
        if inside:
            yield Span(inside[0], inside[-1] + 1, label)


def _searched(
    units: Sequence[str], mentions: Iterable[tuple[str, Sequence[str]]]
) -> tuple[str, ...]:
    """The tags of ``units`` after a search for each word of each mention.

    A first word begins an entity wherever it stands; another goes on with one that stands before.
    """
    tags = [OUTSIDE] * len(units)
    for label, parts in mentions:
        for number, part in enumerate(parts):
            for place in (i for i, unit in enumerate(units) if part in unit):
                if number == 0:
                    tags[place] = f"B-{label}"
                elif place and tags[place] == OUTSIDE and tags[place - 1][2:] == label:
                    tags[place] = f"I-{label}"
    return tuple(tags)


def _read_back(rule: readback.Rule, example: Example) -> tuple[str, ...]:
    """The tags that a list of all mentions, in the order of the text, means under ``rule``."""
    mentions = [(span.label, example.sentence.mention(span)) for span in example.spans]
    return encode(rule(example.sentence, mentions), len(example.sentence))
