"""The most that choosing among answers could give, for one who sees the gold: a bound, no system.

It says whether an ensemble of these systems can be worth more work: what no member found, no way
of choosing finds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from harness.core import Counts, Span
from harness.scoring.flat import Ints


@dataclass(frozen=True, slots=True)
class BestChoice:
    """Bounds on F1: of choosing a whole answer for each sentence, and entities one by one."""

    sentences: float
    entities: float


def of_sentences(counts: Ints) -> float:
    """The highest micro F1 of one member's answer for each sentence; nothing to find gives 0.

    F1 is a ratio of sums, so the best choice is no sum of best choices: Dinkelbach's method ("On
    nonlinear fractional programming", 1967) asks which choice gains most at the ratio so far, until
    the ratio does not rise.

    Args:
        counts: (members, sentences, 3), the last axis (tp, fp, fn).
    """
    right, wrong, missed = np.moveaxis(counts, 2, 0)  # (members, sentences)
    twice, size = 2 * right, 2 * right + wrong + missed
    ratio = -1.0
    while True:
        choice = (twice - max(ratio, 0.0) * size).argmax(axis=0)[None]  # (1, sentences)
        total = np.take_along_axis(size, choice, 0).sum()
        now = np.take_along_axis(twice, choice, 0).sum() / total if total else 0.0
        if now <= ratio:
            return float(ratio)
        ratio = float(now)


def of_entities(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Sequence[Span]]]) -> float:
    """The F1 of keeping, of all that members found, what is right; nothing to find gives 0.

    Args:
        gold: the entities of each sentence.
        found: (members, sentences), the entities that each member found.
    """
    right = sum(
        len(set(spans) & set(chain.from_iterable(sides)))
        for spans, *sides in zip(gold, *found, strict=True)
    )
    return Counts(right, 0, sum(map(len, gold)) - right).f1 or 0.0
