"""What a study will take, told by finished runs of the same backend on the same task.

Where there is none, the figures that ship say it, roughly.

Training is taken to grow with the epochs and the share of train, up to a bound on units or
seconds; what else an option changes is not foreseen: a row has the figures of the finished run that
shares most of its options. Of all results only the records of those backends on those tasks are
read.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.results.reader import Result, read_folder
from harness.results.run_record import Run
from harness.results.store import is_complete, slug
from harness.runs.plan import GridCell
from harness.studies.planned import PlannedRow, cells
from harness.studies.shipped_costs import most_units, shipped_costs

_LEARNING = ("train", "dev")  # the phases that grow with the training


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is left to do: runs, seconds of one process after another, and the most bytes of one.

    ``rough`` of the runs that are left are told by the figures that ship. ``unknown`` are left of
    which nothing tells anything; the seconds lack them.
    """

    runs: int
    finished: int
    seconds: float
    peak_bytes: int | None
    unknown: int
    rough: int = 0


def estimate(rows: Sequence[PlannedRow]) -> Estimate:
    """What the runs of ``rows`` that are not finished will take."""
    every = cells(rows)
    left = [cell for cell in every if not is_complete(cell.folder)]
    kinds = {_kind(cell) for cell in left}
    known = {kind: tuple(_finished(*kind)) for kind in kinds}
    models = [_nearest(cell, known[_kind(cell)]) for cell in left]
    told = [(cell, model) for cell, model in zip(left, models, strict=True) if model]
    shipped, untold = shipped_costs(), [c for c, m in zip(left, models, strict=True) if not m]
    rough = [cell for cell in untold if cell.plugin.name in shipped.by_backend]
    seconds = sum(_seconds(*one) for one in told) + sum(map(shipped.seconds, rough))
    peaks = [peak for _, model in told if (peak := _peak(model)) is not None]
    peaks += [shipped.by_backend[cell.plugin.name].bytes for cell in rough]
    return Estimate(
        len(every), len(every) - len(left), seconds, max(peaks, default=None),
        len(untold) - len(rough), len(rough),
    )  # fmt: skip


def _kind(cell: GridCell) -> tuple[Path, str]:
    return cell.folder.parent, cell.plugin.name


def _finished(folder: Path, backend: str) -> Iterator[Run]:
    """The records of the finished runs of ``backend`` in the folder of one task."""
    for path in sorted(folder.glob(f"{slug(backend)}_*")):
        found = read_folder(path)
        if isinstance(found, Result):
            yield found.run


def _nearest(cell: GridCell, runs: Sequence[Run]) -> Run | None:
    """The finished run on the same data that shares most options with ``cell``."""
    wanted = dict(cell.options.values)
    alike = [run for run in runs if run.data.fingerprint == cell.fingerprint]
    return max(alike, key=lambda run: _shared(run.options, wanted), default=None)


def _shared(found: dict[str, object], wanted: dict[str, object]) -> int:
    return sum(found.get(key) == value for key, value in wanted.items())


def _seconds(cell: GridCell, model: Run) -> float:
    seconds = model.cost.seconds
    learning = sum(seconds.get(phase, 0.0) for phase in _LEARNING)
    before = _passes(model.options, model.settings)
    whole = model.cost.train_units / before  # units of one pass over train
    options = cell.options.values
    grown = _passes(options, cell.settings.model_dump())
    if whole:
        grown = min(grown, most_units(options, model.cost.flops_per_unit) / whole)
    most = options.get("max_seconds") or math.inf
    return sum(seconds.values()) - learning + min(learning * grown / before, most)


def _passes(options: Mapping[str, Any], settings: Mapping[str, Any]) -> float:
    """How often a training may read all of train."""
    return float(options.get("epochs") or 1) * float(settings.get("train_share") or 1)


def _peak(model: Run) -> int | None:
    peaks = [model.cost.train_peak_bytes, model.cost.predict_peak_bytes]
    return max((peak for peak in peaks if peak is not None), default=None)
