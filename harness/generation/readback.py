"""Lists of strings located in a sentence, by a stated rule for what a list of mentions can mean.

Many taggers and chat models answer with ``(label, text)`` pairs and no offsets. Each rule below
is common in public code, and each has its own ceiling below 100 F1; the rule is part of the record.
"""

from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import TypeAlias

from harness.core import Sentence, Span

Mention: TypeAlias = tuple[str, str]
Rule: TypeAlias = Callable[[Sentence, Sequence[Mention]], tuple[Span, ...]]


def cursor(sentence: Sentence, mentions: Sequence[Mention]) -> tuple[Span, ...]:
    """Mentions in the order of the text: each is searched after the end of the one before."""
    spans: list[Span] = []
    position = 0
    for label, text in mentions:
        span = next(_occurrences(sentence, text, label, position), None)
        if span is not None:
            spans.append(span)
            position = span.end
    return tuple(spans)


def first(sentence: Sentence, mentions: Sequence[Mention]) -> tuple[Span, ...]:
    """A set of strings: the first occurrence of each."""
    found = [next(_occurrences(sentence, text, label, 0), None) for label, text in mentions]
    return disjoint([span for span in found if span is not None])


def every(sentence: Sentence, mentions: Sequence[Mention]) -> tuple[Span, ...]:
    """A set of strings: all occurrences of each."""
    return disjoint([s for label, text in mentions for s in _occurrences(sentence, text, label, 0)])


RULES: MappingProxyType[str, Rule] = MappingProxyType(
    {"cursor": cursor, "first": first, "every": every}
)


def disjoint(spans: Sequence[Span]) -> tuple[Span, ...]:
    """``spans`` with overlaps resolved by one rule: the longest, then the leftmost, stays."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda s: (-len(s), s.start, s.label)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept))


def occurrences(sentence: Sentence, text: str) -> Iterator[tuple[int, int]]:
    """The half-open units of each place where ``text`` stands on unit borders, in order."""
    if text not in sentence.text:  # most entries of a long list are not
        return
    starts, ends = sentence.borders()
    place = sentence.text.find(text) if text else -1
    while place >= 0:
        if place in starts and place + len(text) in ends:
            yield starts[place], ends[place + len(text)]
        place = sentence.text.find(text, place + 1)


def _occurrences(sentence: Sentence, text: str, label: str, start: int) -> Iterator[Span]:
    """The same as spans of ``label``, from unit ``start`` on."""
    return (Span(a, b, label) for a, b in occurrences(sentence, text) if a >= start)
