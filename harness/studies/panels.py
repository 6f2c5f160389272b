"""The finished runs of a study as its question asks: one panel per point of the other axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from harness.comparability.identity import identity
from harness.comparability.naming import distinct
from harness.comparability.systems import System, systems
from harness.leaderboard import columns, ranking, significance
from harness.leaderboard.ranking import Ranking
from harness.results import verify
from harness.results.reader import Results
from harness.results.verify import Sound
from harness.studies.design import Study
from harness.studies.planned import PlannedRow, others

if TYPE_CHECKING:
    from harness.statistics import Comparison, Interval

_Point: TypeAlias = tuple[str, tuple[System, ...]]
HEADLINE = columns.BY_KEY["f1"]


@dataclass(frozen=True, slots=True)
class Panel:
    """The points of the subject axis under one set of everything else, and what may be said.

    ``systems`` are called by their points, in the order of the axis, and numbered where a point has
    several; ``points`` has the point of each by its name. ``same`` has the points that are the
    configuration of one before them, with what that one is called; ``lacking`` are points without
    any result. ``place`` is of the systems that are ``whole``.
    """

    title: str
    systems: tuple[System, ...]
    points: Mapping[str, str]
    place: Ranking
    same: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()

    @property
    def whole(self) -> tuple[System, ...]:
        """The systems with all their seeds: what is left of a row is not the row."""
        return tuple(system for system in self.systems if system.complete)

    @property
    def claims(self) -> "Comparison | None":
        """What the answers allow to say of F1."""
        return self.place.claims

    def f1(self, system: System) -> float:
        """Mean F1 over seeds, a fraction."""
        value = HEADLINE.cell(system).value
        return float(value) if isinstance(value, int | float) else float("nan")

    def interval(self, system: System) -> "Interval | None":
        """The interval of F1; None where nothing may be said of ``system``."""
        return self.claims.intervals.get(system.name) if self.claims else None


def panels(study: Study, rows: Sequence[PlannedRow], results: Results) -> tuple[Panel, ...]:
    """The panels of ``study``, of which ``rows`` are the rows.

    Raises:
        DataError: where two runs did not answer the same sentences.
    """
    checked = verify.check(results)
    made, _ = systems(checked.runs, checked.rejected)
    found: dict[tuple[str, ...], list[_Point]] = {}
    for row in rows:
        point = row.place[study.subject], tuple(_of_row(row, made))
        found.setdefault((row.task, *others(row, study)), []).append(point)
    return tuple(_panel(" · ".join(key), points) for key, points in found.items())


def _of_row(row: PlannedRow, made: Sequence[System]) -> list[System]:
    """The systems of a row, in an order that no path decides."""
    mine = (one for one in made if any(_is_of(row, result) for result in one.results))
    return sorted(mine, key=lambda system: identity(system.first))


def _is_of(row: PlannedRow, result: Sound) -> bool:
    return result.folder.resolve() in row.folders


def _panel(title: str, points: Sequence[_Point]) -> Panel:
    group, same = _each_once(points)
    names = distinct([point for point, _ in group], [point for point, _ in points])
    called = [replace(system, name=name) for name, (_, system) in zip(names, group, strict=True)]
    of = {name: point for name, (point, _) in zip(names, group, strict=True)}
    with_results = {*of.values(), *same}
    lacking = tuple(dict.fromkeys(point for point, _ in points if point not in with_results))
    return Panel(title, tuple(called), of, _place(called), same, lacking)


def _each_once(points: Sequence[_Point]) -> tuple[list[tuple[str, System]], dict[str, str]]:
    """Each system with the first of its points; each later point of one, with that first point."""
    first: dict[Path, tuple[str, System]] = {}
    same: dict[str, str] = {}
    for point, made in points:
        for system in made:
            before, _ = first.setdefault(system.first.folder, (point, system))
            if before != point:
                same[point] = before
    return list(first.values()), same


def _place(called: Sequence[System]) -> Ranking:
    whole = [system for system in called if system.complete]
    return (
        significance.rank_with_tests(whole, ranking.ranks(whole, HEADLINE)) if whole else Ranking()
    )
