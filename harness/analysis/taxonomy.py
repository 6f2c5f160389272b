"""Each entity, gold or found, belongs to exactly one case, and each case is of exactly one kind.

Cases. A found entity equal to a gold one is an ``exact`` case of its own. The others are linked
if they overlap, largest overlap first (ties: leftmost), as long as a case keeps one gold entity
or one found entity; an entity whose every overlap belongs to another case stands alone.

Kinds of a case that is not exact, in order of precedence:

1. ``repair``: repair made it. A found entity is not among those of the unrepaired answer, or a gold
   entity was right in it. Needs ``raw_tags``: an answer that was never repaired cannot be of it.
2. ``window edge``: a border between two windows lies strictly inside the case.
3. its shape. One gold entity and one found: ``type`` (same units, other label), ``short``,
   ``long``, ``shifted`` (same label; found inside gold, gold inside found, neither) and
   ``type+boundary`` (other label and other units). One gold and several found: ``split``. Several
   gold and one found: ``merged``. Only gold: ``missed``. Only found: ``spurious``.

So false negatives are the gold entities, and false positives the found entities, of all cases but
the exact ones; they equal the scorer's counts by construction, and by test.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core import Counts, Span
from harness.results.record import Prediction
from harness.tags import Policy, decode

Kind: TypeAlias = Literal[
    "exact", "type", "short", "long", "shifted", "type+boundary", "split", "merged", "missed",
    "spurious", "repair", "window edge",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "exact", "type", "short", "long", "shifted", "type+boundary", "split", "merged", "missed",
    "spurious", "repair", "window edge",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Gold and found entities that are judged together.

    ``kind`` counts; ``shape`` is what the kind would be had it no cause in repair or windows.
    """

    kind: Kind
    shape: Kind
    gold: tuple[Span, ...]
    found: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases are of a kind, and how many gold and found entities they hold."""

    cases: int
    gold: int
    found: int


def cases(prediction: Prediction, policy: Policy = "conlleval") -> tuple[Case, ...]:
    """The cases of one sentence, left to right."""
    return judge(prediction, prediction.gold_spans(), decode(prediction.tags, policy), policy)


def judge(
    prediction: Prediction, gold: Sequence[Span], found: Sequence[Span], policy: Policy
) -> tuple[Case, ...]:
    """The cases of one sentence whose gold and found entities are read already."""
    raw = None
    if prediction.raw_tags is not None and prediction.raw_tags != prediction.tags:
        raw = frozenset(decode(prediction.raw_tags, policy))
    grouped = [
        Case(_kind(shape, *sides, raw, prediction.borders), shape, *sides)
        for sides in group(gold, found)
        for shape in (_shape(*sides),)
    ]
    return tuple(sorted(grouped, key=lambda case: min(case.gold + case.found)))


def tally(found_cases: Iterable[Case]) -> dict[Kind, Tally]:
    """Cases, gold and found entities by kind; every kind is a key."""
    sums = {kind: [0, 0, 0] for kind in KINDS}
    for case in found_cases:
        row = sums[case.kind]
        row[0] += 1
        row[1] += len(case.gold)
        row[2] += len(case.found)
    return {kind: Tally(*row) for kind, row in sums.items()}


def counts(tallies: Mapping[Kind, Tally]) -> Counts:
    """The scorer's counts, recomputed from the kinds."""
    wrong = [row for kind, row in tallies.items() if kind != "exact"]
    return Counts(
        tallies["exact"].gold, sum(row.found for row in wrong), sum(row.gold for row in wrong)
    )


def overlap(one: Span, other: Span) -> int:
    """The number of units that two spans share."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def overlapping(spans: Sequence[Span], place: Span) -> frozenset[Span]:
    """Those of ``spans`` that overlap ``place``."""
    return frozenset(span for span in spans if overlap(span, place))


Sides: TypeAlias = tuple[tuple[Span, ...], tuple[Span, ...]]


def group(gold: Sequence[Span], found: Sequence[Span]) -> list[Sides]:
    """The gold and the found entities of each case: pairs with one or none on a side."""
    exact = set(gold) & set(found)
    missed = [span for span in gold if span not in exact]
    wrong = [span for span in found if span not in exact]
    groups = [((span,), (span,)) for span in exact]
    return [*groups, *_stars(missed, wrong)]


def _stars(gold: Sequence[Span], found: Sequence[Span]) -> list[Sides]:
    """Link by overlap, so that one side of every group holds a single entity."""
    links = [
        (-overlap(one, other), one.start, other.start, i, j)
        for i, one in enumerate(gold)
        for j, other in enumerate(found)
        if overlap(one, other)
    ]
    of_gold: list[list[int]] = [[] for _ in gold]
    of_found: list[list[int]] = [[] for _ in found]
    for *_, i, j in sorted(links):
        if _stays_star(i, of_gold[i], of_found[j], of_found) and _stays_star(
            j, of_found[j], of_gold[i], of_gold
        ):
            of_gold[i].append(j)
            of_found[j].append(i)
    return _collect(gold, found, of_gold, of_found)


def _stays_star(
    centre: int, partners: Sequence[int], others: Sequence[int], of_partner: Sequence[Sequence[int]]
) -> bool:
    """Whether ``centre`` may take one more partner, which has ``others`` already."""
    return not partners or (not others and all(of_partner[each] == [centre] for each in partners))


def _collect(
    gold: Sequence[Span],
    found: Sequence[Span],
    of_gold: Sequence[Sequence[int]],
    of_found: Sequence[Sequence[int]],
) -> list[Sides]:
    groups: list[Sides] = []
    for i, partners in enumerate(of_gold):
        if len(partners) != 1:  # missed, or the centre of a split
            groups.append(((gold[i],), _pick(found, partners)))
    for j, partners in enumerate(of_found):
        if len(partners) != 1 or len(of_gold[partners[0]]) == 1:
            groups.append((_pick(gold, partners), (found[j],)))
    return groups


def _pick(spans: Sequence[Span], indices: Sequence[int]) -> tuple[Span, ...]:
    return tuple(spans[index] for index in sorted(indices))


def _shape(gold: tuple[Span, ...], found: tuple[Span, ...]) -> Kind:
    if not found:
        return "missed"
    if not gold:
        return "spurious"
    if len(found) > 1:
        return "split"
    if len(gold) > 1:
        return "merged"
    return _pair(gold[0], found[0])


def _pair(gold: Span, found: Span) -> Kind:
    same_units = (gold.start, gold.end) == (found.start, found.end)
    if gold.label != found.label:
        return "type" if same_units else "type+boundary"
    if same_units:
        return "exact"
    if gold.start <= found.start and found.end <= gold.end:
        return "short"
    if found.start <= gold.start and gold.end <= found.end:
        return "long"
    return "shifted"


def _kind(
    shape: Kind,
    gold: tuple[Span, ...],
    found: tuple[Span, ...],
    raw: frozenset[Span] | None,
    borders: Sequence[int],
) -> Kind:
    if shape == "exact":
        return shape
    if raw is not None and (not raw.issuperset(found) or not raw.isdisjoint(gold)):
        return "repair"
    start = min(span.start for span in gold + found)
    end = max(span.end for span in gold + found)
    return "window edge" if any(start < border < end for border in borders) else shape
