"""Several tasks at once: F1 by task, and the average rank with its critical difference.

Friedman ranks with Nemenyi's critical difference (Demšar 2006, Statistical comparisons of
classifiers over multiple data sets): only systems that are ranked on every task take part.
"""

import math
from collections.abc import Mapping, Sequence

from harness.measures import Measure
from harness.numbers import NOT_KNOWN, printed, rounded
from harness.standing import embolden
from harness.systems import System
from harness.table import Block, Cell, Column, Row

LEVEL = 0.05
_UNKNOWN = Cell(NOT_KNOWN)


def block(
    ranked: Mapping[str, Sequence[System]], score: Measure, highlight: Sequence[str]
) -> Block:
    """The wide table of the ranked systems of each task."""
    cells = {
        task: {system.name: score.cell(system) for system in group}
        for task, group in ranked.items()
    }
    average = average_ranks({task: _values(column) for task, column in cells.items()})
    names = _ordered(cells, average)
    made = [
        embolden([column.get(name, _UNKNOWN) for name in names], score) for column in cells.values()
    ]
    backends = {s.name: s.first.run.backend for group in ranked.values() for s in group}
    rows = tuple(
        Row(name, (_rank(average.get(name)), Cell(name, name), *(column[i] for column in made)),
            highlighted=name in highlight or backends[name] in highlight)
        for i, name in enumerate(names)
    )  # fmt: skip
    heads = (
        Column("average_rank", "average rank", "over the tasks, 1 is best"),
        Column("system", "backend", numeric=False),
        *(Column(f"f1@{task}", printed(task), "F1, %") for task in ranked),
    )
    captions = (_caption(len(average), len(ranked)),)
    return Block("wide", "", "All tasks", heads, rows, captions)


def _values(column: Mapping[str, Cell]) -> dict[str, float]:
    return {name: cell.value for name, cell in column.items() if isinstance(cell.value, float)}


def average_ranks(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The mean rank of each system that has a score on every task; ties share their mean rank."""
    from scipy.stats import rankdata

    shared = [
        name
        for name in dict.fromkeys(name for column in scores.values() for name in column)
        if all(name in column for column in scores.values())
    ]
    if not shared:
        return {}
    by_task = [rankdata([-column[name] for name in shared]) for column in scores.values()]
    return {name: float(sum(r[i] for r in by_task)) / len(by_task) for i, name in enumerate(shared)}


def critical_difference(systems: int, tasks: int) -> float:
    """How far two average ranks must lie apart to differ at 0.05 (Nemenyi)."""
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(1 - LEVEL, systems, math.inf)) / math.sqrt(2)
    return q * math.sqrt(systems * (systems + 1) / (6 * tasks))


def _ordered(
    cells: Mapping[str, Mapping[str, Cell]], average: Mapping[str, float]
) -> tuple[str, ...]:
    names = dict.fromkeys(name for column in cells.values() for name in column)
    return tuple(sorted(names, key=lambda name: (average.get(name, math.inf), name)))


def _rank(average: float | None) -> Cell:
    return _UNKNOWN if average is None else Cell(rounded(average), average)


def _caption(systems: int, tasks: int) -> str:
    if systems < 2:
        return "Fewer than two systems are ranked on every task: no average rank can be compared."
    difference = rounded(critical_difference(systems, tasks))
    return (
        f"Average rank over {tasks} tasks of the {systems} systems that are ranked on all of them; "
        f"differences below {difference} (Nemenyi's critical difference at {LEVEL}) mean nothing."
    )
