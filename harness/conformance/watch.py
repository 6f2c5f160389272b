"""What a backend does beside its work: seen while its code runs, noted, and undone.

Python tells audit hooks (PEP 578) of each file that is opened and each address that is asked for.
Native code that asks the system itself is not seen.
"""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "printed", "moved", "environment", "signals", "threads", "network", "read data", "wrote",
    "heavy", "changed",
]  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR
_CODE = (".py", ".pyc", ".so", ".pyd", ".pth", ".zip")
# Bytes from which a file is more than settings.
LARGE = 1 << 16
# Seconds that a thread has to end once a method has returned.
GRACE = 1.0


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done beside the work, in a phase such as ``fit``."""

    kind: Kind
    phase: str
    what: str


@dataclass(slots=True)
class Watch:
    """Watches one backend; ``own`` is where it may write, ``data`` what it may not read."""

    own: Path
    data: Path
    deeds: list[Deed] = field(default_factory=list)
    _phase: str = ""

    def note(self, kind: Kind, what: str, phase: str = "") -> None:
        """Add a deed, once."""
        deed = Deed(kind, phase or self._phase, what)
        if deed not in self.deeds:
            self.deeds.append(deed)

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Code of the backend runs in here."""
        self._phase = phase
        with self._output(), self._surroundings():
            _listen()
            _ears.append(self)
            try:
                yield
            finally:
                _ears.remove(self)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note what an audit event tells."""
        if event == "open":
            self._opened(arguments[0], arguments[2])
        elif event in ("socket.connect", "socket.sendto"):
            self._connected(arguments[1])
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self.note("network", str(arguments[0]))

    def _opened(self, name: object, flags: int) -> None:
        if not isinstance(name, str | bytes | os.PathLike):
            return  # a descriptor that was opened before
        path = Path(os.path.abspath(os.fsdecode(name)))  # noqa: PTH100 - resolving asks the disk
        if path.suffix in _CODE or path.is_relative_to("/dev"):
            return
        if path.is_relative_to(self.data):
            self.note("read data", path.name)
        if flags & _WRITING or _is_large(path):
            self.note("heavy", str(path))
        if flags & _WRITING and not self._may_write(path):
            self.note("wrote", str(path))

    def _may_write(self, path: Path) -> bool:
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        hub = Path(os.environ.get("HF_HOME", cache))
        return any(path.is_relative_to(place) for place in (self.own, cache, hub, "/proc"))

    def _connected(self, address: object) -> None:
        if isinstance(address, tuple):  # a path is a socket of this machine
            self.note("network", str(address[0]))

    @contextmanager
    def _output(self) -> Iterator[None]:
        """Take what goes to standard output, also of native code; it goes on to standard error."""
        with tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace") as taken:
            before = os.dup(1)
            os.dup2(taken.fileno(), 1)
            try:
                with redirect_stdout(taken):
                    yield
            finally:
                taken.flush()
                os.dup2(before, 1)
                os.close(before)
                taken.seek(0)
                if said := taken.read():
                    sys.stderr.write(said)
                    self.note("printed", repr(said.strip().split("\n")[0][:60]))

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        """Compare what belongs to the whole process, and put it back."""
        here, variables = Path.cwd(), dict(os.environ)
        handlers, threads = _handlers(), set(threading.enumerate())
        try:
            yield
        finally:
            self._compare_directory(here)
            self._compare_environment(variables)
            self._compare_handlers(handlers)
            self._compare_threads(threads)

    def _compare_directory(self, before: Path) -> None:
        if (now := Path.cwd()) != before:
            self.note("moved", str(now))
            os.chdir(before)

    def _compare_environment(self, before: dict[str, str]) -> None:
        """Libraries set variables of their own as they are imported; those that were set count."""
        for name, value in before.items():
            if os.environ.get(name) != value:
                self.note("environment", f"{name}={os.environ.get(name)}")
        os.environ.update(before)

    def _compare_handlers(self, before: dict[signal.Signals, Any]) -> None:
        for number, handler in _handlers().items():
            if handler != before[number]:
                self.note("signals", number.name)
                with suppress(TypeError, ValueError):  # a handler that is not Python's
                    signal.signal(number, before[number])

    def _compare_threads(self, before: set[threading.Thread]) -> None:
        until = time.monotonic() + GRACE
        for thread in set(threading.enumerate()) - before:
            if isinstance(thread, threading._DummyThread):  # of native code
                continue
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                self.note("threads", thread.name)


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size > LARGE
    except OSError:
        return False


def _handlers() -> dict[signal.Signals, Any]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    return {number: signal.getsignal(number) for number in numbers}


# Who listens now. The hook of a process can never be taken off again.
_ears: list[Watch] = []
_hooked: list[bool] = []


def _listen() -> None:
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    for ear in _ears:
        ear.hear(event, arguments)
