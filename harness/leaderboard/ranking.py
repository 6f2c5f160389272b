"""Ranks, ties and bold: what prints alike is tied, and all that is tied is treated alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from harness.comparability.systems import System
from harness.leaderboard.measures import Measure
from harness.leaderboard.table import Cell, Contrast
from harness.numbers import NOT_KNOWN, percent

_UNKNOWN = Cell(NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What the ranked systems of one task are to each other, by name; empty for unranked ones.

    ``intervals`` are of F1, as fractions; group 1 holds what is not separable from the best; two
    systems that share a letter are not separable.
    """

    ranks: Mapping[str, int] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    captions: tuple[str, ...] = ()
    contrasts: tuple[Contrast, ...] = ()

    def cell(self, key: str, system: System) -> Cell:
        """The cell of ``system`` in the column ``key``."""
        name = system.name
        if key == "interval":
            low, high = self.intervals.get(name, (None, None))
            return _interval(low, high)
        if key == "letters":
            letters = self.letters.get(name)
            return Cell(letters, letters) if letters else _UNKNOWN
        number = (self.ranks if key == "rank" else self.groups).get(name)
        return Cell(str(number), number) if number else _UNKNOWN


def _interval(low: float | None, high: float | None) -> Cell:
    if low is None or high is None:
        return _UNKNOWN
    text = f"{percent(low)} to {percent(high)}"
    return Cell(text, (low, high))


def order(systems: Sequence[System], score: Measure) -> tuple[System, ...]:
    """The systems, best first; what has no score comes last, ties by name."""

    def key(system: System) -> tuple[Decimal, str]:
        return -_printed(score.cell(system)), system.name

    return tuple(sorted(systems, key=key))


def ranks(systems: Sequence[System], score: Measure) -> dict[str, int]:
    """The rank of each system that has a score: 1, 2, 2, 4."""
    scores = {system.name: _printed(score.cell(system)) for system in systems}
    return {
        name: 1 + sum(other > value for other in scores.values())
        for name, value in scores.items()
        if value >= 0
    }


def _printed(cell: Cell) -> Decimal:
    try:
        return Decimal(cell.text)
    except InvalidOperation:
        return Decimal(-1)


def headline(systems: Sequence[System], score: Measure, standing: Ranking) -> tuple[Cell, ...]:
    """The cells of the score that ranks: the whole first group in bold, and what ties with it."""
    cells = embolden([score.cell(system) for system in systems], score)
    first = [standing.groups.get(system.name) == 1 for system in systems]
    return tuple(
        replace(cell, bold=cell.bold or one) for cell, one in zip(cells, first, strict=True)
    )


def embolden(cells: Sequence[Cell], measure: Measure) -> tuple[Cell, ...]:
    """The cells of a column, with all that print like the best one in bold."""
    values = [cell.value for cell in cells if isinstance(cell.value, int | float)]
    if not values or measure.best == "none":
        return tuple(cells)
    best = measure.show(max(values) if measure.best == "high" else min(values))
    return tuple(replace(cell, bold=cell.text == best) for cell in cells)
