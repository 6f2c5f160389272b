"""One writer for a folder: a lock that ends with its process, and the name of who holds it.

The lock is the file system's. The name is for people, and for the case that somebody removed the
lock while its holder was at work: then a second process gets a lock too, and each has to see it.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import ConfigError, LockedError
from harness.results.disk import refused

LOCK, HOLDER = ".lock", ".holder.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process on a host; ``started`` tells it from a later one of the same number."""

    host: str
    process: int
    started: str

    @property
    def lives(self) -> bool:
        """Whether it is known to be at work: on this host, and the same one."""
        return self.host == socket.gethostname() and self.started == _started(self.process) != ""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold ``folder``, which is there, whatever is in it.

    Raises:
        LockedError: when another process holds it.
        ConfigError: when nothing can be written there.
        ResourceError: when the disk is full.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        msg = f"{folder} is being written by {_name(folder)}; wait for it or use --output"
        raise LockedError(msg) from error
    except OSError as error:
        raise refused(folder / LOCK, error) from error
    try:
        _refuse_second(folder)
        _sign(folder)
        yield
    finally:
        if _holder(folder) == _me():
            (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def is_held(folder: Path) -> bool:
    """Whether another process holds ``folder`` now."""
    if not folder.is_dir():
        return False
    try:
        with held(folder):
            return False
    except LockedError:
        return True
    except ConfigError:
        return False  # nobody can write there


def require(folder: Path) -> None:
    """Make sure that nobody else has taken ``folder`` since this process did.

    Raises:
        LockedError: naming who has.
    """
    if _holder(folder) != _me():
        msg = (
            f"{folder}: its lock was removed, and {_name(folder)} has taken it; nothing was stored"
        )
        raise LockedError(msg)


def refuse_link(folder: Path) -> None:
    """Refuse a folder that is a link: clearing it would clear what somebody keeps elsewhere.

    Raises:
        ConfigError: naming the link.
    """
    if folder.is_symlink():
        msg = f"{folder} is a symbolic link; a run writes into a folder of its own: remove the link"
        raise ConfigError(msg)


def _refuse_second(folder: Path) -> None:
    holder = _holder(folder)
    if holder and holder.lives:
        msg = (
            f"{folder} is still being written by {_name(folder)}, although its lock was removed; "
            "wait for it or use --output"
        )
        raise LockedError(msg)


def _sign(folder: Path) -> None:
    try:
        (folder / HOLDER).write_text(json.dumps(asdict(_me())), encoding="utf-8")
    except OSError as error:
        raise refused(folder / HOLDER, error) from error


def _holder(folder: Path) -> Holder | None:
    """Who says that it holds ``folder``; None if nobody does, or nobody can read it."""
    with suppress(OSError, ValueError, TypeError, RecursionError):
        return Holder(**json.loads((folder / HOLDER).read_text(encoding="utf-8")))
    return None


def _name(folder: Path) -> str:
    holder = _holder(folder)
    return f"process {holder.process} on {holder.host}" if holder else "another process"


def _me() -> Holder:
    return Holder(socket.gethostname(), os.getpid(), _started(os.getpid()))


def _started(process: int) -> str:
    """When a process began, in ticks since the system did (proc(5)); empty where nobody knows."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
