"""Cells as child processes, several at a time; the table does not depend on how many.

Children come from a forkserver that has imported the backends once. Each has a stated number of
threads and, if there are GPUs, one of its own. A cell that fails leaves ``failed.json`` and its
traceback in ``error.log``; the grid goes on.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

from harness.errors import ConfigError, GridError, HarnessError
from harness.protocol import Progress
from harness.results import store
from harness.runs.hardware import accelerators
from harness.runs.plan import GridCell

ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # torch's spinning threads are 50 times slower on a busy machine
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # reproducible matrix products
    # Libraries ask for a GPU as they are imported. Asked through CUDA, in the process that is
    # forked, it would be out of reach of the children.
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something a cell has to say: progress, or how it ended."""

    cell: GridCell
    progress: Progress | None = None
    done: bool = False
    reused: bool = False
    error: str = ""
    exit_code: int = 0


@dataclass(slots=True)
class _Child:
    cell: GridCell
    process: BaseProcess
    pipe: Connection
    gpu: int | None


@dataclass(slots=True)
class Grid:
    """A queue of cells over ``workers`` child processes; ``listen`` hears every event."""

    cells: Sequence[GridCell]
    workers: int
    listen: Callable[[Event], None]
    children: dict[Any, _Child] = field(default_factory=dict)
    failed: list[Event] = field(default_factory=list)

    def run(self) -> None:
        """Run all cells.

        Raises:
            GridError: when some failed; for a single cell, its own error. All failing alike have
                the exit code that they share.
        """
        queue = list(reversed(self.cells))
        try:
            while queue or self.children:
                while queue and len(self.children) < self.workers:
                    self._start(queue.pop())
                self._receive()
        finally:
            self._stop()
        self._raise()

    def _start(self, cell: GridCell) -> None:
        context = _forkserver()
        ours, theirs = context.Pipe(duplex=False)
        gpu = self._free_gpu()
        process = context.Process(target=_child, args=(cell, gpu, theirs), name=cell.name)
        with _no_main_module():
            process.start()
        theirs.close()
        self.children[ours] = _Child(cell, process, ours, gpu)

    def _free_gpu(self) -> int | None:
        taken = {child.gpu for child in self.children.values()}
        free = [index for index in range(len(accelerators())) if index not in taken]
        return free[0] if free else None

    def _receive(self) -> None:
        for pipe in wait(list(self.children)):
            child = self.children[pipe]
            try:
                event = child.pipe.recv()
            except EOFError:
                event = self._ended(child)
            if event.done:
                del self.children[pipe]
                child.process.join()
                child.pipe.close()
            if event.error:
                self.failed.append(event)
            self.listen(event)

    def _ended(self, child: _Child) -> Event:
        """A child that died without a word: killed, or crashed in native code."""
        child.process.join()
        code = child.process.exitcode
        cause = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        hint = "; probably out of memory" if code == -signal.SIGKILL else ""
        error = f"the process of the cell died ({cause}{hint})"
        _record_failure(child.cell, error, 6 if hint else 1)
        return Event(child.cell, done=True, error=error, exit_code=6 if hint else 1)

    def _stop(self) -> None:
        for child in self.children.values():
            child.process.terminate()
        for child in self.children.values():
            child.process.join()

    def _raise(self) -> None:
        if not self.failed:
            return
        if len(self.cells) == 1:
            error = HarnessError(self.failed[0].error)
            error.exit_code = self.failed[0].exit_code
            raise error
        names = "".join(f"\n  {event.cell.name}: {event.error}" for event in self.failed)
        msg = f"{len(self.failed)} of {len(self.cells)} cells failed:{names}"
        error = GridError(msg)
        codes = {event.exit_code for event in self.failed}
        if len(self.failed) == len(self.cells) and len(codes) == 1:
            error.exit_code = codes.pop()  # one cause for all of them is the cause of the command
        raise error


def prepare(modules: Sequence[str], threads: int) -> None:
    """Set the environment and start the server that imports ``modules`` once for all children.

    To be called before anything imports torch.

    Raises:
        ConfigError: under a launcher of several processes.
    """
    _refuse_launcher()
    environment(threads)
    context = _forkserver()
    context.set_forkserver_preload(["harness.runs.run", *modules])
    from multiprocessing import forkserver

    forkserver.ensure_running()


def _refuse_launcher() -> None:
    """A grid has one parent: under ``accelerate launch`` several would claim the same folders."""
    processes = os.environ.get("WORLD_SIZE", "1")
    if processes == "1":
        return
    if os.environ.get("RANK", "0") != "0":
        raise SystemExit(ConfigError.exit_code)  # the first process tells
    msg = (
        f"this command starts its own processes, and a launcher started it {processes} times: run "
        "it alone, where each run gets a GPU of its own. To train one model on several devices, "
        "launch a script that calls the backend's fit"
    )
    raise ConfigError(msg)


def environment(threads: int) -> None:
    """Set what must be set before torch is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["OMP_NUM_THREADS"] = str(threads)


def workers(cells: Sequence[GridCell], threads: int) -> int:
    """How many cells run side by side: one a GPU, else as many as the cores hold."""
    side_by_side = len(accelerators()) or max(1, (os.cpu_count() or 1) // threads)
    return max(1, min(len(cells), side_by_side))


def _forkserver() -> Any:
    return multiprocessing.get_context("forkserver")


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Keep the program that asked for the grid out of the child processes.

    multiprocessing imports it in each of them; a script without ``if __name__ == "__main__"``
    would run again there. Nothing that a cell needs is in it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _child(cell: GridCell, gpu: int | None, pipe: Connection) -> None:
    """The body of a child process."""
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(gpu)
    from harness.runs.run import execute

    try:
        done = execute(cell, lambda progress: pipe.send(Event(cell, progress)))
        pipe.send(Event(cell, done=True, reused=not done))
    except HarnessError as error:
        _record_failure(cell, str(error), error.exit_code)
        pipe.send(Event(cell, done=True, error=str(error), exit_code=error.exit_code))
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the grid goes on
        message = f"{type(error).__name__}: {error} (traceback in {cell.folder / 'error.log'})"
        _record_failure(cell, message, 1, traceback.format_exc())
        pipe.send(Event(cell, done=True, error=message, exit_code=1))


def _record_failure(cell: GridCell, error: str, exit_code: int, trace: str = "") -> None:
    """Leave word of a failure in the cell's folder, unless the folder is another's or complete."""
    if exit_code in (2, 75) or not cell.folder.is_dir() or store.is_complete(cell.folder):
        return
    if trace:
        store.write(cell.folder / "error.log", trace)
    store.write_json(
        cell.folder / store.FAILED, cell.about | {"error": error, "exit_code": exit_code}
    )
