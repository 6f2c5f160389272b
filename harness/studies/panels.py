"""The finished runs of a study as its question asks: one panel per point of the other axes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.comparability.systems import System, distinct, systems
from harness.leaderboard import columns, ranking, significance
from harness.leaderboard.ranking import Ranking
from harness.results import verify
from harness.results.reader import Results
from harness.studies.design import Study
from harness.studies.planned import PlannedRow, others

if TYPE_CHECKING:
    from harness.statistics import Comparison

HEADLINE = columns.BY_KEY["f1"]


@dataclass(frozen=True, slots=True)
class Panel:
    """The points of the subject axis under one set of everything else, and what may be said.

    ``systems`` are called by their points, in the order of the axis, and numbered where a point has
    several; ``points`` has the point of each by its name.
    """

    title: str
    systems: tuple[System, ...]
    points: Mapping[str, str]
    place: Ranking

    @property
    def claims(self) -> "Comparison | None":
        """What the answers allow to say of F1."""
        return self.place.claims

    def f1(self, system: System) -> float:
        """Mean F1 over seeds, a fraction."""
        value = HEADLINE.cell(system).value
        return float(value) if isinstance(value, int | float) else float("nan")


def panels(study: Study, rows: Sequence[PlannedRow], results: Results) -> tuple[Panel, ...]:
    """The panels of ``study``, of which ``rows`` are the rows.

    Raises:
        DataError: where two runs did not answer the same sentences.
    """
    checked = verify.check(results)
    made, _ = systems(checked.runs, checked.rejected)
    found: dict[tuple[str, ...], list[tuple[str, System]]] = {}
    for row in rows:
        for system in _of_row(row, made):
            panel = found.setdefault((row.task, *others(row, study)), [])
            panel.append((row.place[study.subject], system))
    return tuple(_panel(" · ".join(key), group) for key, group in found.items())


def _of_row(row: PlannedRow, made: Sequence[System]) -> Iterator[System]:
    for system in made:
        if any(result.folder.resolve() in row.folders for result in system.results):
            yield system


def _panel(title: str, group: Sequence[tuple[str, System]]) -> Panel:
    names = distinct([(title, point) for point, _ in group])
    called = [replace(system, name=name) for name, (_, system) in zip(names, group, strict=True)]
    points = {name: point for name, (point, _) in zip(names, group, strict=True)}
    place = significance.rank_with_tests(called, ranking.ranks(called, HEADLINE))
    return Panel(title, tuple(called), points, place)
