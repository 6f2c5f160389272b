"""What other commands left of the same rows: a row is all of its seeds, whoever asked for them.

Who runs three seeds at a time until three are good would else be shown the good ones alone.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from harness.comparability.identity import identity
from harness.comparability.systems import seeds_planned
from harness.results.reader import Rejected, Results
from harness.results.store import slug

Row: TypeAlias = tuple[str, ...]


def with_other_seeds(own: Results, beside: Results) -> Results:
    """``own``, and what of its rows lies in ``beside`` with a seed that ``own`` has not."""
    seeds = {(identity(run), run.run.seed) for run in own.runs}
    systems = {system for system, _ in seeds}
    runs = (
        run
        for run in beside.runs
        if identity(run) in systems and (identity(run), run.run.seed) not in seeds
    )
    return replace(
        own, runs=(*own.runs, *runs), rejected=(*own.rejected, *_lost(own, beside.rejected))
    )


def _lost(own: Results, beside: Iterable[Rejected]) -> tuple[Rejected, ...]:
    """The rejected runs that are no own ones, and of a seed that the rows of ``own`` have not."""
    rows = _seeds_by_row(own)
    known = {one.folder for one in own.rejected}
    return tuple(
        one
        for one in beside
        if one.row and one.folder not in known
        if (row := _row(one.row, one.fingerprint)) in rows and seeds_planned([one]) - rows[row]
    )


def _seeds_by_row(own: Results) -> dict[Row, set[int]]:
    """The seeds of each row that finished, on its data and on data that nobody recorded."""
    found: dict[Row, set[int]] = {}
    for run in (result.run for result in own.runs):
        for data in ("", run.data.fingerprint):
            found.setdefault(_row(run.row, data), set()).add(run.seed)
    return found


def _row(row: Row, data: str) -> Row:
    """A row and its data, its task as folders spell it: a claim knows no other name."""
    return slug(row[0]), *row[1:], data
