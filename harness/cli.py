"""The command line: data to stdout, messages to stderr, an exit code for each kind of failure.

A user's mistake is one message without a traceback; anything else is a bug and shows its traceback.
"""

import codecs
import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer

from harness.commands import (
    analysing,
    checking,
    data,
    exporting,
    formatting,
    listing,
    predicting,
    pretraining,
    proving,
    repairing,
    results,
    running,
    serving,
    studying,
    suggesting,
    tuning,
    voting,
)
from harness.errors import ConfigError, HarnessError, Interrupted, ResourceError
from harness.version import __version__

MANY = (
    "--ignore",
    "--backend",
    "--seed",
    "--set",
    "--task",
    "--highlight",
    "--column",
    "--label",
    "--planned-seed",
    "--state",
    "--weight",
)
# Elsewhere it has one value, and arguments may follow.
MANY_OF_ONE = {("run", "--preset")}

# The command that `pip install` makes.
INSTALLED = "ner-harness"
_FULL = (errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    name="harness",
    help="Compare models for character-level named entity recognition on the same data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    running,
    studying,
    tuning,
    suggesting,
    pretraining,
    listing,
    checking,
    data,
    predicting,
    serving,
    exporting,
    results,
    analysing,
    proving,
    voting,
    repairing,
    formatting,
):
    module.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ner-harness {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    del version


def spread(arguments: Sequence[str]) -> Iterator[str]:
    """``--seed 13 42`` as ``--seed 13 --seed 42``: some options take all values that follow."""
    option, command = "", next(iter(arguments), "")
    for argument in arguments:
        if argument.startswith("-") and not _is_number(argument):
            option = argument if _takes_many(command, argument) else ""
            if not option:
                yield argument
        elif option:
            yield from (option, argument)
        else:
            yield argument


def _takes_many(command: str, option: str) -> bool:
    return option in MANY or (command, option) in MANY_OF_ONE


def _is_number(argument: str) -> bool:
    return argument[1:2].isdigit()


def _name() -> str:
    """What the program was started as, which is what help and the completion of shells call it."""
    installed = Path(sys.argv[0]).name == INSTALLED
    return INSTALLED if installed else "python -m harness"


def main() -> NoReturn:
    """Run the command line and exit."""
    _listen()
    try:
        with _whole_output():
            app(args=list(spread(sys.argv[1:])), prog_name=_name())
    except HarnessError as error:
        typer.echo(f"error: {error}", err=True)
        _leave(error.exit_code)
    except OSError as error:
        _refuse_full_disk(error)
    except Interrupted as interruption:
        _leave(interruption.exit_code)
    except SystemExit as ending:
        _leave(ending.code)
    _leave(0)


def _refuse_full_disk(error: OSError) -> NoReturn:
    """End with one line where a write of a command found no room; anything else is a bug."""
    from pathlib import Path

    from harness.results import disk

    if error.errno not in disk.FULL:
        raise error
    told = disk.refused(Path(error.filename2 or error.filename or "a file"), error)
    typer.echo(f"error: {told}", err=True)
    _leave(told.exit_code)


def _leave(code: str | int | None) -> NoReturn:
    """End with ``code``; threads that a plugin left at work are not waited for."""
    others = threading.enumerate()
    others.remove(threading.main_thread())
    if isinstance(code, int) and not all(thread.daemon for thread in others):
        os._exit(code)
    sys.exit(code)


@contextmanager
def _whole_output() -> Iterator[None]:
    """What is printed in here has left this process at the end, or the user learns that it has not.

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
        found = error.object[error.start : error.end][:1]
        msg = (
            f"standard output is {error.encoding}, which has no {found!r}; set "
            "PYTHONIOENCODING=utf-8, or write to a file"
        )
        raise ConfigError(msg) from error
    except OSError as error:
        if error.errno not in _FULL:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left fails again
        msg = f"cannot write to standard output: {error.strerror}; what is in files is whole"
        raise ResourceError(msg) from error


def _escape_surrogates() -> None:
    """Print a lone surrogate, which data may hold and UTF-8 does not, as its escape, as in JSON."""
    if isinstance(sys.stdout, io.TextIOWrapper) and _is_utf8(sys.stdout.encoding):
        sys.stdout.reconfigure(errors="backslashreplace")


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"


def _listen() -> None:
    """End on signals like any other end, children and locks included.

    One that is ignored stays so: that is what ``nohup`` asks for.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del frame
    raise Interrupted(number)
