"""Which of the entities that overlap a task keeps: what its file says, else none.

``outermost`` drops what lies inside of another entity, and does not decide between two that cross;
``longest`` takes the longest first, and drops what overlaps one that was taken. Of two at one
place, the label that the task file names first stays. ``error`` refuses all of them. A task with
nested gold keeps them, ``all``, and refuses one that is there twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from harness.core import Sentence, Span
from harness.errors import ConfigError
from harness.tags import outermost

Keep: TypeAlias = Literal["outermost", "longest", "error"]
Kept: TypeAlias = Keep | Literal["all"]


def undecided(spans: Sequence[Span], keep: Kept) -> tuple[Span, Span] | None:
    """The first two of ``spans`` that overlap and that ``keep`` does not choose between."""
    if keep == "longest":
        return None
    return next(_UNDECIDED[keep](spans), None)


def kept(spans: Sequence[Span], keep: Kept, labels: Sequence[str]) -> tuple[Span, ...]:
    """Those of ``spans`` that stay, in order; ``keep`` decides about all that overlap.

    ``labels`` has the label of each span, the one that stays of two at one place first.
    """
    ordered = tuple(sorted(spans))
    if keep == "all" or next(_overlapping(ordered), None) is None:
        return ordered
    rank = {label: number for number, label in enumerate(labels)}
    if keep == "outermost":
        return outermost(sorted(spans, key=lambda one: rank[one.label]))
    return _longest(spans, rank)


def require_flat(keep: Kept, task: str) -> None:
    """Refuse a task with nested gold to what reads one tag a unit.

    Raises:
        ConfigError: naming the task, and what there is for it.
    """
    if keep == "all":
        msg = (
            f"task {task!r} has nested gold (`nested: true`), and this command reads one tag a "
            "unit; for such runs there are leaderboard, score, verify, merge, reproduce, "
            "predict --json, export-data and export-predictions"
        )
        raise ConfigError(msg)


def together(pair: tuple[Span, Span], sentence: Sentence) -> str:
    """The two spans of ``pair`` as people find them, in characters."""
    return " and ".join(
        f"{span.label} {sentence.mention(span)!r} at {sentence.characters(span)}" for span in pair
    )


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


def _twice(spans: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Two that are one."""
    return (pair for pair in pairwise(sorted(spans)) if pair[0] == pair[1])


_UNDECIDED: Mapping[Kept, Callable[[Sequence[Span]], Iterator[tuple[Span, Span]]]] = {
    "error": _overlapping,
    "outermost": _crossing,
    "all": _twice,
}
