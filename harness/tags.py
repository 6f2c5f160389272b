"""BIO tags and spans: one spelling (``B-PER``), three named policies for malformed sequences.

Policies, as in the field's scorers:

- ``conlleval``: an orphan I- begins an entity (conlleval.pl, seqeval's default, Flair, HanLP);
- ``strict``: only B- begins an entity (seqeval's ``mode="strict", scheme=IOB2``);
- ``discard``: a tag that is illegal in its place is read as O (SeqScore's ``discard``).

On BIO, ``strict`` and ``discard`` are two definitions of the same spans; a property test holds
them together, and both are reported because papers name either.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from harness.core import Span

Policy: TypeAlias = Literal["conlleval", "strict", "discard"]
POLICIES: tuple[Policy, ...] = ("conlleval", "strict", "discard")
OUTSIDE = "O"


@lru_cache(maxsize=4096)
def split(tag: str) -> tuple[str, str]:
    """The prefix and the label of a tag; the label of ``O`` is empty.

    Raises:
        ValueError: for anything but ``O``, ``B-label`` and ``I-label``.
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, separator, label = tag.partition("-")
    if prefix not in ("B", "I") or not separator or not label:
        msg = f"{tag!r} is not a BIO tag: expected O, B-label or I-label"
        raise ValueError(msg)
    return prefix, label


def is_word(label: str) -> bool:
    """Whether ``label`` can stand in a column and on a line: visible characters, no white space."""
    return bool(label) and all(map(is_visible, label))


def is_visible(character: str) -> bool:
    """Whether ``character`` may be in a label."""
    return character.isprintable() and not character.isspace()


def tag_set(labels: Iterable[str]) -> tuple[str, ...]:
    """All tags over ``labels``: ``O`` first, then B- and I- of each label in the given order."""
    return (OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in "BI"))


def encode(spans: Iterable[Span], units: int) -> tuple[str, ...]:
    """The BIO tags of ``spans`` over a sentence of ``units`` units."""
    tags = [OUTSIDE] * units
    for span in spans:
        tags[span.start] = f"B-{span.label}"
        for position in range(span.start + 1, span.end):
            tags[position] = f"I-{span.label}"
    return tuple(tags)


def outermost(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Those of ``spans`` that tags can hold, in order: none that an earlier or outer one touches.

    Of several at one place, the first that is given.
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not kept or kept[-1].end <= span.start:
            kept.append(span)
    return tuple(kept)


def decode(tags: Sequence[str], policy: Policy = "conlleval") -> tuple[Span, ...]:
    """The spans that ``tags`` mean under ``policy``."""
    return _runs(discarded(tags) if policy == "discard" else tags, orphans=policy == "conlleval")


def _runs(tags: Sequence[str], *, orphans: bool) -> tuple[Span, ...]:
    """Maximal runs of one label that begin with B-, or also with an orphan I-."""
    spans: list[Span] = []
    start, current = 0, ""
    for position, tag in enumerate((*tags, OUTSIDE)):
        prefix, label = split(tag)
        if prefix == "I" and label == current:
            continue
        if current:
            spans.append(Span(start, position, current))
        begins = prefix == "B" or (prefix == "I" and orphans)
        start, current = position, label if begins else ""
    return tuple(spans)


def discarded(tags: Sequence[str]) -> tuple[str, ...]:
    """``tags`` with every tag that may not follow the one before it read as O."""
    kept: list[str] = []
    previous = OUTSIDE
    for tag in tags:
        previous = tag if may_follow(previous, tag) else OUTSIDE
        kept.append(previous)
    return tuple(kept)


def may_follow(previous: str, tag: str) -> bool:
    """Whether ``tag`` may stand after ``previous`` (``O`` at the start of a sentence)."""
    prefix, label = split(tag)
    return prefix != "I" or split(previous)[1] == label


def may_follow_in_bioes(previous: str, tag: str) -> bool:
    """As ``may_follow``, where ends (E) and entities of one unit (S) have tags of their own."""
    if previous[0] in "OES":
        return tag[0] in "OBS"
    return tag[0] in "IE" and tag[2:] == previous[2:]


def invalid_transitions(tags: Sequence[str]) -> int:
    """How many tags may not stand where they stand."""
    return sum(not may_follow(a, b) for a, b in zip((OUTSIDE, *tags), tags, strict=False))


def legality(tags: Sequence[str]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which tags may start a sentence, and which may follow which: the one matrix of all families.

    Returns:
        ``start`` (tags,) and ``follow`` (tags, tags), where ``[i, j]`` says that j may follow i.
    """
    start = np.array([may_follow(OUTSIDE, tag) for tag in tags])
    follow = np.array([[may_follow(a, b) for b in tags] for a in tags])
    return start, follow
