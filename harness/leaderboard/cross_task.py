"""Several tasks together: F1 by task, and the average rank with its critical difference.

Only systems that are ranked on every task have an average rank. One that differs from task to task
in anything but the data is several, each with a name of its own (``harness.comparability.naming``).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from harness.comparability import identity
from harness.comparability.naming import name_of
from harness.comparability.systems import System
from harness.leaderboard.table import Block, Cell, Column, Contrast, Row
from harness.numbers import NOT_KNOWN, printed, rounded
from harness.statistics.tasks import AverageRanks, average_ranks

_UNKNOWN = Cell(NOT_KNOWN)
Ranked: TypeAlias = Mapping[str, Sequence[tuple[System, Cell]]]
_ByTask: TypeAlias = Mapping[str, System]


def block(
    ranked: Ranked,
    contrasts: Mapping[str, Sequence[Contrast]],
    highlight: Sequence[str],
) -> Block:
    """The wide table of the ranked systems of each task, each with its headline cell."""
    cells = {task: {one.name: cell for one, cell in group} for task, group in ranked.items()}
    tests = {task: _tests(pairs) for task, pairs in contrasts.items()}
    average = average_ranks({task: _values(column) for task, column in cells.items()}, tests)
    ranks = average.ranks if average else {}
    intervals = average.intervals if average else {}
    backends = {one.name: one.first.run.backend for group in ranked.values() for one, _ in group}
    rows = tuple(
        Row(name, (_rank(ranks.get(name)), _interval(intervals.get(name)), Cell(name, name),
                   *(column.get(name, _UNKNOWN) for column in cells.values())),
            highlighted=name in highlight or backends[name] in highlight)
        for name in _ordered(cells, ranks)
    )  # fmt: skip
    captions = (*_captions(average), *_of_one_name(ranked))
    return Block("wide", "", "All tasks", _heads(ranked), rows, captions)


def _heads(tasks: Mapping[str, object]) -> tuple[Column, ...]:
    return (
        Column("average_rank", "average rank", "over the tasks, 1 is best"),
        Column("rank_interval", "95 % of rank", "over sentences and seeds of these tasks"),
        Column("system", "backend", numeric=False),
        *(Column(f"f1@{task}", printed(task), "F1, %") for task in tasks),
    )


def _values(column: Mapping[str, Cell]) -> dict[str, float]:
    return {name: cell.value for name, cell in column.items() if isinstance(cell.value, float)}


def _ordered(cells: Mapping[str, Mapping[str, Cell]], ranks: Mapping[str, float]) -> list[str]:
    names = dict.fromkeys(name for column in cells.values() for name in column)
    return sorted(names, key=lambda name: (ranks.get(name, math.inf), name))


def _rank(average: float | None) -> Cell:
    return _UNKNOWN if average is None else Cell(rounded(average), average)


def _interval(bounds: tuple[float, float] | None) -> Cell:
    if bounds is None:
        return _UNKNOWN
    return Cell(" to ".join(map(rounded, bounds)), bounds)


def _tests(contrasts: Sequence[Contrast]) -> dict[frozenset[str], float]:
    return {frozenset((one.first, one.second)): one.bootstrap_p for one in contrasts}


def _captions(average: AverageRanks | None) -> tuple[str, ...]:
    if average is None:
        return ("Fewer than two systems are ranked on every task: there is no average rank.",)
    difference = rounded(average.critical_difference)
    lines = [
        f"Average rank over {len(average.tasks)} tasks of the {len(average.ranks)} systems that "
        f"are ranked on all of them. Two that differ by less than {difference} (Nemenyi's critical "
        "difference at 0.05; Demšar 2006) are not separable.",
    ]
    if average.intervals:
        lines.append(
            "95 % intervals of the average rank are over sentences and seeds of these tasks, not "
            "over other tasks (paired bootstrap of each pair; Mogstad et al. 2024)."
        )
    if average.p is not None:
        lines.append(f"Friedman's test that all rank alike: p = {rounded(average.p, 3)}.")
    return tuple(lines)


def _of_one_name(ranked: Ranked) -> Iterator[str]:
    """Which rows are called alike and ranked on some tasks alone, since they are not one system."""
    alike: dict[str, dict[str, dict[str, System]]] = {}  # by what they are called, then by name
    for task, group in ranked.items():
        for one, _ in group:
            alike.setdefault(name_of(one.first), {}).setdefault(one.name, {})[task] = one
    for rows in alike.values():
        partial = {name: made for name, made in rows.items() if len(made) < len(ranked)}
        if len(rows) > 1 and partial:
            yield _different(rows, partial)


def _different(rows: Mapping[str, _ByTask], partial: Mapping[str, _ByTask]) -> str:
    firsts = [next(iter(made.values())).first for made in rows.values()]
    differ = ", ".join(identity.differing(firsts)) or "what they consumed on one of the tasks"
    listed = " and ".join(
        f"{name} ({', '.join(map(printed, made))})" for name, made in rows.items()
    )
    return (
        f"{listed} are different systems, which differ in: {differ}. No average rank for "
        f"{', '.join(partial)}, which some task lacks."
    )
