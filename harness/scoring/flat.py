"""Gold and answers of a whole set as arrays over its units, made once and counted many times.

``harness.tags`` says the same with one loop per sentence and is the definition that the tests hold
this against.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.core import Span
from harness.errors import HarnessError
from harness.tags import OUTSIDE, Policy, split, tag_set

Ints: TypeAlias = npt.NDArray[np.int64]
AnyInts: TypeAlias = npt.NDArray[np.integer]
Triple: TypeAlias = tuple[int, int, str]  # start and end, half-open in units, and label


@dataclass(frozen=True, slots=True, eq=False)
class FlatSpans:
    """Spans of the whole set by flat unit position; ``types`` index the labels."""

    starts: Ints
    ends: Ints
    types: Ints


@dataclass(frozen=True, slots=True, eq=False)
class FlatSet:
    """A set: units of each sentence, the id of each found tag, and the gold.

    Ids are places in ``harness.tags.tag_set(labels)``: 0 is O, odd is B-, even is I- of a label.
    ``labels`` are the task's, in its order, then those that only occurred, sorted.
    """

    lengths: Ints
    found: AnyInts
    gold: FlatSpans
    labels: tuple[str, ...]

    def misplaced(self) -> int:
        """How many found tags may not stand where they stand."""
        inside = (self.found > 0) & (self.found % 2 == 0)
        return int((inside & ~_continues(self.found, self.lengths)).sum())

    def wrong_by_part(self, parts: int) -> tuple[tuple[int, int], ...]:
        """Wrong units and all units of each part of the sentences, cut into so many."""
        before = np.repeat(np.cumsum(self.lengths) - self.lengths, self.lengths)
        places = np.arange(self.found.size) - before  # (units,), within the sentence
        part = places * parts // np.repeat(self.lengths, self.lengths)
        wrong = np.bincount(part[self.found != self._gold_ids()], minlength=parts)
        units = np.bincount(part, minlength=parts)
        return tuple(zip(wrong.tolist(), units.tolist(), strict=True))

    def _gold_ids(self) -> Ints:
        """The id of the tag that each unit has in gold."""
        ids = np.zeros(self.found.size, np.int64)
        sizes = self.gold.ends - self.gold.starts
        offsets = np.repeat(self.gold.starts - (np.cumsum(sizes) - sizes), sizes)
        ids[np.arange(sizes.sum()) + offsets] = np.repeat(2 * self.gold.types + 2, sizes)
        ids[self.gold.starts] -= 1
        return ids


def flatten(
    gold: Sequence[Sequence[Span]], tags: Sequence[Sequence[str]], labels: Sequence[str]
) -> FlatSet:
    """The set of fixed ``gold`` spans and found BIO ``tags``, sentence by sentence.

    Raises:
        HarnessError: if the two sides do not hold the same sentences.
        ValueError: for a tag that is not BIO.
    """
    return flatten_stored(
        [[(s.start, s.end, s.label) for s in spans] for spans in gold], tags, labels
    )


def flatten_stored(
    gold: Sequence[Sequence[Triple]], tags: Sequence[Sequence[str]], labels: Sequence[str]
) -> FlatSet:
    """As ``flatten``, of gold spans as they are stored: start, end and label of each."""
    lengths = _lengths(gold, tags)
    names = _all_labels(gold, tags, labels)
    ids = {tag: number for number, tag in enumerate(tag_set(names))}
    every = map(ids.__getitem__, chain.from_iterable(tags))
    return FlatSet(
        lengths, np.fromiter(every, np.int32, lengths.sum()), _gold(gold, lengths, names), names
    )


def _lengths(gold: Sequence[Sequence[Triple]], tags: Sequence[Sequence[str]]) -> Ints:
    if len(gold) != len(tags):
        msg = f"gold has {len(gold)} sentences, the answers have {len(tags)}: score the same split"
        raise HarnessError(msg)
    for number, (spans, answer) in enumerate(zip(gold, tags, strict=True), 1):
        if spans and spans[-1][1] > len(answer):
            msg = (
                f"sentence {number}: gold ends at unit {spans[-1][1]}, the answer has "
                f"{len(answer)} tags; an answer needs one tag for each unit"
            )
            raise HarnessError(msg)
    return np.fromiter(map(len, tags), np.int64, len(tags))  # (sentences,)


def _all_labels(
    gold: Sequence[Sequence[Triple]], tags: Sequence[Sequence[str]], labels: Sequence[str]
) -> tuple[str, ...]:
    seen = {label for spans in gold for _, _, label in spans}
    seen |= {split(tag)[1] for tag in set(chain.from_iterable(tags)) if tag != OUTSIDE}
    return (*labels, *sorted(seen.difference(labels)))


def _gold(gold: Sequence[Sequence[Triple]], lengths: Ints, labels: Sequence[str]) -> FlatSpans:
    index: Mapping[str, int] = {label: number for number, label in enumerate(labels)}
    offsets = np.cumsum(lengths) - lengths
    rows = [
        (offset + start, offset + end, index[label])
        for offset, spans in zip(offsets.tolist(), gold, strict=True)
        for start, end, label in spans
    ]
    return FlatSpans(*np.array(rows, np.int64).reshape(-1, 3).T)


def decoded(ids: AnyInts, lengths: AnyInts, policy: Policy) -> FlatSpans:
    """The spans that flat tag ids mean under ``policy``."""
    inside = ids > 0  # (units,)
    continues = _continues(ids, lengths)  # (units,)
    starts = np.flatnonzero(inside & ~continues)
    ends = np.flatnonzero(inside & ~np.append(continues[1:], False)) + 1
    if policy != "conlleval":
        # A run that opens with I- is an orphan, and so is every I- after it: strict and discard
        # drop the run for two reasons and agree (harness.tags).
        begun = ids[starts] % 2 == 1
        starts, ends = starts[begun], ends[begun]
    return FlatSpans(starts, ends, (ids[starts].astype(np.int64) - 1) // 2)


def _continues(ids: AnyInts, lengths: AnyInts) -> npt.NDArray[np.bool_]:
    """Which units are an I- after a tag of the same label in the same sentence."""
    continues = np.zeros(ids.size, np.bool_)
    after, before = ids[1:], ids[:-1]
    continues[1:] = (after > 0) & (after % 2 == 0) & ((after == before) | (after == before + 1))
    first = np.cumsum(lengths) - lengths
    continues[first[first < ids.size]] = False
    return continues
