"""Ranks, ties and bold: what prints alike is tied, and all that is tied is treated alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from harness.comparability.systems import System
from harness.leaderboard.measures import Measure
from harness.leaderboard.table import Cell, Contrast
from harness.numbers import NOT_KNOWN, percent, whole

if TYPE_CHECKING:
    from harness.statistics import Comparison
    from harness.statistics.leaders import Leaders

_UNKNOWN = Cell(NOT_KNOWN)


MARGIN = 0.01  # 1 F1: what many would give away for a cheaper model


@dataclass(frozen=True, slots=True)
class Ranking:
    """What the systems of one block are to each other, by name; empty for unranked ones.

    ``claims`` is what their answers allow to say of F1, ``types`` who leads on each entity type;
    ``notes`` are marks that follow from it.
    """

    ranks: Mapping[str, int] = field(default_factory=dict)
    claims: "Comparison | None" = None
    types: Mapping[str, "Leaders"] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    captions: tuple[str, ...] = ()
    contrasts: tuple[Contrast, ...] = ()

    def cell(self, key: str, system: System) -> Cell:
        """The cell of ``system`` in the column ``key``."""
        name = system.name
        if key == "rank":
            return _number(self.ranks.get(name))
        return _CELLS[key](self.claims, name) if self.claims else _UNKNOWN

    def is_first(self, system: System) -> bool:
        """Whether ``system`` is the best or not separable from it."""
        return self.claims is not None and self.claims.groups.get(system.name) == 1


def _number(number: int | None) -> Cell:
    return Cell(str(number), number) if number else _UNKNOWN


def _interval(claims: "Comparison", name: str) -> Cell:
    found = claims.intervals[name]
    return Cell(f"{percent(found.low)} to {percent(found.high)}", (found.low, found.high))


def _letters(claims: "Comparison", name: str) -> Cell:
    letters = claims.letters.get(name)
    return Cell(letters, letters) if letters else _UNKNOWN


def _best(claims: "Comparison", name: str) -> Cell:
    """A share of draws, in whole percent: more digits would be the luck of the draws."""
    share = claims.best.get(name)
    if share is None:
        return _UNKNOWN
    text = "<1" if share < LEAST else ">99" if share > 1 - LEAST else whole(100 * share)
    return Cell(text, share)


def _behind(claims: "Comparison", name: str) -> Cell:
    most = claims.behind.get(name)
    return _UNKNOWN if most is None else Cell(percent(most), most)


def _near(claims: "Comparison", name: str) -> Cell:
    most = claims.behind.get(name)
    return _UNKNOWN if most is None else Cell("yes" if most < MARGIN else "no", most)


LEAST = 0.01
_CELLS: dict[str, Callable[["Comparison", str], Cell]] = {
    "interval": _interval,
    "group": lambda claims, name: _number(claims.groups.get(name)),
    "letters": _letters,
    "best": _best,
    "behind": _behind,
    "near": _near,
}


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
    return tuple(
        replace(cell, bold=cell.bold or standing.is_first(system))
        for cell, system in zip(cells, systems, strict=True)
    )


def embolden(cells: Sequence[Cell], measure: Measure) -> tuple[Cell, ...]:
    """The cells of a column, with all that print like the best one in bold; none with a mark."""
    free = [cell for cell in cells if not cell.mark]
    values = [cell.value for cell in free if isinstance(cell.value, int | float)]
    if not values or measure.best == "none":
        return tuple(cells)
    best = measure.show(max(values) if measure.best == "high" else min(values))
    return tuple(replace(cell, bold=not cell.mark and cell.text == best) for cell in cells)
