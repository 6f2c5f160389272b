"""Counts of entities that may lie inside of each other: as sets, since no tag can hold them.

An entity is right when start, end and type are, as in a flat task. *Nested* are those that overlap
another entity: a gold one, and with it whatever is found right, by the gold; a wrong one by what
was found beside it. So nested and flat entities add up to all of them, for each of tp, fp and fn,
and the F1 of the nested ones is their own. Lu and Roth 2015 ("Joint mention extraction and
classification with mention hypergraphs") and Wang and Lu 2018 ("Neural segmental hypergraphs for
overlapping mention recognition") score sentences with overlapping mentions apart, for the same
reason: where most entities are flat, a system that finds no inner one loses little F1. By entity,
a flat name beside a nested one counts as what it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from harness.core import Span
from harness.scoring.counting import CountMatrix
from harness.scoring.flat import Ints

SpansBySentence: TypeAlias = Sequence[Sequence[Span]]
_TP, _FP, _FN = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class NestedCounts:
    """The counts of ``every`` entity, and those of the ``nested`` ones."""

    every: CountMatrix
    nested: CountMatrix


@dataclass(frozen=True, slots=True)
class _Verdict:
    """An entity of a sentence, by number, with what it counts as, and whether it is nested."""

    sentence: int
    label: str
    counts_as: int
    nested: bool


def count_nested(
    gold: SpansBySentence, found: SpansBySentence, labels: Sequence[str]
) -> NestedCounts:
    """The counts of ``found`` against ``gold``, each in order and each entity once."""
    verdicts = [
        verdict
        for number, (right, answer) in enumerate(zip(gold, found, strict=True))
        for verdict in _judged(number, right, answer)
    ]
    others = {verdict.label for verdict in verdicts}.difference(labels)
    names = (*labels, *sorted(others))
    inside = [verdict for verdict in verdicts if verdict.nested]
    return NestedCounts(
        CountMatrix(names, _tally(verdicts, len(gold), names)),
        CountMatrix(names, _tally(inside, len(gold), names)),
    )


def _judged(number: int, gold: Sequence[Span], found: Sequence[Span]) -> Iterator[_Verdict]:
    wanted = dict(zip(gold, nested(gold), strict=True))
    given = dict(zip(found, nested(found), strict=True))
    for span, inside in wanted.items():
        yield _Verdict(number, span.label, _TP if span in given else _FN, inside)
    for span, inside in given.items():
        if span not in wanted:
            yield _Verdict(number, span.label, _FP, inside)


def nested(spans: Sequence[Span]) -> tuple[bool, ...]:
    """Of each of ``spans``, which are in order, whether it overlaps another of them."""
    found = [False] * len(spans)
    last = 0  # of the spans so far, the one that ends last
    for place, span in enumerate(spans):
        if place and span.start < spans[last].end:
            found[place] = found[last] = True
        if span.end >= spans[last].end:
            last = place
    return tuple(found)


def _tally(verdicts: Sequence[_Verdict], sentences: int, labels: Sequence[str]) -> Ints:
    """(sentences, labels, 3): tp, fp and fn."""
    column = {label: place for place, label in enumerate(labels)}
    values = np.zeros((sentences, len(labels), 3), np.int64)
    for one in verdicts:
        values[one.sentence, column[one.label], one.counts_as] += 1
    return values
