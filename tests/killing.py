"""Processes that are killed at a stated moment of a run, as the system or a user kills them."""

import os
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from harness.runs import run


@dataclass(frozen=True)
class Moment:
    """When to die: at the ``nth`` time that ``what`` happens to something called ``name``.

    ``load`` reads a task, ``train`` and ``predict`` tell of progress, ``fsync`` has written a file
    and not yet put it in its place, ``replace`` is about to, ``unlink`` removes one.
    """

    what: str
    name: str = ""
    nth: int = 1


def die_at(moment):
    """Have this process kill itself at ``moment``; gives what hears of progress."""
    seen = Counter()

    def happens(what, name=""):
        if what == moment.what and moment.name in name:
            seen[what] += 1
            if seen[what] == moment.nth:
                os.kill(os.getpid(), signal.SIGKILL)

    def watched(step, what, name_of):
        def do(*arguments, **more):
            happens(what, name_of(*arguments))
            return step(*arguments, **more)

        return do

    run.load = watched(run.load, "load", lambda task, *rest: str(task))
    os.fsync = watched(
        os.fsync, "fsync", lambda number: str(Path(f"/proc/self/fd/{number}").readlink())
    )
    Path.replace = watched(Path.replace, "replace", lambda path, target: str(target))
    Path.unlink = watched(Path.unlink, "unlink", lambda path, **more: str(path))
    return lambda progress: happens(progress.phase, progress.note)


class Nursery:
    """A process that has imported all that a run needs, and has each run in a fork of itself."""

    MODULES = (
        "backends.encoder", "backends.seq2seq", "backends.decoder", "torch.utils.tensorboard",
        "transformers.models.bert.modeling_bert", "transformers.models.t5.modeling_t5",
        "transformers.models.gpt2.modeling_gpt2", "seqeval.metrics.v1",
    )  # fmt: skip

    def __enter__(self):
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_nurse, args=(theirs, self.MODULES))
        self.process.start()
        return self

    def __exit__(self, *error):
        self.pipe.close()
        self.process.join()

    def exit_of(self, cell, moment=None):
        """Run ``cell`` in a process that dies at ``moment``; gives its exit code."""
        self.pipe.send((cell, moment))
        return self.pipe.recv()


def _nurse(pipe, modules):
    for module in modules:
        import_module(module)
    with suppress(EOFError):
        while True:
            pipe.send(_exit_of(*pipe.recv()))


def _exit_of(cell, moment):
    child = os.fork()
    if child == 0:
        try:
            run.execute(cell, die_at(moment) if moment else lambda progress: None)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
