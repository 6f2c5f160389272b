"""Every entity is counted once, as right, wrong or missed, within its own sentence.

Counts come from tag ids over the whole set in a few numpy passes (``harness.scoring.flat``). An
entity is right when start, end and type are. A found type outside the task's labels is a type of
its own and all false positives.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.core import Span
from harness.scoring.flat import FlatSet, FlatSpans, Ints, decoded, flatten
from harness.tags import Policy


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

    def without(self, left_out: Sequence[bool], labels: Sequence[str]) -> "CountMatrix":
        """The counts of the other sentences; of types beyond ``labels``, those that they hold.

        Args:
            left_out: (sentences,).
            labels: those of the task.
        """
        values = self.values[~np.asarray(left_out, np.bool_)]
        held = [
            place
            for place, label in enumerate(self.labels)
            if label in labels or values[:, place].any()
        ]
        return CountMatrix(tuple(self.labels[place] for place in held), values[:, held])

    @property
    def by_type(self) -> dict[str, tuple[int, int, int]]:
        """``(tp, fp, fn)`` of each type over all sentences."""
        totals = self.values.sum(axis=0).tolist()
        return {label: tuple(total) for label, total in zip(self.labels, totals, strict=True)}


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
    return count_flat(flatten(gold, tags, labels), policy)


def count_flat(answers: FlatSet, policy: Policy) -> CountMatrix:
    """The counts of a set whose found tags are read under ``policy``."""
    found = decoded(answers.found, answers.lengths, policy)
    return _tally(answers.gold, found, answers.lengths, answers.labels)


def _tally(
    gold: FlatSpans, found: FlatSpans, lengths: Ints, labels: tuple[str, ...]
) -> CountMatrix:
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
