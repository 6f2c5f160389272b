"""Sentences that are there twice: within a split, in two of them, or as a whole file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from harness.data.examples import LocatedExample
from harness.data.lint.finding import Finding, in_gold, share
from harness.data.overlap import HALF, SHINGLE, Seen, shingles
from harness.data.splits import DEV, TEST, TRAIN, split_of, test_set
from harness.data.task import Draft


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
        found = list(_near(items))
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


def same_file(draft: Draft) -> Iterator[Finding]:
    """Two splits that are read from one file."""
    names: dict[str, str] = {}
    for name, files in draft.file.splits.items():
        other = names.setdefault(str(Path(files.units)), name)
        if other != name:
            yield Finding(str(draft.path), None, f"{other} and {name} are both {files.units!r}")


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


def _first_of_each(items: Sequence[LocatedExample]) -> dict[tuple[str, ...], LocatedExample]:
    first: dict[tuple[str, ...], LocatedExample] = {}
    for item in items:
        first.setdefault(item.example.sentence.units, item)
    return first


def _copies(items: Sequence[LocatedExample]) -> list[tuple[LocatedExample, LocatedExample]]:
    """Each sentence that is that of another, and the first of these."""
    first = _first_of_each(items)
    twins = [(item, first[item.example.sentence.units]) for item in items]
    return [(item, twin) for item, twin in twins if item is not twin]


def _near(items: Sequence[LocatedExample]) -> Iterator[tuple[LocatedExample, LocatedExample]]:
    """Each sentence half of whose shingles stood before, and where; exact copies apart.

    Arrays, since a million sentences have twenty million shingles.
    """
    texts = _first_of_each(items)
    distinct = [*texts.values()]
    sizes = np.fromiter((max(0, len(units) - SHINGLE + 1) for units in texts), np.int64, len(texts))
    hashes = np.fromiter((one for units in texts for one in shingles(units)), np.int64, sizes.sum())
    owners = np.repeat(np.arange(len(texts)), sizes)  # (shingles,), the sentence of each
    _, places, kinds = np.unique(hashes, return_index=True, return_inverse=True)
    firsts = owners[places][kinds]  # (shingles,), the sentence in which each stood first
    stood = firsts < owners
    counts = np.bincount(owners, stood, minlength=len(texts))  # (sentences,)
    ends = np.cumsum(sizes)
    for number in np.flatnonzero((sizes > 0) & (counts >= HALF * sizes)):
        mine = slice(ends[number] - sizes[number], ends[number])
        yield distinct[number], distinct[firsts[mine][stood[mine]][0]]


def _shared(
    inner: str, items: Sequence[LocatedExample], outer: str, others: Sequence[LocatedExample]
) -> Iterator[Finding]:
    asked = [item.example.sentence for item in items]
    seen = Seen.of((item.example.sentence for item in others), asked)
    matches = [(seen.match(item.example.sentence), item) for item in items]
    exact = [item for match, item in matches if match == "exact"]
    near = [item for match, item in matches if match == "near"]
    if not exact and not near:
        return
    first = (exact or near)[0]
    message = f"{share(len(exact), len(items))} of {inner} are in {outer}, too"
    if near:
        message += f", {len(near)} more nearly"
    if exact:
        units = first.example.sentence.units
        twin = next(item for item in others if item.example.sentence.units == units)
        message += f"; this one in line {twin.line} of {twin.file}"
    if split_of(inner) == TEST and len(exact) + len(near) > HALF * len(items):
        message += "; a score would be one of memory, so `run` needs --allow-overlap"
        yield Finding(first.file, first.line, message, severity="error")
    else:
        yield in_gold(first, message)
