"""Every entity is counted once, as right, wrong or missed, within its own sentence.

Counts come from tag ids over the whole set in a few numpy passes; ``harness.tags.decode`` says the
same with one loop per sentence and is the definition that the tests hold this against. An entity
is right when start, end and type are. A found type outside the task's labels is a type of its own
and all false positives.
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


@dataclass(frozen=True, slots=True, eq=False)
class CountMatrix:
    """Counts by sentence and type.

    ``values`` is (sentences, labels, 3), the last axis (tp, fp, fn). ``labels`` are the task's, in
    its order, then those that only occurred, sorted.
    """

    labels: tuple[str, ...]
    values: Ints

    @property
    def by_sentence(self) -> Ints:
        """Counts over all types."""
        return np.asarray(self.values.sum(axis=1))  # (sentences, 3)

    @property
    def by_type(self) -> dict[str, tuple[int, int, int]]:
        """``(tp, fp, fn)`` of each type over all sentences."""
        totals = self.values.sum(axis=0).tolist()
        return {label: tuple(total) for label, total in zip(self.labels, totals, strict=True)}


@dataclass(frozen=True, slots=True, eq=False)
class _Spans:
    """Spans of the whole set by flat unit position; ``types`` index the labels."""

    starts: Ints
    ends: Ints
    types: Ints


def count(
    gold: Sequence[Sequence[Span]],
    tags: Sequence[Sequence[str]],
    policy: Policy,
    labels: Sequence[str],
) -> CountMatrix:
    """The counts of found BIO ``tags`` read under ``policy`` against fixed ``gold`` spans.

    Raises:
        HarnessError: if the two sides do not hold the same sentences.
        ValueError: for a tag that is not BIO.
    """
    lengths = _lengths(gold, tags)
    names = _all_labels(gold, tags, labels)
    ids = {tag: number for number, tag in enumerate(tag_set(names))}
    flat = np.fromiter((ids[tag] for tag in chain.from_iterable(tags)), np.int32, lengths.sum())
    return _tally(_gold(gold, lengths, names), _decode(flat, lengths, policy), lengths, names)


def count_ids(
    gold: AnyInts, found: AnyInts, lengths: AnyInts, labels: Sequence[str], policy: Policy
) -> CountMatrix:
    """The counts of found against gold tag ids, both flat over the set.

    Args:
        gold: (units,), well-formed, in the order of ``harness.tags.tag_set(labels)``.
        found: (units,), the same order, possibly malformed.
        lengths: (sentences,), units of each sentence.
        labels: the types that the ids stand for.
        policy: how malformed found tags are read.

    Raises:
        HarnessError: for arrays of other lengths, or an id outside the tag set.
    """
    _check_ids(gold, found, lengths, len(labels))
    spans = _decode(gold, lengths, "conlleval"), _decode(found, lengths, policy)
    return _tally(*spans, np.asarray(lengths, np.int64), tuple(labels))


def _lengths(gold: Sequence[Sequence[Span]], tags: Sequence[Sequence[str]]) -> Ints:
    if len(gold) != len(tags):
        msg = f"gold has {len(gold)} sentences, the answers have {len(tags)}: score the same split"
        raise HarnessError(msg)
    for number, (spans, answer) in enumerate(zip(gold, tags, strict=True), 1):
        if spans and spans[-1].end > len(answer):
            msg = (
                f"sentence {number}: gold ends at unit {spans[-1].end}, the answer has "
                f"{len(answer)} tags; an answer needs one tag for each unit"
            )
            raise HarnessError(msg)
    return np.fromiter(map(len, tags), np.int64, len(tags))  # (sentences,)


def _check_ids(gold: AnyInts, found: AnyInts, lengths: AnyInts, labels: int) -> None:
    if not gold.shape == found.shape == (lengths.sum(),):
        msg = (
            f"gold has {gold.size} tag ids, the answers have {found.size}, and the sentences "
            f"{lengths.sum()} units: all three must be equal"
        )
        raise HarnessError(msg)
    top = 2 * labels
    for ids in (gold, found):
        if ids.size and not 0 <= ids.min() <= ids.max() <= top:
            msg = f"tag ids of {labels} labels are 0 to {top}, not {ids.min()} to {ids.max()}"
            raise HarnessError(msg)


def _all_labels(
    gold: Sequence[Sequence[Span]], tags: Sequence[Sequence[str]], labels: Sequence[str]
) -> tuple[str, ...]:
    seen = {span.label for spans in gold for span in spans}
    seen |= {split(tag)[1] for tag in set(chain.from_iterable(tags)) if tag != OUTSIDE}
    return (*labels, *sorted(seen.difference(labels)))


def _gold(gold: Sequence[Sequence[Span]], lengths: Ints, labels: Sequence[str]) -> _Spans:
    index: Mapping[str, int] = {label: number for number, label in enumerate(labels)}
    offsets = np.cumsum(lengths) - lengths
    rows = [
        (offset + span.start, offset + span.end, index[span.label])
        for offset, spans in zip(offsets.tolist(), gold, strict=True)
        for span in spans
    ]
    return _Spans(*np.array(rows, np.int64).reshape(-1, 3).T)


def _decode(ids: AnyInts, lengths: AnyInts, policy: Policy) -> _Spans:
    """The spans of flat tag ids: 0 is O, odd is B-, even is I- of the same label."""
    inside = ids > 0  # (units,)
    continues = _continues(ids, lengths)  # (units,)
    starts = np.flatnonzero(inside & ~continues)
    ends = np.flatnonzero(inside & ~np.append(continues[1:], False)) + 1
    if policy != "conlleval":
        # A run that opens with I- is an orphan, and so is every I- after it: strict and discard
        # drop the run for two reasons and agree (harness.tags).
        begun = ids[starts] % 2 == 1
        starts, ends = starts[begun], ends[begun]
    return _Spans(starts, ends, (ids[starts].astype(np.int64) - 1) // 2)


def _continues(ids: AnyInts, lengths: AnyInts) -> npt.NDArray[np.bool_]:
    """Which units are an I- after a tag of the same label in the same sentence."""
    continues = np.zeros(ids.size, np.bool_)
    after, before = ids[1:], ids[:-1]
    continues[1:] = (after > 0) & (after % 2 == 0) & ((after == before) | (after == before + 1))
    first = np.cumsum(lengths) - lengths
    continues[first[first < ids.size]] = False
    return continues


def _tally(gold: _Spans, found: _Spans, lengths: Ints, labels: tuple[str, ...]) -> CountMatrix:
    units = int(lengths.sum())
    key = np.full(units, -1, np.int64)  # (units,): end and type of the gold span that starts here
    key[gold.starts] = gold.ends * len(labels) + gold.types
    right = key[found.starts] == found.ends * len(labels) + found.types
    borders = np.cumsum(lengths)
    shape = (lengths.size, len(labels))

    def cells(starts: Ints, types: Ints) -> Ints:
        sentences = np.searchsorted(borders, starts, side="right")
        flat = np.bincount(sentences * shape[1] + types, minlength=shape[0] * shape[1])
        return flat.reshape(shape)

    tp = cells(found.starts[right], found.types[right])
    fp = cells(found.starts[~right], found.types[~right])
    fn = cells(gold.starts, gold.types) - tp
    return CountMatrix(labels, np.stack([tp, fp, fn], axis=-1))  # (sentences, labels, 3)
