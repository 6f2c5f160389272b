"""Who does the runs of an experiment: child processes of this machine, or the nodes of a cluster.

An executor decides where and when, never what: each cell is the same run in the same folder, so the
table does not depend on which one did it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.errors import ConfigError, did_you_mean
from harness.runs import grid
from harness.runs.child import Event
from harness.runs.logbook import Logbook
from harness.runs.placement import PROCESSES, RAY, Placement
from harness.runs.plan import GridCell

EXECUTORS = (PROCESSES, RAY)


class Executor(Protocol):
    """Does the runs of cells until each has ended once."""

    def describe(self, cells: Sequence[GridCell]) -> str:
        """Where they will run, and how many side by side, in words."""
        ...

    def run(
        self, cells: Sequence[GridCell], listen: Callable[[Event], None], logbook: Logbook
    ) -> None:
        """Run all of ``cells``; ``listen`` hears of each, and ``logbook`` notes what came of it.

        Raises:
            HarnessError: naming those that failed, when all have ended.
        """
        ...


@dataclass(frozen=True, slots=True)
class Processes:
    """Child processes of this machine."""

    placement: Placement

    def describe(self, cells: Sequence[GridCell]) -> str:
        """How many side by side, with how many threads."""
        side_by_side, threads = self._workers(cells), cells[0].settings.threads
        return f"{len(cells)} run(s), {side_by_side} side by side, {threads} thread(s) each"

    def run(
        self, cells: Sequence[GridCell], listen: Callable[[Event], None], logbook: Logbook
    ) -> None:
        """Run all of ``cells`` here.

        Raises:
            HarnessError: naming those that failed.
        """
        limits = (self.placement.time_limit, self.placement.runs_per_gpu)
        grid.Grid(cells, self._workers(cells), listen, *limits, logbook=logbook).run()

    def _workers(self, cells: Sequence[GridCell]) -> int:
        room = grid.workers(cells, cells[0].settings.threads, self.placement.runs_per_gpu)
        return min(self.placement.workers or room, len(cells))


def executor_for(placement: Placement) -> Executor:
    """The executor that ``placement`` names.

    Raises:
        ConfigError: for a name that none has.
    """
    if placement.executor == PROCESSES:
        return Processes(placement)
    if placement.executor == RAY:
        from harness.runs.cluster import Cluster

        return Cluster(placement)
    near = did_you_mean(placement.executor, EXECUTORS)
    msg = f"no executor is named {placement.executor!r}{near}: choose {' or '.join(EXECUTORS)}"
    raise ConfigError(msg)
