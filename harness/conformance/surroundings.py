"""What a backend leaves alone: everything that is not its own."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from harness.conformance.check import NotApplicableError, Promise, PromiseError
from harness.conformance.subject import Subject
from harness.conformance.watch import Kind

# Seconds that processes have to end by themselves once the one that started them has ended.
GRACE = 2.0


def _without(kind: Kind, promise: str) -> Callable[[Subject], None]:
    """What refuses deeds of a kind, in any phase so far, as ``promise`` says."""

    def run(subject: Subject) -> None:
        if kind == "network" and (reason := getattr(subject.backend, "network", "")):
            raise NotApplicableError(str(reason))
        found = [deed for deed in subject.watch.deeds if deed.kind == kind]
        if found:
            phases = ", ".join(dict.fromkeys(deed.phase for deed in found))
            msg = f"in {phases}: {found[0].what}"
            raise PromiseError(msg)

    run.__doc__ = promise
    return run


def left_behind(subject: Subject) -> None:
    """No process goes on when the run has ended."""
    until = time.monotonic() + GRACE
    while left := [member for group in subject.groups for member in _members(group)]:
        if time.monotonic() > until:
            msg = f"{len(left)} process(es) still run"
            raise PromiseError(msg)
        time.sleep(0.05)


def _members(group: int) -> list[int]:
    """The processes of a group that run; where there is no /proc, the group itself."""
    if not Path("/proc/self/stat").exists():
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return []
        return [group]
    stats = (_stat(path) for path in Path("/proc").glob("[0-9]*/stat"))
    return [pid for pid, state, its_group in stats if its_group == group and state != "Z"]


def _stat(path: Path) -> tuple[int, str, int]:
    """The number, the state and the group of a process; of one that has ended, nothing."""
    try:
        state, _, group, *_ = path.read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return 0, "Z", 0
    return int(path.parent.name), state, int(group)


_REMEDIES: tuple[tuple[str, Kind, str, str], ...] = (
    ("stdout", "printed", "Nothing is printed to standard output, which holds the user's table.",
     "print to standard error, or tell Context.report"),
    ("working-directory", "moved", "The working directory stays what it is.",
     "use absolute paths below Context.folder in place of os.chdir"),
    ("environment", "environment", "Environment variables that are set keep their values.",
     "give settings to the library that needs them, not to os.environ"),
    ("signals", "signals", "The handlers of signals stay what they are.",
     "leave SIGTERM and SIGINT to the harness, which ends a run with a last checkpoint"),
    ("threads", "threads", "No thread goes on when a method has returned.",
     "join threads, or use executors in a with statement"),
    ("network", "network", "Nothing is asked for over the network.",
     "load weights from local_files_only folders or caches, and switch telemetry off"),
    ("gold", "read data", "The files of the data are not read: no gold is in reach.",
     "use what fit and predict are given, and nothing else"),
    ("own-folder", "wrote", "Files are written below Context.folder and the folder of save alone.",
     "write below Context.folder, or in what tempfile gives"),
    ("input-kept", "changed", "What fit and predict are given stays as it is.",
     "copy what you change"),
)  # fmt: skip
CHECKS = (
    *(
        Promise(key, _without(kind, promise), remedy, ("import",))
        for key, kind, promise, remedy in _REMEDIES
    ),
    Promise(
        "left-behind",
        left_behind,
        "end child processes before a method returns",
        ("import",),
        "second",
    ),
)
