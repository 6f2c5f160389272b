"""Whether the sentences of a task fit into memory, decided once: as its files are about to be read.

They fit where what their files may take, once they are read, is at most half of the memory that is
left; the other half is for what is made of them, and for the runs beside. What does not fit is kept
in temporary files (``harness.sequences``), which changes no result.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import ConfigError
from harness.sequences import MEMORY_VARIABLE, Keep, Spool, in_memory

READ = 16  # bytes in memory for a byte of a file: JSON Lines of ASCII take 20, Chinese columns 8
SHARE = 0.5
_MEMINFO = Path("/proc/meminfo")
_STATUS = Path("/proc/self/status")
_CGROUP = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")


def keep_for(files: Iterable[Path]) -> Keep:
    """How to keep what is read of ``files``, which may be folders.

    Raises:
        ConfigError: for a bound that is no number.
    """
    size = max(1, sum(map(_size, files)))  # nothing at all fits into a bound of 0
    return in_memory if READ * size <= bound() else Spool


def bound() -> float:
    """The bytes that the sentences of a task may take: what the user says, or half of what is left.

    Raises:
        ConfigError: for what is no number.
    """
    said = os.environ.get(MEMORY_VARIABLE)
    if not said:
        return SHARE * min(_left())
    if not said.isdecimal():
        msg = f"{MEMORY_VARIABLE} is {said!r}: expected a whole number of MiB; 0 keeps none"
        raise ConfigError(msg)
    return float(int(said) << 20)


def _size(path: Path) -> int:
    """The bytes of a file, or of all below a folder; of what is not there, none."""
    try:
        found = [path] if path.is_file() else path.rglob("*")
        return sum(one.stat().st_size for one in found if one.is_file())
    except OSError:
        return 0  # whoever reads it says what is wrong


def _left() -> Iterator[float]:
    """What each thing that bounds this process leaves to it, in bytes."""
    yield float("inf")  # where nothing is known
    yield from _fields(_MEMINFO, "MemAvailable")
    yield from _of_limits()
    yield from _of_container()


def _of_limits() -> Iterator[float]:
    """What is left of ``ulimit -v`` and ``ulimit -d``."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for limit, used in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        most, _ = resource.getrlimit(limit)
        if most != resource.RLIM_INFINITY:
            yield from (most - taken for taken in _fields(_STATUS, used))


def _of_container() -> Iterator[float]:
    """What is left to the control group of this process and to those it is in (version 2)."""
    groups = (line.partition("::")[2] for line in _lines(_CGROUP) if line.startswith("0::"))
    for group in groups:
        own = _CGROUPS / group.lstrip("/")
        for folder in (own, *own.parents):
            most, used = _lines(folder / "memory.max"), _lines(folder / "memory.current")
            if most and used and most[0] != "max":
                yield int(most[0]) - int(used[0]) + _reclaimable(folder)


def _reclaimable(folder: Path) -> int:
    """The bytes of files that a control group holds as long as nobody needs the room."""
    found = (line.split() for line in _lines(folder / "memory.stat"))
    return sum(int(one[1]) for one in found if one and one[0] == "inactive_file")


def _fields(path: Path, name: str) -> Iterator[float]:
    """The value of ``name`` in a file of the kernel, in bytes."""
    for line in _lines(path):
        if line.startswith(f"{name}:"):
            yield int(line.split()[1]) << 10


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split("\n")
    except OSError:
        return []
