"""Repairs by kind: whatever was skipped or not matched exactly is counted under a name.

A unit and its tag that are both missing, invented or doubled count once, under the unit's name.
The kinds from ``not_found`` on are those of entities; each entity has at most one of its place
(``harness.generation.placing``) and one of its company (``harness.generation.settling``).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.generation.fates import UNANSWERED
from harness.generation.recurrence import SaidBefore
from harness.tags import OUTSIDE


class Repaired(NamedTuple):
    """The tag of each unit as far as it is known, the faults found, the fate of each unit."""

    tags: Sequence[str | None]
    faults: Counter[str]
    fates: str


def unreadable(units: int, fault: str) -> Repaired:
    """An answer that says nothing about any of ``units``, for the reason ``fault``."""
    return Repaired((OUTSIDE,) * units, Counter({fault: 1}), UNANSWERED * units)


KINDS = (
    "missing_label",
    "duplicated_label",
    "missing_unit",
    "duplicated_unit",
    "substituted_unit",
    "invented_unit",
    "unknown_label",
    "label_typo",
    "text_before",
    "text_after",
    "loop",
    "cut_off",
    "empty",
    "merged",
    "invalid_transition",
    "overflow",
    "unrecoverable",
    "not_found",
    "found_twice",
    "inexact_text",
    "wrong_occurrence",
    "duplicated_entity",
    "nested",
    "overlap",
    "invalid_json",
    "renamed_key",
    "malformed_entity",
)
_LOOP = 4  # fewer words said again are doubled, not a loop
_PAIR = 2


def count_missing(units: Sequence[int], tags: Sequence[int]) -> Counter[str]:
    """What an answer lacks, given the item of each unit and of each tag, -1 for none."""
    counts: Counter[str] = Counter()
    places = zip(units, tags, strict=True)
    end = 1 + max((at for at, pair in enumerate(places) if max(pair) >= 0), default=-1)
    counts["cut_off"] = int(end < len(units))
    counts["missing_unit"] = sum(unit < 0 for unit in units[:end])
    pairs = zip(units[:end], tags[:end], strict=True)
    counts["missing_label"] = sum(unit >= 0 > tag for unit, tag in pairs)
    return +counts


def count_superfluous(
    words: Sequence[str], is_tag: Sequence[bool], matched: Sequence[int]
) -> Counter[str]:
    """What an answer has beyond its slots, given the items that were matched, in order."""
    counts: Counter[str] = Counter()
    runs = list(_runs(matched, len(words)))
    if not runs:
        return counts
    before = SaidBefore(words, max(stop - start for start, stop in runs))
    for start, stop in runs:
        counts.update(_named(words, is_tag, start, stop, says_again=before.says(start, stop)))
    return counts


def _runs(matched: Sequence[int], length: int) -> Iterator[tuple[int, int]]:
    """The half-open stretches of items between matched ones."""
    start = 0
    for item in (*matched, length):
        if start < item:
            yield start, item
        start = item + 1


def _named(
    words: Sequence[str], is_tag: Sequence[bool], start: int, stop: int, *, says_again: bool
) -> Counter[str]:
    """The kinds of one stretch of unmatched items.

    ``says_again`` is whether it goes on in a period that what stands before it began.
    """
    length = stop - start
    if length >= _LOOP and says_again:
        return Counter(loop=1)
    if start == 0 and (length > _PAIR or words[:stop] != words[stop : 2 * stop]):
        return Counter(text_before=1)
    doubles = is_tag[start] or says_again
    if start and stop == len(words) and (length > _PAIR or not doubles):
        return Counter(text_after=1)
    return _one_by_one(words, is_tag, start, stop)


def _one_by_one(
    words: Sequence[str], is_tag: Sequence[bool], start: int, stop: int
) -> Counter[str]:
    """The kinds of the items of a stretch; a tag after a superfluous unit goes with it."""
    counts: Counter[str] = Counter()
    around = {*words[max(0, start - _PAIR) : start], *words[stop : stop + _PAIR]}
    for at in range(start, stop):
        if not is_tag[at]:
            counts["duplicated_unit" if words[at] in around else "invented_unit"] += 1
        elif at == start or is_tag[at - 1]:
            counts["duplicated_label"] += 1
    return counts
