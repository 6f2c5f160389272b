"""What went wrong in a run, as one message with an exit code; telling it never fails itself."""

import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.errors import (
    ConfigError,
    HarnessError,
    LockedError,
    ResourceError,
    is_lack_of_memory,
)
from harness.results import disk, store
from harness.runs import launch
from harness.runs.plan import GridCell
from harness.runs.portable import portable
from harness.sequences import MEMORY_VARIABLE


@dataclass(frozen=True, slots=True)
class Failure:
    """What to tell of a run that failed; ``trace`` is for whoever mends the program."""

    message: str
    exit_code: int
    trace: str = ""


def failure_of(error: BaseException, folder: Path) -> Failure:
    """What to tell of ``error``, which ended the run in ``folder``."""
    if isinstance(error, HarnessError):
        return Failure(str(error), error.exit_code)
    kind, trace = type(error).__name__, traceback.format_exc()
    if is_lack_of_memory(error):
        return Failure(_out_of_memory(error), ResourceError.exit_code, trace)
    if disk.is_full(error, folder):
        msg = f"cannot write into {folder}: {_line(error)}; {disk.room(folder)}"
        return Failure(msg, ResourceError.exit_code, trace)
    log = folder / store.LOG
    return Failure(f"{kind}: {error} (traceback in {log})", HarnessError.exit_code, trace)


def record(cell: GridCell, failure: Failure) -> None:
    """Leave word of ``failure`` in the cell's folder, unless it is another's or complete.

    A disk that refuses the word takes nothing else with it: the message is told anyway.
    """
    folder, code = cell.folder, failure.exit_code
    another = code in (ConfigError.exit_code, LockedError.exit_code) or launch.follows()
    if another or not folder.is_dir() or store.is_complete(folder):
        return
    message = failure.message.replace(str(folder), portable(str(folder)))
    told = cell.about | {"error": message, "exit_code": code}
    with suppress(HarnessError):
        store.write_json(folder / store.FAILED, told)
        if failure.trace:
            store.write(folder / store.LOG, failure.trace)


def _out_of_memory(error: BaseException) -> str:
    """One line; Python's own error often has no words."""
    said = f": {error}" if str(error) else ""
    return (
        f"out of memory{said}; set window_limit, batch_units or the model smaller, or keep "
        f"sentences in temporary files ({MEMORY_VARIABLE}=0)"
    )


def _line(error: BaseException) -> str:
    """What ``error`` says first; torch adds the stack of its native code."""
    return str(error).partition("\n")[0] or type(error).__name__
