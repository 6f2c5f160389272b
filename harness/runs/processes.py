"""The processes that runs compute in: what is set before one does, and how a child is forked.

Children come from a forkserver that has imported the backends once.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

from harness.runs.hardware import visible_gpu
from harness.runs.plan import GridCell

ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # torch's spinning threads are 50 times slower on a busy machine
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # reproducible matrix products
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # torch numbers the GPUs as the driver's programs do
    # Libraries ask for a GPU as they are imported. Asked through CUDA, in the process that is
    # forked, it would be out of reach of the children.
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}


def prepare(modules: Sequence[str], threads: int) -> None:
    """Set the environment and start the server that imports ``modules`` once for all children.

    To be called before anything imports torch.
    """
    environment(threads)
    context = forkserver()
    context.set_forkserver_preload(["harness.runs.run", *modules])
    from multiprocessing import forkserver as server

    with _uninterrupted():
        server.ensure_running()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes that are started in here ignore Ctrl-C; whoever wants to hear it says so.

    The server is ended by the end of this process, and would else show where it was importing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say so
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def environment(threads: int) -> None:
    """Set what must be set before torch is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["OMP_NUM_THREADS"] = str(threads)


def started(
    work: Callable[[GridCell, str | None, Connection], None],
    cell: GridCell,
    gpu: int | None,
    *,
    duplex: bool = False,
) -> tuple[Connection, BaseProcess]:
    """A child that does ``work`` on ``cell``, and the end of the pipe that hears it.

    Args:
        work: the body of the process.
        cell: what it is about.
        gpu: the index of its GPU among those that this process may use; None for none of its own.
        duplex: whether the child hears what is sent, too.
    """
    context = forkserver()
    ours, theirs = context.Pipe(duplex)
    named = None if gpu is None else visible_gpu(gpu)
    process = context.Process(target=work, args=(cell, named, theirs), name=cell.name)
    with _no_main_module():
        process.start()
    theirs.close()
    return ours, process


def forkserver() -> Any:
    """What starts the processes of runs."""
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
