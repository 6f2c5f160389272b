"""Partial credit as SemEval-2013 task 9 gives it, and counts in the style of FairEval.

Each gold entity is paired with at most one found entity that overlaps it, and each found one with
at most one gold, so that no entity is counted twice. The pairing has as many fully right pairs as
there can be, and among those as many pairs as there can be: it depends on no order.

Where this departs from nervaluate 1.2.1, which pairs greedily from left to right:

- ``type``: there a found entity of another type takes a gold entity before a later one of the right
  type comes to it, which is then spurious: an error on one mention is counted twice, and the
  mirrored sentence has another score. Here ``correct`` is never lower.
- An overlap of under 1 % of the gold entity is not an overlap there: mentions over 100 units.
- Its results by type drop the other types first, so one wrong type is a missed entity in one row
  and a spurious one in another, and rows do not add up to the whole. None are given here.

FairEval (Ortmann 2022) counts each error once: LE wrong label, BE wrong boundaries, LBE both, each
as half a false positive and half a false negative. As there, pairs of the same label come first.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.analysis.taxonomy import overlap
from harness.core import Span

Scheme: TypeAlias = Literal["strict", "exact", "partial", "type"]
SCHEMES: tuple[Scheme, ...] = ("strict", "exact", "partial", "type")
Pair: TypeAlias = tuple[Span, Span]
Apart: TypeAlias = tuple[int, Sequence[Span], Sequence[Span]]
Sentences: TypeAlias = Iterable[tuple[Sequence[Span], Sequence[Span]]]


@dataclass(frozen=True, slots=True)
class Credit:
    """SemEval counts; ``partial`` counts a half."""

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    @property
    def possible(self) -> int:
        """The number of gold entities."""
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def actual(self) -> int:
        """The number of found entities."""
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def precision(self) -> float | None:
        """Credit per found entity."""
        return _ratio(self.correct + self.partial / 2, self.actual)

    @property
    def recall(self) -> float | None:
        """Credit per gold entity."""
        return _ratio(self.correct + self.partial / 2, self.possible)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.correct + self.partial, self.possible + self.actual)


@dataclass(frozen=True, slots=True)
class Fair:
    """FairEval counts; ``le``, ``be`` and ``lbe`` weigh half a false positive, half a negative."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    le: int = 0
    be: int = 0
    lbe: int = 0

    @property
    def precision(self) -> float | None:
        """Right entities per found one, near misses at half weight."""
        return _ratio(self.tp, self.tp + self.fp + self._near / 2)

    @property
    def recall(self) -> float | None:
        """Right entities per gold one, near misses at half weight."""
        return _ratio(self.tp, self.tp + self.fn + self._near / 2)

    @property
    def f1(self) -> float | None:
        """Harmonic mean: 2 tp / (2 tp + fp + fn + near misses)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn + self._near)

    @property
    def _near(self) -> int:
        return self.le + self.be + self.lbe


def partial_credit(sentences: Sentences) -> dict[Scheme, Credit]:
    """The SemEval counts of each scheme over ``(gold, found)`` of all sentences."""
    held = [_apart(gold, found) for gold, found in sentences]
    return {scheme: _credit(held, scheme) for scheme in SCHEMES}


def fair(sentences: Sentences) -> Fair:
    """The FairEval counts over ``(gold, found)`` of all sentences."""
    sums = dict.fromkeys(("tp", "fp", "fn", "le", "be", "lbe"), 0)
    for equal, gold, found in (_apart(*sides) for sides in sentences):
        pairs = _pairs(gold, found, _same_label)
        for pair in pairs:
            sums[_near_miss(*pair)] += 1
        sums["tp"] += equal
        sums["fn"] += len(gold) - len(pairs)
        sums["fp"] += len(found) - len(pairs)
    return Fair(**sums)


def _apart(gold: Sequence[Span], found: Sequence[Span]) -> Apart:
    """How many spans are equal on both sides, and the others of each.

    A span found as it is in the gold overlaps nothing else: it is its own pair.
    """
    equal = set(gold).intersection(found)
    missed, wrong = ([span for span in side if span not in equal] for side in (gold, found))
    return len(equal), missed, wrong


def _pairs(
    gold: Sequence[Span], found: Sequence[Span], right: Callable[[Span, Span], bool]
) -> list[Pair]:
    """Overlapping pairs, one to one: most right ones first, then most pairs, then most overlap.

    Two flat, sorted sequences cannot have crossing overlaps, so an alignment finds the best.
    """
    if not gold or not found:
        return []
    best: list[list[tuple[tuple[int, int, int], list[Pair]]]]
    best = [[((0, 0, 0), [])] * (len(found) + 1) for _ in range(len(gold) + 1)]
    for i, one in enumerate(gold, 1):
        for j, other in enumerate(found, 1):
            best[i][j] = max(best[i - 1][j], best[i][j - 1], key=lambda entry: entry[0])
            if shared := overlap(one, other):
                (rights, pairs, units), chosen = best[i - 1][j - 1]
                worth = (rights + right(one, other), pairs + 1, units + shared)
                if worth > best[i][j][0]:
                    best[i][j] = (worth, [*chosen, (one, other)])
    return best[-1][-1][1]


def _same_label(gold: Span, found: Span) -> bool:
    return gold.label == found.label


def _same_units(gold: Span, found: Span) -> bool:
    return (gold.start, gold.end) == (found.start, found.end)


def _equal(gold: Span, found: Span) -> bool:
    return gold == found


_RIGHT: dict[Scheme, Callable[[Span, Span], bool]] = {
    "strict": _equal, "exact": _same_units, "partial": _same_units, "type": _same_label,
}  # fmt: skip


def _credit(sentences: Sequence[Apart], scheme: Scheme) -> Credit:
    right = _RIGHT[scheme]
    correct = paired = sum(equal for equal, _, _ in sentences)
    golds = founds = paired
    for _, gold, found in sentences:
        pairs = _pairs(gold, found, right)
        correct += sum(right(*pair) for pair in pairs)
        paired += len(pairs)
        golds += len(gold)
        founds += len(found)
    wrong = paired - correct
    half = scheme == "partial"
    return Credit(
        correct, 0 if half else wrong, wrong if half else 0, golds - paired, founds - paired
    )


def _near_miss(gold: Span, found: Span) -> Literal["tp", "le", "be", "lbe"]:
    if gold.label == found.label:
        return "tp" if _same_units(gold, found) else "be"
    return "le" if _same_units(gold, found) else "lbe"


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
