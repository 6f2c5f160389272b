"""Entities of windows as entities of the sentence, whole, where they may overlap each other.

An entity is taken from the window that owns its first unit. Where it goes on to the end of a view
that is cut there, the next window says how far: there it begins at the same unit, or where that
view begins.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from harness.core import Span
from harness.data.windows import Window

# Entities with their probabilities, None for one without.
Scored: TypeAlias = Mapping[Span, float | None]


def merge_entities(windows: Sequence[Window], answers: Sequence[Scored]) -> dict[str, Scored]:
    """The entities of each sentence by id, in order; ``answers`` are in units of the views.

    Windows of a sentence stand together, in order. An entity that was put together has the lowest
    probability of its parts.
    """
    merged: dict[str, dict[Span, float | None]] = {w.sentence.id: {} for w in windows}
    following: Scored = {}
    begins = 0
    for window, answer in zip(reversed(windows), reversed(answers), strict=True):
        seen = {_moved(span, window.start): sure for span, sure in answer.items()}
        if window.end < len(window.sentence):
            seen = _continued(seen, window.end, following, begins)
        owned = {span: sure for span, sure in seen.items()
                 if window.owned_start <= span.start < window.owned_end}  # fmt: skip
        merged[window.sentence.id] |= owned
        following, begins = seen, window.start
    return {key: {span: found[span] for span in sorted(found)} for key, found in merged.items()}


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by, span.label)


def _continued(seen: Scored, end: int, following: Scored, begins: int) -> dict[Span, float | None]:
    """``seen`` with what reaches ``end`` as the next view, from ``begins`` on, has it."""
    whole = {span: sure for span, sure in seen.items() if span.end < end}
    cut: dict[tuple[int, str], list[Span]] = {}
    for span in sorted(seen.keys() - whole.keys()):
        cut.setdefault((max(span.start, begins), span.label), []).append(span)
    for (start, label), parts in cut.items():
        longer = [one for one in following
                  if (one.start, one.label) == (start, label) and one.end > end]  # fmt: skip
        for part, rest in _pairs(parts, sorted(longer, reverse=True)):
            whole[Span(part.start, rest.end, label)] = _least(seen[part], following.get(rest))
        if not longer:
            whole |= {part: seen[part] for part in parts}
    return whole


def _pairs(parts: Sequence[Span], rests: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Each with another, outer ones first; where there are fewer of one side, its last with all."""
    for place in range(max(len(parts), len(rests)) if rests else 0):
        yield parts[min(place, len(parts) - 1)], rests[min(place, len(rests) - 1)]


def _least(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else min(one, other)
