"""What a study will take, told by finished runs of the same backend on the same task.

Seconds grow with the epochs; what else an option changes is not foreseen, and said so: a row has
the figures of the finished run that shares most of its options.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.results.reader import Result, Results
from harness.results.store import is_complete
from harness.runs.plan import GridCell
from harness.studies.planned import PlannedRow, cells


@dataclass(frozen=True, slots=True)
class Expected:
    """What is left to do: runs, seconds of one process after another, and the most bytes of one.

    ``unknown`` runs are left of which no finished run tells anything; the seconds lack them.
    """

    runs: int
    finished: int
    seconds: float
    peak_bytes: int | None
    unknown: int


def expected(rows: Sequence[PlannedRow], results: Results) -> Expected:
    """What the runs of ``rows`` that are not finished will take."""
    every = cells(rows)
    left = [cell for cell in every if not is_complete(cell.folder)]
    models = [_nearest(cell, results.runs) for cell in left]
    told = [(cell, model) for cell, model in zip(left, models, strict=True) if model]
    peaks = [peak for _, model in told if (peak := _peak(model)) is not None]
    return Expected(
        len(every), len(every) - len(left), sum(_seconds(cell, model) for cell, model in told),
        max(peaks, default=None), len(left) - len(told),
    )  # fmt: skip


def _nearest(cell: GridCell, runs: Sequence[Result]) -> Result | None:
    """The finished run of the same backend and task that shares most options with ``cell``."""
    same = [
        each for each in runs
        if each.run.backend == cell.plugin.name and each.run.data.task == cell.folder.parent.name
    ]  # fmt: skip
    wanted = dict(cell.options.values)
    return max(same, key=lambda each: _shared(each.run.options, wanted), default=None)


def _shared(found: dict[str, object], wanted: dict[str, object]) -> int:
    return sum(found.get(key) == value for key, value in wanted.items())


def _seconds(cell: GridCell, model: Result) -> float:
    epochs, then = cell.options.values.get("epochs"), model.run.options.get("epochs")
    share = float(epochs) / float(then) if epochs and then else 1.0
    return share * sum(model.run.cost.seconds.values())


def _peak(model: Result) -> int | None:
    cost = model.run.cost
    peaks = [n for n in (cost.train_peak_bytes, cost.predict_peak_bytes) if n is not None]
    return max(peaks, default=None)
