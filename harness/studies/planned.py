"""A study as runs: each combination of points is a row, each row a run for each seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.runs import config
from harness.runs import plan as planning
from harness.runs.config import Override
from harness.runs.plan import GridCell, Inputs, Request
from harness.studies.design import Combination, Study, combinations
from harness.studies.unused import OptionNames, is_for_another, left_out, require_varied


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One backend on one task at one point of every axis; ``cells`` are its seeds.

    ``left_out`` are options of the study that none of the backends of this point has.
    """

    place: Mapping[str, str]
    cells: tuple[GridCell, ...]
    left_out: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """The task, as the study names it."""
        return self.cells[0].task

    @property
    def backend(self) -> str:
        """The backend."""
        return self.cells[0].plugin.name

    @property
    def folders(self) -> frozenset[Path]:
        """Where its runs are, or will be, as absolute paths."""
        return frozenset(cell.folder.resolve() for cell in self.cells)


def plan(
    study: Study, output: Path, data: Path | None = None, overrides: Sequence[Override] = ()
) -> tuple[PlannedRow, ...]:
    """The rows of ``study``, every option checked and every data set read.

    ``overrides`` are options for all of it, beyond its file.

    Raises:
        ConfigError: for names, options or presets that do not exist.
        DataError: for a data set that cannot be read.
    """
    rows: list[PlannedRow] = []
    inputs, names = Inputs(), OptionNames()
    for combination in combinations(study):
        without = left_out(combination, names)
        request = _request(study, combination, without, output, data, overrides)
        rows += _rows(combination, without, planning.plan(request, inputs))
    require_varied(study, _configurations(study, rows))
    return tuple(rows)


def others(row: PlannedRow, study: Study) -> tuple[str, ...]:
    """What is fixed where the points of the subject are compared: the backend, unless they are it.

    The task is not among it.
    """
    place = (f"{name} {value}" for name, value in row.place.items() if name != study.subject)
    chosen = study.axes[study.subject].chooses_backend
    return (*place,) if chosen else (row.backend, *place)


def _configurations(
    study: Study, rows: Sequence[PlannedRow]
) -> Iterator[tuple[str, frozenset[object]]]:
    found: dict[tuple[str, ...], list[PlannedRow]] = {}
    for row in rows:
        found.setdefault((row.task, *others(row, study)), []).append(row)
    for group in found.values():
        backends = ", ".join(dict.fromkeys(row.backend for row in group))
        yield backends, frozenset(row.folders for row in group)


def cells(rows: Sequence[PlannedRow]) -> tuple[GridCell, ...]:
    """The runs of all rows, each once: two points may mean one configuration."""
    return tuple({cell.folder: cell for row in rows for cell in row.cells}.values())


def _request(
    study: Study, combination: Combination, without: Sequence[str], output: Path,
    data: Path | None, overrides: Sequence[Override],
) -> Request:  # fmt: skip
    own = [
        replace(Override.of(name, value), said="the study's file:")
        for name, value in combination.options.items()
        if name not in without and not is_for_another(name, combination.backends)
    ]
    everything = (*own, *overrides)
    settings = config.settings_from(everything)
    return Request(
        study.tasks, combination.backends, study.seeds, (combination.preset,), everything,
        settings, output, data,
    )  # fmt: skip


def _rows(
    combination: Combination, without: tuple[str, ...], planned: Sequence[GridCell]
) -> Iterator[PlannedRow]:
    rows: dict[tuple[str, str], list[GridCell]] = {}
    for cell in planned:
        rows.setdefault((cell.task, cell.plugin.name), []).append(cell)
    for found in rows.values():
        yield PlannedRow(combination.place, tuple(found), without)
