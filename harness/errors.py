"""Errors that users can meet: each says what, where and what to do, and carries its exit code."""

import errno
from collections.abc import Iterable

# What libraries say on a CPU that has no memory left, where they raise no error of their own.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "bad_alloc", "Cannot allocate memory")

# No room on a disk, no quota, and no file as large as that.
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class HarnessError(Exception):
    """A failure with one message for the user and no traceback."""

    exit_code = 1


class ConfigError(HarnessError):
    """A wrong option, name or config file."""

    exit_code = 2


class DataError(HarnessError):
    """A data set that cannot be read as its task says."""

    exit_code = 3


class WeightsError(HarnessError):
    """Model weights that are missing or refused."""

    exit_code = 4


class BackendError(HarnessError):
    """A backend that broke the contract of ``harness.protocol``."""

    exit_code = 5


class ResourceError(HarnessError):
    """Out of memory, disk or time."""

    exit_code = 6


class GridError(HarnessError):
    """A grid that is done, with cells that failed."""

    exit_code = 7


class LockedError(HarnessError):
    """A run folder that another process holds."""

    exit_code = 75


class Interrupted(BaseException):
    """The command is to end, by a signal; ``exit_code`` is the one that shells expect."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class Stopped(BaseException):
    """A run is to end where it stands: by a signal, a time limit, or because nobody waits for it.

    Raised by ``Context.report``, between two steps of the work.
    """


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory ran out, whatever device and library call it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest of ``known``, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
