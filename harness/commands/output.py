"""What a command prints arrives before it ends, or the user learns that it did not."""

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import ConfigError, ResourceError
from harness.results import disk


@contextmanager
def whole_output() -> Iterator[None]:
    """What is printed in here has left this process at the end.

    Raises:
        ResourceError: when the disk that standard output goes to is full.
        ConfigError: when standard output is of an encoding that lacks a character.
    """
    try:
        _escape_surrogates()
        try:
            yield
        finally:
            if sys.stdout:  # a program may be started without one
                sys.stdout.flush()
    except UnicodeEncodeError as error:
        if _is_utf8(error.encoding):
            raise
        raise _lacking(error) from error
    except OSError as error:
        if error.errno not in disk.FULL:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left fails again
        msg = f"cannot write to standard output: {error.strerror}; what is in files is whole"
        raise ResourceError(msg) from error


def _lacking(error: UnicodeEncodeError) -> ConfigError:
    found = error.object[error.start : error.end][:1]
    msg = (
        f"standard output is {error.encoding}, which has no {found!r}; set "
        "PYTHONIOENCODING=utf-8, or write to a file"
    )
    return ConfigError(msg)


def _escape_surrogates() -> None:
    """Print a lone surrogate, which data may hold and UTF-8 does not, as its escape, as in JSON."""
    if isinstance(sys.stdout, io.TextIOWrapper) and _is_utf8(sys.stdout.encoding):
        sys.stdout.reconfigure(errors="backslashreplace")


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"
