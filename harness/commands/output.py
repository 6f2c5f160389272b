"""What a command prints arrives before it ends, or the user learns that it did not."""

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, TypeGuard

from harness.errors import FULL_DISK, ConfigError, ResourceError


@contextmanager
def whole_output() -> Iterator[None]:
    """What is printed in here has left this process at the end.

    Raises:
        ResourceError: when the disk that standard output goes to is full. That the disk of a file
            is full stays the error that it was.
        ConfigError: when standard output is of an encoding that lacks a character.
    """
    try:
        with _told_apart():
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
    except _FullOutputError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left fails again
        msg = f"cannot write to standard output: {error.strerror}; what is in files is whole"
        raise ResourceError(msg) from error


class _FullOutputError(OSError):
    """The disk that standard output goes to is full."""


class _Output(io.FileIO):
    """Standard output, whose full disk can be told from that of a file."""

    def write(self, content: Any, /) -> int:
        """Write as any file does."""
        try:
            return super().write(content)
        except OSError as error:
            if error.errno not in FULL_DISK:
                raise
            raise _FullOutputError(error.errno, error.strerror) from error


@contextmanager
def _told_apart() -> Iterator[None]:
    """Let the errors of standard output be its own; one that is no file stays as it is."""
    before = sys.stdout
    if not _is_file(before):
        yield
        return
    before.flush()
    raw = _Output(before.fileno(), "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw), before.encoding, before.errors,
        line_buffering=before.line_buffering, write_through=before.write_through,
    )  # fmt: skip
    try:
        yield
    finally:
        sys.stdout = before


def _is_file(stream: TextIO) -> TypeGuard[io.TextIOWrapper]:
    buffer = getattr(stream, "buffer", None)
    return isinstance(stream, io.TextIOWrapper) and isinstance(
        getattr(buffer, "raw", buffer), io.FileIO
    )


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
