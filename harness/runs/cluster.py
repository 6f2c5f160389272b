"""Cells as Ray tasks on the nodes of a cluster; results go to the one folder that all nodes share.

If a worker or a node is lost, its cell is given to another one. If the command that asked is lost,
the runs end with it; the same command goes on with them.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import ConfigError, ResourceError
from harness.protocol import Progress
from harness.results import set_aside
from harness.runs import failures, launch
from harness.runs.child import Event
from harness.runs.failures import Failure
from harness.runs.logbook import Logbook
from harness.runs.node import place_for, run_here
from harness.runs.placement import Placement
from harness.runs.plan import GridCell

TRIES = 4  # of a cell whose workers or nodes are lost
LOOK = 60.0  # seconds without word, after which it is asked whether the nodes are still there
ADDRESS = "RAY_ADDRESS"
INSTALL = "pip install 'ner-harness[cluster]'"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The nodes of the Ray cluster that this machine is part of, or that RAY_ADDRESS names."""

    placement: Placement

    def describe(self, cells: Sequence[GridCell]) -> str:
        """What each run asks of a node."""
        asked = _words(_needs(cells[0], self.placement))
        return f"{len(cells)} runs on a Ray cluster, {asked} each"

    def run(
        self, cells: Sequence[GridCell], listen: Callable[[Event], None], logbook: Logbook
    ) -> None:
        """Run all of ``cells`` there.

        Raises:
            ConfigError: where there is no Ray, no cluster, or no node that has what a run asks for.
            HarnessError: naming the cells that failed.
        """
        launch.refuse("--executor ray")
        with _connected() as ray:
            _require_nodes(ray, [_needs(cell, self.placement) for cell in cells])
            tries = [_Try(_begun_afresh(cell)) for cell in logbook.opened(cells)]
            _Tasks(ray, self.placement, tries[::-1], listen, logbook).run()
        logbook.close(cells)


@dataclass(frozen=True, slots=True)
class _Try:
    """A cell that is handed out for the ``number``-th time."""

    cell: GridCell
    number: int = 1

    def again(self) -> "_Try":
        """The next try: what the lost worker left is the command's own."""
        return _Try(replace(self.cell, found=None), self.number + 1)


@dataclass(slots=True)
class _Tasks:
    """Cells that wait, and those at work by the reference of their task."""

    ray: Any
    placement: Placement
    waiting: list[_Try]
    listen: Callable[[Event], None]
    logbook: Logbook
    at_work: dict[Any, _Try] = field(default_factory=dict)

    def run(self) -> None:
        """Hand out all, and hear how each ended."""
        most = self.placement.workers or len(self.waiting)
        try:
            while self.waiting or self.at_work:
                while self.waiting and len(self.at_work) < most:
                    self._send(self.waiting.pop())
                self._hear(LOOK)
        finally:
            self._hear(0)  # what ended before a signal came is not lost

    def _send(self, one: _Try) -> None:
        task = self.ray.remote(max_calls=1, max_retries=0)(run_here)  # no worker for two cells
        sent = task.options(name=one.cell.name, **_needs(one.cell, self.placement))
        place = place_for(one.cell, self.placement.time_limit)
        self.at_work[sent.remote(one.cell, place)] = one

    def _hear(self, seconds: float) -> None:
        """Hear of a task that ends within ``seconds``; where none does, see that nodes are there.

        Without waiting, of all that ended.
        """
        if not self.at_work:
            return
        most = 1 if seconds else len(self.at_work)
        ended, _ = self.ray.wait(list(self.at_work), num_returns=most, timeout=seconds)
        for reference in ended:
            self._note(reference, self.at_work.pop(reference))
        if not ended and seconds:
            needed = [_needs(one.cell, self.placement) for one in self.at_work.values()]
            _require_nodes(self.ray, needed)

    def _note(self, reference: Any, one: _Try) -> None:
        try:
            event: Event = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:  # it was raised there, and would be again
            event = _failed(one.cell, f"failed on its node ({_last_line(error)})", error)
        except self.ray.exceptions.RayError as error:
            lost = f"lost with its worker ({_last_line(error)})"
            if one.number < TRIES:
                self._again(one, lost)
                return
            event = _failed(one.cell, lost, error)
        self.logbook.note(one.cell, event)
        self.listen(event)

    def _again(self, one: _Try, lost: str) -> None:
        note = f"{lost}; handed out again"
        self.listen(Event(one.cell, Progress("train", 0, 0, note, line=True)))
        self.waiting.append(one.again())


def _begun_afresh(cell: GridCell) -> GridCell:
    """``cell`` with what was done before set aside here, if it is to be: nodes may begin twice."""
    if cell.fresh:
        set_aside.move_unusable(cell.folder, set_aside.anything)
    return replace(cell, fresh=False)


def _failed(cell: GridCell, message: str, error: Exception) -> Event:
    failure = Failure(message, ResourceError.exit_code, str(error))
    failures.record(cell, failure)
    return Event(cell, done=True, error=message, exit_code=failure.exit_code)


def _last_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().split(chr(10))[-1]}"


def _needs(cell: GridCell, placement: Placement) -> dict[str, float]:
    """What a run asks of a node."""
    gpus = 1 / placement.runs_per_gpu if cell.settings.device == "cuda" else 0
    return {"num_cpus": cell.settings.threads, "num_gpus": gpus}


def _words(needs: dict[str, float]) -> str:
    gpus = f" and {needs['num_gpus']:g} GPU" if needs["num_gpus"] else ""
    return f"{needs['num_cpus']:g} core(s){gpus}"


def _require_nodes(ray: Any, needs: Sequence[dict[str, float]]) -> None:
    """Refuse a need that no node can meet: Ray would wait for such a node for ever."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for need in needs:
        cores, gpus = need["num_cpus"], need["num_gpus"]
        if not any(one.get("CPU", 0) >= cores and one.get("GPU", 0) >= gpus for one in nodes):
            has = [f"{one.get('CPU', 0):g} CPU, {one.get('GPU', 0):g} GPU" for one in nodes]
            msg = (
                f"a run asks for {_words(need)}, and no node of the Ray cluster has that "
                f"({'; '.join(has)})"
            )
            raise ConfigError(msg)


@contextmanager
def _connected() -> Iterator[Any]:
    """Ray, connected to the cluster; what was connected before stays so.

    Raises:
        ConfigError: where it is not installed, or no cluster is running.
    """
    try:
        import ray
    except ImportError as error:
        msg = f"--executor ray needs Ray: {INSTALL}, or leave it out to run here"
        raise ConfigError(msg) from error
    if ray.is_initialized():
        yield ray
        return
    _connect(ray)
    try:
        yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any) -> None:
    address = os.environ.get(ADDRESS, "auto")
    before = signal.getsignal(signal.SIGTERM)
    try:
        _require_answer(address)
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (OSError, RuntimeError) as error:  # nobody there; one of another version
        msg = (
            f"no Ray cluster can be used at {address} ({error}): `ray start --head` starts one, "
            f"{ADDRESS}=HOST:PORT names one"
        )
        raise ConfigError(msg) from error
    finally:
        signal.signal(signal.SIGTERM, before)  # Ray takes it for itself


def _require_answer(address: str) -> None:
    """Raise an OSError where nobody listens at ``address``: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=10).close()
