"""The cheapest alignment of what was written with what should have been written.

Slots are what a perfect answer has (units and tag places, in order), items are what was found. A
path through slots x items matches some and skips the rest. Costs, in skips:

- matching: 0 exact, 0.1 equal after folding or an unknown-token wildcard, 1.2 a substituted unit;
  a tag 0, or what its spelling costs (``harness.generation.lexing``);
- skipping a slot or an item: 1;
- adjacency prior: a tag belongs to the unit just before it, so matched after a gap it costs 0.3;
- going back to matching after an interior gap: 0.05, so that a few long runs beat many chance
  matches; gaps at the two ends are free of it.

Of equally cheap paths the one that matches earliest is taken. The band of diagonals searched grows
until no path outside of it could be as cheap, so the result is that of the full table. Computed as
a score to be maximised: a match gains ``2 - cost`` and a skip nothing, which makes the best score
after a gap a running maximum, one numpy operation a row. Stretches without a fault are jumped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int32]

SKIP = 20  # all costs are integers, in twentieths of a skip
FOLDED, SUBSTITUTED = 2, 24
DETACHED, REENTRY = 6, 1
NO_READING = 1 << 20  # the cost of a reading that an item does not have

SLACK = 8  # how much wider than the difference in length the first band is
WORK = 1 << 24  # cells (and ROW_WORK a row) that one search may cost before it is given up
ROW_WORK = 2048
_NEVER = -(1 << 28)
_MARGIN = 4  # slots before the end of a faultless stretch at which paths may leave it
_WORTH = 12  # shorter stretches are not worth a jump
_LOOK = 256  # items beyond the band whose gain is counted along, and slots compared at first


@dataclass(frozen=True, slots=True)
class Slots:
    """What a perfect answer has: ids of unit and folded unit, both -1 where a tag belongs."""

    units: Sequence[int]
    folded: Sequence[int]

    def __len__(self) -> int:
        return len(self.units)


@dataclass(frozen=True, slots=True)
class Items:
    """What was found, with all readings of each item; arrays of (items,).

    ``units`` and ``folded`` are the ids of ``Slots`` or -1; ``substitutes`` says which items may
    stand for another unit, ``wild`` which stand for any; ``tag_costs`` is NO_READING for no tag.
    """

    units: Ints
    folded: Ints
    substitutes: npt.NDArray[np.bool_]
    wild: npt.NDArray[np.bool_]
    tag_costs: Ints

    def __len__(self) -> int:
        return len(self.units)


@dataclass(frozen=True, slots=True)
class Alignment:
    """The item of each slot, -1 for none; matched items strictly increase. Cost in skips."""

    items: Ints
    cost: float

    @property
    def matched(self) -> list[int]:
        """The matched items, in order."""
        found: list[int] = self.items[self.items >= 0].tolist()
        return found

    def replaced(self, slots: Slots, items: Items) -> list[int]:
        """The slots of units over which an item lies that is no form of that unit."""
        units, folded = np.array(slots.units, np.int32), np.array(slots.folded, np.int32)
        at = np.flatnonzero((self.items >= 0) & (units >= 0))
        item = self.items[at]
        alike = (items.units[item] == units[at]) | (items.folded[item] == folded[at])
        found: list[int] = at[~(alike | items.wild[item])].tolist()
        return found


@dataclass(slots=True)
class _BandRow:
    """Best scores with ``slot`` slots behind us, for columns ``low`` and up (items behind us)."""

    low: int
    matched: Ints
    gap: Ints


@dataclass(slots=True)
class _BandSearch:
    """One pass over a band: columns from ``slot - band`` to ``slot + band``."""

    slots: Slots
    items: Items
    band: int
    rows: dict[int, _BandRow] = field(default_factory=dict)
    jumped: dict[int, int] = field(default_factory=dict)  # slot landed on -> length of the jump
    leads: int = 0  # slots before this one may still be reached with nothing matched
    last: int = 0  # the slot after which all that is left is skipped
    wanted: Ints = field(init=False)  # the units of the slots: (slots,)
    gains: dict[tuple[int, int], tuple[int, int, Ints]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wanted = np.array(self.slots.units, np.int32)

    def gain(self, slot: int, low: int, high: int) -> Ints:
        """What each item from ``low`` to ``high`` would gain in ``slot``: (high - low,).

        Kept with some items around, for the slots after it that are the same.
        """
        key = (self.slots.units[slot], self.slots.folded[slot])
        begin, end, kept = self.gains.get(key, (0, -1, None))
        if kept is None or low < begin or end < high:
            begin, end = max(0, low - _LOOK), min(len(self.items), high + _LOOK)
            kept = _gains(key, self.items, slice(begin, end))
            self.gains[key] = begin, end, kept
        return kept[low - begin : high - begin]

    def window(self, slot: int) -> tuple[int, int]:
        """The first and the last column of the band."""
        return max(0, slot - self.band), min(len(self.items), slot + self.band)

    def run(self) -> bool:
        """Fill the rows; False if the work allowed ran out."""
        self.leads = self.last = len(self.slots)
        width = self.window(0)[1] + 1
        self.rows[0] = _BandRow(0, np.full(width, _NEVER, np.int32), np.zeros(width, np.int32))
        self.rows[0].matched[0] = 0
        slot, work, patience = self._start(), 0, 0
        while slot < self.last:
            self._step(slot)
            slot += 1
            work += ROW_WORK + len(self.rows[slot].gap)
            if work > WORK:
                return False
            if patience < slot < self.last and self.slots.units[slot] >= 0:
                slot, patience = self._jump(slot)
        return True

    def _start(self) -> int:
        """Jump a faultless beginning: whatever follows, it is taken as it stands."""
        length = self._stretch(0, 0)
        if length < _WORTH:
            return 0
        self.leads = 0
        return self._land(0, 0, 0, length)

    def _step(self, slot: int) -> None:
        """The row after ``slot`` from the row before it."""
        row = self.rows[slot]
        width, (low, high) = len(row.gap), self.window(slot + 1)
        detached = 0 if self.slots.units[slot] >= 0 else DETACHED
        gain = self.gain(slot, row.low, min(row.low + width, len(self.items)))
        best = np.maximum(row.matched, row.gap - (detached + REENTRY))
        if slot < self.leads:
            np.maximum(best, -detached, out=best)
        matched, gap = np.empty(width + 1, np.int32), np.empty(width + 1, np.int32)
        matched[0] = gap[width] = _NEVER
        np.add(best[: len(gain)], gain, out=matched[1 : len(gain) + 1])
        matched[len(gain) + 1 :] = _NEVER
        np.maximum(row.matched, row.gap, out=gap[:width])  # the slot is skipped
        kept = slice(low - row.low, high + 1 - row.low)
        matched, gap = matched[kept], gap[kept]
        np.maximum(gap[1:], matched[:-1], out=gap[1:])  # an item is skipped, or several
        np.maximum.accumulate(gap, out=gap)
        self.rows[slot + 1] = _BandRow(low, matched, gap)

    def _jump(self, slot: int) -> tuple[int, int]:
        """Jump from ``slot`` if one path is ahead of all others; else when to try again."""
        row = self.rows[slot]
        column = _ahead(row, leading=slot < self.leads)
        if column is None:
            return slot, slot
        length = self._stretch(slot, row.low + column)
        if length < _WORTH:
            return slot, slot + length
        self.leads = min(self.leads, slot)
        return self._land(slot, row.low + column, int(row.matched[column]), length), 0

    def _stretch(self, slot: int, column: int) -> int:
        """How many slots from ``slot`` on are matched exactly by the items from ``column`` on.

        Looks twice as far each time, so that a short one costs little in a long text.
        """
        length = min(len(self.slots) - slot, len(self.items) - column)
        seen, look = 0, _LOOK
        while seen < length:
            stop = min(length, seen + look)
            wanted = self.wanted[slot + seen : slot + stop]
            same = wanted == self.items.units[column + seen : column + stop]
            tagged = self.items.tag_costs[column + seen : column + stop] == 0
            fits = np.where(wanted < 0, tagged, same)
            if not fits.all():
                return seen + int(fits.argmin())
            seen, look = stop, 2 * look
        return length

    def _land(self, slot: int, column: int, score: int, length: int) -> int:
        """Follow a stretch to where paths may leave it again: the only path from there on."""
        if slot + length == len(self.slots) or column + length == len(self.items):
            self.last = slot + length
        else:
            length -= _MARGIN
        score, target = score + 2 * SKIP * length, slot + length
        low, high = self.window(target)
        matched = np.full(high + 1 - low, _NEVER, np.int32)
        gap = matched.copy()
        matched[column + length - low] = score
        gap[column + length - low + 1 :] = score
        self.rows[target] = _BandRow(low, matched, gap)
        self.jumped[target] = length
        return target


def _gains(slot: tuple[int, int], items: Items, part: slice) -> Ints:
    """What each item of ``part`` gains in a slot, given as its ids."""
    unit, folded = slot
    if unit < 0:
        return (2 * SKIP - items.tag_costs[part]).astype(np.int32)
    gain = np.where(items.substitutes[part], 2 * SKIP - SUBSTITUTED, _NEVER).astype(np.int32)
    gain[items.wild[part] | (items.folded[part] == folded)] = 2 * SKIP - FOLDED
    gain[items.units[part] == unit] = 2 * SKIP
    return gain


def _ahead(row: _BandRow, *, leading: bool) -> int | None:
    """The place in ``row`` that no other can beat, even were all that follows in their favour.

    Who is further to the right has fewer items left to gain from, who is further to the left has
    more, 2 skips each; after a match, the others must also be behind by the cost of re-entry,
    which whoever leaves the path ahead would have to pay.
    """
    place = int(row.matched.argmax())
    score = int(row.matched[place])
    if score < row.gap[-1] or (leading and 2 * SKIP * place >= score):
        return None
    if (row.matched[place + 1 :] >= score).any():
        return None
    handicap = 2 * SKIP * np.arange(place, 0, -1, dtype=np.int32)
    if (row.matched[:place] + handicap >= score).any():
        return None
    return None if (row.gap[:place] + handicap > score).any() else place


def _trace(search: _BandSearch) -> tuple[Ints, int]:
    """The item of each slot on the best path, and its score; ties match earliest."""
    found = np.full(len(search.slots), -1, np.int32)
    slot, row = search.last, search.rows[search.last]
    column = row.low + len(row.gap) - 1
    score = value = max(int(row.matched[-1]), int(row.gap[-1]))
    after_gap = value == row.gap[-1]
    while slot and value > 0:
        if after_gap:
            slot, column, after_gap = _before_gap(search, slot, column, value)
            continue
        length = search.jumped.get(slot)
        if length is not None:
            slot, column, value = slot - length, column - length, value - 2 * SKIP * length
            found[slot : slot + length] = np.arange(column, column + length)
            continue
        slot, column = slot - 1, column - 1
        found[slot] = column
        value -= int(search.gain(slot, column, column + 1)[0])
        row = search.rows[slot]
        toll = REENTRY + (0 if search.slots.units[slot] >= 0 else DETACHED)
        after_gap = bool(row.gap[column - row.low] - toll == value)
        if after_gap:
            value += toll
        elif row.matched[column - row.low] != value:
            break  # nothing was matched before: the leading gap
    return found, score


def _before_gap(search: _BandSearch, slot: int, column: int, value: int) -> tuple[int, int, bool]:
    """Where the gap that ends at ``slot`` and ``column`` begins, or goes on one slot earlier."""
    row = search.rows[slot]
    column = row.low + int(np.searchsorted(row.gap, value))  # skip items as far as they can be
    above = None if slot in search.jumped else search.rows.get(slot - 1)
    place = -1 if above is None else column - above.low
    if above is not None and place < len(above.gap) and above.gap[place] == value:
        return slot - 1, column, True
    if column > row.low and row.matched[column - 1 - row.low] == value:
        return slot, column - 1, False
    return slot - 1, column, False


def align(slots: Slots, items: Items, band: int | None = None) -> Alignment | None:
    """The cheapest alignment, or None if finding it would take more than ``WORK`` allows.

    ``band`` is how many diagonals to search first, on either side; it changes no result.
    """
    difference = abs(len(slots) - len(items))
    full = max(len(slots), len(items))
    band = difference + SLACK if band is None else max(band, difference)
    while True:
        band = min(band, full)
        search = _BandSearch(slots, items, band)
        if not search.run():
            return None
        found, score = _trace(search)
        cost = SKIP * (len(slots) + len(items)) - score
        # A path that leaves the band skips band + 1 one way and comes back the other way.
        if band == full or cost < SKIP * (2 * (band + 1) - difference):
            return Alignment(found, cost / SKIP)
        band = max(2 * band, (cost // SKIP + difference) // 2 + 1)
