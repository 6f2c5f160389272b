"""Alignment: the cheapest path of the full table, whatever the band, and in bounded work."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.generation import align as module
from harness.generation.align import DETACHED, NO_READING, REENTRY, SKIP, Items, Slots, align

ALPHABET = 4  # few units, so that chance matches abound; two and two fold alike


def cost_of(slot_unit, item):
    """The cost of laying an item (unit, substitutes, wild, tag cost) over a slot, in twentieths."""
    unit, substitutes, wild, tag_cost = item
    if slot_unit < 0:
        return tag_cost
    if unit == slot_unit:
        return 0
    if wild or (unit >= 0 and unit // 2 == slot_unit // 2):
        return 2
    return 24 if substitutes else NO_READING


def cheapest(units, items):
    """The cost of the best alignment, by the definition and the full table."""
    never = 1 << 30
    rows, columns = len(units) + 1, len(items) + 1
    matched = [[never] * columns for _ in range(rows)]
    gap = [[never] * columns for _ in range(rows)]
    matched[0][0] = 0
    for row in range(rows):
        for column in range(columns):
            if row and column:
                detached = DETACHED if units[row - 1] < 0 else 0
                matched[row][column] = cost_of(units[row - 1], items[column - 1]) + min(
                    matched[row - 1][column - 1],
                    gap[row - 1][column - 1] + detached + REENTRY,
                    SKIP * (row + column - 2) + (detached if row + column > 2 else 0),
                )
            if row:
                gap[row][column] = SKIP + min(matched[row - 1][column], gap[row - 1][column])
            if column:
                left = SKIP + min(matched[row][column - 1], gap[row][column - 1])
                gap[row][column] = min(gap[row][column], left)
    return min(matched[-1][-1], gap[-1][-1])


def price(units, items, found):
    """What an alignment costs, by the definition."""
    cost = SKIP * (len(units) + len(items))
    last = (-1, -1)
    started = False
    for slot, item in enumerate(found):
        if item < 0:
            continue
        assert item > last[1]
        if (slot - 1, item - 1) != last:
            cost += (DETACHED if units[slot] < 0 else 0) + (REENTRY if started else 0)
        cost += cost_of(units[slot], items[item]) - 2 * SKIP
        last, started = (slot, item), True
    return cost


def slots_of(units):
    return Slots(units, [unit // 2 if unit >= 0 else -1 for unit in units])


def items_of(items):
    units = np.array([item[0] for item in items], np.int32)
    return Items(
        units,
        np.where(units < 0, -1, units // 2).astype(np.int32),
        np.array([item[1] for item in items], bool),
        np.array([item[2] for item in items], bool),
        np.array([item[3] for item in items], np.int32),
    )


TAG = (-1, False, False, 0)
KEY = st.integers(0, ALPHABET - 1)
ITEMS = [
    *((unit, True, False, NO_READING) for unit in range(ALPHABET)),
    *((unit, True, False, 0) for unit in range(ALPHABET)),  # units that read as tags
    *((-1, False, False, cost) for cost in (0, 5, 10, 15)),
    (-1, True, False, NO_READING),
    (-1, True, True, NO_READING),
]


def damaged(seed):
    """The slots of some units, and what became of them after some edits."""
    rng = Random(seed)
    variety, size = rng.choice([1, 2, ALPHABET, 20]), rng.randint(1, rng.choice([4, 12, 40]))
    units = [rng.randrange(variety) for _ in range(size)]
    slots = [each for unit in units for each in (unit, -1)]
    items = [each for unit in units for each in ((unit, True, False, NO_READING), TAG)]
    for _ in range(rng.choice([0, 1, 2, 3, 8])):
        at = rng.randint(0, len(items))
        stop = min(len(items), at + rng.choice([0, 1, 1, 2, 12, 24]))
        again = items[max(0, at - rng.choice([2, 4, 16])) : stop]
        items[at:stop] = rng.choice(
            [[], again, [rng.choice(ITEMS) for _ in range(rng.randint(1, 3))]]
        )
    return slots, items


SEEDS = range(500)


def test_the_alignment_is_the_cheapest():
    for slots, items in map(damaged, range(150)):
        cost = round(align(slots_of(slots), items_of(items)).cost * SKIP)
        # A faultless beginning stays as it is, also where leaving it out would save a re-entry.
        assert cheapest(slots, items) <= cost <= cheapest(slots, items) + REENTRY


def test_the_cost_is_that_of_the_alignment_and_matched_items_increase():
    for slots, items in map(damaged, SEEDS):
        alignment = align(slots_of(slots), items_of(items))
        assert round(alignment.cost * SKIP) == price(slots, items, alignment.items.tolist())
        assert all(before < after for before, after in pairwise(alignment.matched))


def test_no_band_changes_the_result():
    for slots, items in map(damaged, SEEDS):
        full, *others = (
            align(slots_of(slots), items_of(items), band) for band in (999, None, 0, 3)
        )
        for other in others:
            assert (other.cost, other.items.tolist()) == (full.cost, full.items.tolist())


def test_jumping_over_faultless_stretches_changes_nothing(monkeypatch):
    cases = [(slots_of(slots), items_of(items)) for slots, items in map(damaged, SEEDS)]
    fast = [align(*case) for case in cases]
    monkeypatch.setattr(module, "_WORTH", 1 << 20)
    for case, jumped in zip(cases, fast, strict=True):
        slow = align(*case)
        if jumped.items[0] == 0 != slow.items[0]:  # a leading gap against a faultless beginning
            assert round(SKIP * (jumped.cost - slow.cost)) <= REENTRY
        else:
            assert (jumped.cost, jumped.items.tolist()) == (slow.cost, slow.items.tolist())


def text_of(*stretches):
    """Slots and perfect items of units given as ranges."""
    units = [unit for stretch in stretches for unit in stretch]
    slots = [each for unit in units for each in (unit, -1)]
    return slots, [each for unit in units for each in ((unit, True, False, NO_READING), TAG)]


STRANGER = (-1, True, False, NO_READING)


def test_a_path_that_may_yet_begin_later_is_not_cut_by_a_jump():
    slots, _ = text_of([90], range(0, 16, 2), range(0, 16, 2), range(40, 60, 2))
    _, items = text_of(range(0, 16, 2), range(40, 60, 2))
    assert align(slots_of(slots), items_of(items)).cost == 2 + 16


NEVER = -(1 << 28)


@pytest.mark.parametrize(
    ("matched", "gap", "leading", "place"),
    [
        ([NEVER, 80, NEVER], [39, NEVER, 80], False, 1),
        ([NEVER, 80, NEVER], [39, NEVER, 81], False, None),  # after a gap, more was gained
        ([NEVER, 80, 80], [39, NEVER, 80], False, None),  # as much was gained further on
        ([40, 80, NEVER], [39, NEVER, 80], False, None),  # who is behind has an item more to gain
        ([39, 80, NEVER], [39, NEVER, 80], False, 1),
        ([NEVER, 80, NEVER], [41, NEVER, 80], False, None),
        ([NEVER, 80, NEVER], [40, NEVER, 80], True, 1),
        ([NEVER, NEVER, 80], [NEVER, NEVER, 80], True, None),  # nobody has paid for a re-entry yet
    ],
)
def test_a_jump_is_only_for_who_cannot_be_caught_up_with(matched, gap, leading, place):
    row = module._BandRow(0, np.array(matched, np.int32), np.array(gap, np.int32))
    assert module._ahead(row, leading=leading) == place


def test_a_path_with_more_text_left_is_not_cut_by_a_jump():
    slots, items = text_of(range(0, 40, 2), range(40, 80, 2))
    _, again = text_of(range(40, 60, 2))
    items[40] = STRANGER
    found = align(slots_of(slots), items_of([*items, *again]))
    assert found.items.tolist() == [*range(80)]


@settings(max_examples=150)
@given(
    st.lists(KEY, min_size=1, max_size=16),
    st.lists(st.tuples(st.integers(0, 99), st.sampled_from(ITEMS))),
)
def test_an_edit_costs_no_more_than_it_may(units, edits):
    slots = [each for unit in units for each in (unit, -1)]
    items = [each for unit in units for each in ((unit, True, False, NO_READING), TAG)]
    for place, new in edits:  # an item is put in, taken out or replaced, by turns
        at = place % (len(items) + 1)
        items[at : at + (len(items) % 3 > 0)] = [new] * (len(items) % 3 != 1)
    assert align(slots_of(slots), items_of(items)).cost <= 2.4 * len(edits)


def pair(*words):
    """Slots 0 t 1 t 2 t and items by letter: digits are units, t a tag, x a stranger."""
    known = {"t": TAG, "x": (-1, True, False, NO_READING), "?": (-1, True, True, NO_READING)}
    items = [known.get(word) or (int(word), True, False, NO_READING) for word in words]
    return align(Slots([0, -1, 2, -1, 4, -1], [0, -1, 1, -1, 2, -1]), items_of(items))


def test_a_tag_belongs_to_the_unit_before_it():
    doubled = pair("0", "t", "2", "t", "t", "4", "t")
    assert doubled.items.tolist() == [0, 1, 2, 3, 5, 6]
    assert doubled.cost == pytest.approx(1 + 0.05)


def test_what_each_fault_costs():
    assert pair("0", "t", "2", "t", "4", "t").cost == 0
    assert pair("1", "t", "2", "t", "4", "t").cost == pytest.approx(0.1)  # folded
    assert pair("?", "t", "2", "t", "4", "t").cost == pytest.approx(0.1)  # a wildcard
    assert pair("0", "t", "x", "t", "4", "t").cost == pytest.approx(1.2)  # substituted
    assert pair("0", "t", "2", "4", "t").cost == pytest.approx(1.05)  # a label is missing
    assert pair("0", "t", "t", "4", "t").cost == pytest.approx(1.35)  # a unit is missing
    assert pair("x", "x", "0", "t", "2", "t", "4", "t").cost == 2  # a leading gap
    assert pair("0", "t", "2", "t").cost == 2  # a trailing gap


def test_ties_are_matched_earliest():
    assert pair("0", "t", "2", "t", "4", "t", "4", "t").items.tolist() == [0, 1, 2, 3, 4, 5]


def test_the_work_is_bounded(monkeypatch):
    rng = np.random.default_rng(0)
    slots = [each for unit in rng.integers(0, 50, 3000).tolist() for each in (unit, -1)]
    items = items_of(
        [(unit, True, False, NO_READING) for unit in rng.integers(0, 50, 12000).tolist()]
    )
    cells, step = [], module._BandSearch._step

    def counted(search, slot):
        step(search, slot)
        cells.append(module.ROW_WORK + len(search.rows[slot + 1].gap))

    monkeypatch.setattr(module._BandSearch, "_step", counted)
    assert align(slots_of(slots), items) is None
    assert module.WORK < sum(cells) < module.WORK + 2 * (module.ROW_WORK + len(items))
    monkeypatch.setattr(module, "WORK", 1)
    assert align(slots_of(slots[:40]), items_of([TAG] * 40)) is None


def test_nothing_to_align():
    empty = align(slots_of([0, -1]), items_of([]))
    assert (empty.items.tolist(), empty.cost, empty.matched) == ([-1, -1], 2, [])
