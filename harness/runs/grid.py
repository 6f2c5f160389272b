"""Cells as child processes, several at a time; the table does not depend on how many.

Each has a stated number of threads and, if there are GPUs, one of its own. A cell that fails leaves
``failed.json`` and its traceback in ``error.log``; the grid goes on.
"""

import math
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from harness.errors import HarnessError, ResourceError
from harness.runs import failures, launch, processes
from harness.runs.child import GRACE, Event, work
from harness.runs.failures import Failure
from harness.runs.hardware import accelerators, usable_cores
from harness.runs.logbook import Logbook
from harness.runs.plan import GridCell


@dataclass(slots=True)
class _Child:
    """A run in its process, and until when it may work; ``overdue`` is one that was told to end."""

    cell: GridCell
    process: BaseProcess
    pipe: Connection
    gpu: int | None
    until: float
    overdue: bool = False

    def ask_to_end(self) -> None:
        """Ask it and all that it started to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End all of it that is left."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End all of it that is left, and let go of it."""
        self.kill()
        self.process.join()
        self.pipe.close()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid or 0, number)
        except ProcessLookupError:  # it has no group yet, or all of it has ended
            if number == signal.SIGKILL:
                self.process.kill()
            else:
                self.process.terminate()


@dataclass(slots=True)
class Grid:
    """A queue of cells over ``workers`` child processes; ``listen`` hears every event.

    A run that takes longer than ``time_limit``, in seconds, is ended. At most ``runs_per_gpu`` of
    them share a GPU.
    """

    cells: Sequence[GridCell]
    workers: int
    listen: Callable[[Event], None]
    time_limit: float = math.inf
    runs_per_gpu: int = 1
    children: dict[Any, _Child] = field(default_factory=dict)
    logbook: Logbook = field(default_factory=Logbook)

    def run(self) -> None:
        """Run all cells.

        Raises:
            GridError: when some failed; for a single cell, its own error. All failing alike have
                the exit code that they share.
        """
        queue = self.logbook.opened(self.cells)[::-1]
        try:
            while queue or self.children:
                while queue and len(self.children) < self.workers:
                    self._start(queue.pop())
                self._receive()
        finally:
            self._stop()
        self.logbook.close(self.cells)

    def _start(self, cell: GridCell) -> None:
        gpu = self._free_gpu()
        ours, process = processes.started(work, cell, gpu)
        until = time.monotonic() + self.time_limit
        self.children[ours] = _Child(cell, process, ours, gpu, until)

    def _free_gpu(self) -> int | None:
        """The GPU with the fewest runs; None where none has room, or a launcher gave one."""
        if launch.processes() > 1:
            return None
        taken = [child.gpu for child in self.children.values()]
        free = min(range(len(accelerators())), key=taken.count, default=None)
        return None if free is None or taken.count(free) >= self.runs_per_gpu else free

    def _receive(self) -> None:
        """Hear what children have to say, or end those whose time is over."""
        first = min(child.until for child in self.children.values()) - time.monotonic()
        timeout = None if math.isinf(first) else max(0.0, first)
        for pipe in wait(list(self.children), timeout):
            self._hear(pipe)
        for child in self.children.values():
            if child.until <= time.monotonic():
                self._overdue(child)

    def _hear(self, pipe: Any) -> None:
        child = self.children[pipe]
        try:
            event = child.pipe.recv()
        except (EOFError, OSError):
            event = self._ended(child)
        # At once: a signal may come while the child is waited for.
        self.logbook.note(child.cell, event)
        if event.done:
            del self.children[pipe]
            child.process.join(GRACE)
            child.close()
        self.listen(event)

    def _overdue(self, child: _Child) -> None:
        """Ask a child to end, and end one that does not."""
        if child.overdue:
            child.until = math.inf
            child.kill()
        else:
            child.overdue, child.until = True, time.monotonic() + GRACE
            child.ask_to_end()

    def _ended(self, child: _Child) -> Event:
        """A child that died without a word: over time, killed, or crashed in native code."""
        child.process.join(GRACE)
        failure = self._late() if child.overdue else _death(child.process.exitcode)
        failures.record(child.cell, failure)
        return Event(child.cell, done=True, error=failure.message, exit_code=failure.exit_code)

    def _late(self) -> Failure:
        msg = (
            f"not done within the time limit of {self.time_limit / 60:g} minutes; the same command "
            "goes on from its last checkpoint"
        )
        return Failure(msg, ResourceError.exit_code)

    def _stop(self) -> None:
        """Ask all children to end, and end those that have not in time, or when asked again."""
        for child in self.children.values():
            child.ask_to_end()
        try:
            self._hear_the_last(time.monotonic() + GRACE)
        finally:
            for child in self.children.values():
                child.close()

    def _hear_the_last(self, until: float) -> None:
        """Note what is stored by children that end in time, and let none wait to be heard."""
        left = {child.pipe: child for child in self.children.values()}
        while left and time.monotonic() < until:
            ends = [child.process.sentinel for child in left.values()]
            wait([*left, *ends], max(0.0, until - time.monotonic()))
            for pipe, child in list(left.items()):
                ended = not child.process.is_alive()  # before it is heard: then nothing comes after
                if not self._heard_all(pipe, child) and ended:
                    del left[pipe]

    def _heard_all(self, pipe: Any, child: "_Child") -> bool:
        """Whether something was there to be heard; gives False at the end of what is said."""
        try:
            if not pipe.poll():
                return False
            self.logbook.note(child.cell, pipe.recv())
        except (EOFError, OSError):
            return False
        return True


def workers(cells: Sequence[GridCell], threads: int, runs_per_gpu: int = 1) -> int:
    """How many cells run side by side: ``runs_per_gpu`` a GPU, else as many as the cores hold."""
    on_gpus = len(accelerators()) * runs_per_gpu
    side_by_side = on_gpus or max(1, usable_cores() // threads)
    return max(1, min(len(cells), side_by_side))


def _death(code: int | None) -> Failure:
    """What to tell of a process that ended with ``code`` and without a word."""
    cause = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    if code == -signal.SIGKILL:
        told = f"the process of the run died ({cause}; probably out of memory)"
        return Failure(told, ResourceError.exit_code)
    return Failure(f"the process of the run died ({cause})", HarnessError.exit_code)
