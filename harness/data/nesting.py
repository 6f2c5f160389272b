"""Which of the entities that overlap a flat task keeps: what `keep` of its file says, else none.

``outermost`` drops what lies inside of another entity, and does not decide between two that cross;
``longest`` takes the longest first, and drops what overlaps one that was taken. Of two at one
place, the label that the task file names first stays. ``error`` refuses all of them.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from harness.core import Sentence, Span

Keep: TypeAlias = Literal["outermost", "longest", "error"]


def undecided(spans: Sequence[Span], keep: Keep) -> tuple[Span, Span] | None:
    """The first two of ``spans`` that overlap and that ``keep`` does not choose between."""
    if keep == "longest":
        return None
    return next(_crossing(spans) if keep == "outermost" else _overlapping(spans), None)


def flat(spans: Sequence[Span], keep: Keep, labels: Sequence[str]) -> tuple[Span, ...]:
    """Those of ``spans`` that stay, in order; ``keep`` decides about all that overlap.

    ``labels`` has the label of each span, the one that stays of two at one place first.
    """
    ordered = tuple(sorted(spans))
    if next(_overlapping(ordered), None) is None:
        return ordered
    rank = {label: number for number, label in enumerate(labels)}
    return _outermost(spans, rank) if keep == "outermost" else _longest(spans, rank)


def together(pair: tuple[Span, Span], sentence: Sentence) -> str:
    """The two spans of ``pair`` as people find them, in characters."""
    return " and ".join(
        f"{span.label} {sentence.mention(span)!r} at {sentence.characters(span)}" for span in pair
    )


def _outermost(spans: Sequence[Span], rank: dict[str, int]) -> tuple[Span, ...]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end, rank[one.label])):
        if not kept or kept[-1].end <= span.start:
            kept.append(span)
    return tuple(kept)


def _longest(spans: Sequence[Span], rank: dict[str, int]) -> tuple[Span, ...]:
    taken = bytearray(max(span.end for span in spans))
    kept = []
    for span in sorted(spans, key=lambda one: (-len(one), one.start, rank[one.label])):
        if taken.find(1, span.start, span.end) < 0:
            taken[span.start : span.end] = b"\1" * len(span)
            kept.append(span)
    return tuple(sorted(kept))


def _overlapping(spans: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Neighbours that overlap; where any two do, some neighbours do."""
    for left, right in pairwise(sorted(spans)):
        if right.start < left.end:
            yield left, right


def _crossing(spans: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Pairs of which neither lies inside of the other.

    The spans that are open at a place lie inside of each other, so that the innermost of them ends
    first: one that ends later crosses it.
    """
    around: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        while around and around[-1].end <= span.start:
            around.pop()
        if around and around[-1].end < span.end:
            yield around[-1], span
        else:
            around.append(span)
