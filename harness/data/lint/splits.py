"""Sentences that are there twice: within a split, in two of them, or as a whole file."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from harness.core import Sentence
from harness.data.examples import LocatedExample
from harness.data.lint.finding import Finding, in_gold, share
from harness.data.lint.near import near
from harness.data.overlap import HALF, Match, Seen
from harness.data.splits import DEV, TEST, TRAIN, split_of, test_set
from harness.data.task import Draft
from harness.sequences import View, each


def duplicates(draft: Draft) -> Iterator[Finding]:
    """Sentences that stand twice in a split."""
    for name, items in draft.items.items():
        copies = _copies(items)
        if copies:
            item, twin = copies[0]
            part = share(len(copies), len(items))
            yield in_gold(item, f"{part} of {name} are copies, this one of line {twin.line}")


def conflicting_gold(draft: Draft) -> Iterator[Finding]:
    """Copies of a sentence with other gold."""
    for items in draft.items.values():
        for item, twin in _copies(items):
            if item.example.spans != twin.example.spans:
                yield in_gold(item, f"the sentence of line {twin.line}, with other gold")


def near_duplicates(draft: Draft) -> Iterator[Finding]:
    """Sentences of which a split has nearly the same before."""
    for name, items in draft.items.items():
        found = _near(items)
        if found:
            item, twin = found[0]
            part = share(len(found), len(items))
            yield in_gold(item, f"{part} of {name} are nearly copies, this one of line {twin.line}")


def overlap(draft: Draft) -> Iterator[Finding]:
    """What a split shares with another: an error if a run refuses it."""
    for inner, outer in ((DEV, TRAIN), (TEST, TRAIN), (TEST, DEV)):
        yield from _shared(inner, draft.items[inner], outer, draft.items[outer])
    for name, items in draft.test_sets.items():
        for outer in (TRAIN, DEV):
            yield from _shared(test_set(name), items, outer, draft.items[outer])


def split_documents(draft: Draft) -> Iterator[Finding]:
    """Documents of which sentences stand in two splits, where documents have names."""
    if draft.file.format == "conll":
        return  # documents are numbered there, in each file from one
    home: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for name, items in draft.items.items():
        for item in items:
            other = home.setdefault(item.document, name) if item.document else name
            if other != name and (item.document or "", name) not in told:
                told.add((item.document or "", name))
                yield in_gold(item, f"the document {item.document!r} is in {other}, too")


def _firsts(sentences: Sequence[Sentence]) -> NDArray[np.int64]:
    """The place where the text of each of ``sentences`` stands first (sentences,).

    Texts are compared where their hashes are equal, and not kept.
    """
    hashes = np.fromiter((hash(one.units) for one in sentences), np.int64, len(sentences))
    _, begins, kinds = np.unique(hashes, return_index=True, return_inverse=True)
    firsts: NDArray[np.int64] = begins[kinds]
    others: dict[tuple[str, ...], int] = {}  # texts with the hash of another that stood before
    for place in np.flatnonzero(firsts < np.arange(len(sentences))).tolist():
        units = sentences[place].units
        if units != sentences[firsts[place]].units:
            firsts[place] = others.setdefault(units, place)
    return firsts


def _copies(items: Sequence[LocatedExample]) -> Sequence[tuple[LocatedExample, LocatedExample]]:
    """Each sentence that is that of another, and the first of these."""
    firsts = _firsts(_sentences(items))
    places = np.flatnonzero(firsts < np.arange(len(items)))
    return _pairs(items, zip(places.tolist(), firsts[places].tolist(), strict=True))


def _near(items: Sequence[LocatedExample]) -> Sequence[tuple[LocatedExample, LocatedExample]]:
    """Each sentence half of whose shingles stood before, and where; exact copies apart."""
    sentences = _sentences(items)
    distinct = np.flatnonzero(_firsts(sentences) == np.arange(len(items)))
    return _pairs(items, near(sentences, distinct))


def _sentences(items: Sequence[LocatedExample]) -> Sequence[Sentence]:
    return each(items, attrgetter("example.sentence"))


def _pairs(
    items: Sequence[LocatedExample], places: Iterable[tuple[int, int]]
) -> Sequence[tuple[LocatedExample, LocatedExample]]:
    """The items at each pair of places, read when they are looked at."""
    pairs = list(places)
    return View(pairs, range(len(pairs)), lambda pair: (items[pair[0]], items[pair[1]]))


def _shared(
    inner: str, items: Sequence[LocatedExample], outer: str, others: Sequence[LocatedExample]
) -> Iterator[Finding]:
    seen = Seen.of(_sentences(others), _sentences(items))
    places: dict[Match, list[int]] = {"exact": [], "near": [], "": []}
    for place, sentence in enumerate(_sentences(items)):
        places[seen.match(sentence)].append(place)
    exact, nearly = places["exact"], places["near"]
    if not exact and not nearly:
        return
    first = items[(exact or nearly)[0]]
    message = f"{share(len(exact), len(items))} of {inner} are in {outer}, too"
    if nearly:
        message += f", {len(nearly)} more nearly"
    if exact:
        units = first.example.sentence.units
        twin = next(item for item in others if item.example.sentence.units == units)
        message += f"; this one in line {twin.line} of {twin.file}"
    if split_of(inner) == TEST and len(exact) + len(nearly) > HALF * len(items):
        message += "; a score would be one of memory, so `run` needs --allow-overlap"
        yield Finding(first.file, first.line, message, severity="error")
    else:
        yield in_gold(first, message)
