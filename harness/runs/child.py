"""One run in a process of its own, which leads a process group.

It ends when it is asked to, and when the process that waits for it is gone; either way with a last
checkpoint where its backend keeps any. What the backend started ends with it.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from types import FrameType

from harness.errors import Stopped
from harness.protocol import Progress
from harness.results import provenance
from harness.runs import failures
from harness.runs.plan import GridCell

# Seconds that a process has to end by itself once it was asked to.
GRACE = 20.0
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Event:
    """Something a cell has to say: progress, or how it ended.

    ``stored`` is the SHA-256 of the ``metrics.json`` that it left.
    """

    cell: GridCell
    progress: Progress | None = None
    done: bool = False
    reused: bool = False
    stored: str = ""
    error: str = ""
    exit_code: int = 0


class Line:
    """The line to the process that waits, and what it asks for."""

    def __init__(self, cell: GridCell, pipe: Connection) -> None:
        self.cell, self.pipe = cell, pipe
        self.stopped = self.alone = False

    def listen(self) -> None:
        """Take note of signals, and of the end of the parent."""
        for number in ENDING:
            signal.signal(number, self._stop)
        threading.Thread(target=self._watch, daemon=True).start()

    def report(self, progress: Progress) -> None:
        """Tell of ``progress``.

        Raises:
            Stopped: when this process is to end.
        """
        if not self.stopped:
            self.tell(Event(self.cell, progress))
        if self.stopped:
            raise Stopped

    def tell(self, event: Event) -> None:
        """Send ``event``, where somebody hears it."""
        try:
            self.pipe.send(event)
        except OSError:
            self.stopped = True

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stopped = True

    def _watch(self) -> None:
        parent = parent_process()
        if parent is None:
            return
        connection.wait([parent.sentinel])
        self.stopped = self.alone = True
        threading.Event().wait(GRACE)
        os.killpg(0, signal.SIGKILL)


@contextmanager
def own_group(cell: GridCell, gpu: str | None, pipe: Connection) -> Iterator[Line]:
    """Lead a process group that sees the GPU of that name alone, and that nobody outlives."""
    os.setsid()
    os.dup2(2, 1)  # what a backend prints is no result
    line = Line(cell, pipe)
    line.listen()
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    try:
        yield line
    finally:
        if line.alone:
            os.killpg(0, signal.SIGKILL)  # nobody else is there to end what the backend started


def work(cell: GridCell, gpu: str | None, pipe: Connection) -> None:
    """The body of a child process: run ``cell``, and tell what comes of it."""
    # What was done is kept, and whoever asked for the end does not wait for word of it.
    with own_group(cell, gpu, pipe) as line, suppress(Stopped):
        line.tell(_outcome(cell, line.report))


def _outcome(cell: GridCell, report: Callable[[Progress], None]) -> Event:
    """How the run ended."""
    from harness.runs.run import execute

    try:
        reused = not execute(cell, report)
        return Event(cell, done=True, reused=reused, stored=provenance.complete(cell.folder))
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the grid goes on
        failure = failures.failure_of(error, cell.folder)
        failures.record(cell, failure)
        return Event(cell, done=True, error=failure.message, exit_code=failure.exit_code)
