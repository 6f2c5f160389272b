"""F1 on one entity type: with its number of gold entities, its intervals, and bold where earned.

Bold marks the rows that are not separable from the best on this type, and only where that says
something: 30 gold entities or more, and a row that is separable. The best of 2 entities is luck.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.comparability.systems import System
from harness.leaderboard.measures import of_type
from harness.leaderboard.table import Cell, Column
from harness.statistics.proportion import SMALL

if TYPE_CHECKING:
    from harness.statistics.leaders import Leaders


def column(
    label: str, support: int, group: Sequence[System], claims: "Leaders | None"
) -> tuple[Column, tuple[Cell, ...]]:
    """The column of a type, given what may be said of F1 on it, if anything."""
    measure = of_type(label)
    head = replace(measure.column, support=support)
    cells = tuple(measure.cell(system) for system in group)
    if claims is None:
        return head, cells
    says_something = support >= SMALL and len(claims.first) < len(claims.intervals)
    return head, tuple(
        replace(
            cell,
            bold=says_something and one.name in claims.first,
            interval=_interval(claims, one.name),
        )
        for cell, one in zip(cells, group, strict=True)
    )


def _interval(claims: "Leaders", name: str) -> tuple[float, float]:
    found = claims.intervals[name]
    return found.low, found.high
