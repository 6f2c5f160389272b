"""The command line: data to stdout, messages to stderr, an exit code for each kind of failure.

A user's mistake is one message without a traceback; anything else is a bug and shows its traceback.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, cast

import typer
from typer.core import TyperGroup

from harness.commands import (
    analysing,
    checking,
    data,
    exporting,
    formatting,
    listing,
    output,
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
from harness.commands.several import spread
from harness.errors import FULL_DISK, HarnessError, Interrupted, ResourceError
from harness.version import __version__

# The command that `pip install` makes.
INSTALLED = "ner-harness"

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


def _name() -> str:
    """What the program was started as, which is what help and the completion of shells call it."""
    installed = Path(sys.argv[0]).name == INSTALLED
    return INSTALLED if installed else "python -m harness"


def program() -> TyperGroup:
    """All commands with their options."""
    return cast("TyperGroup", typer.main.get_command(app))


def run(arguments: Sequence[str], **settings: Any) -> Any:
    """Run one command line; ``settings`` are those of click's ``Command.main``."""
    whole = program()
    return whole.main(list(spread(whole, arguments)), prog_name=_name(), **settings)


def main() -> NoReturn:
    """Run the command line and exit."""
    _listen()
    try:
        with output.whole_output():
            run(sys.argv[1:])
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
    from harness.results import disk

    if error.errno not in FULL_DISK:
        raise error
    path = error.filename2 or error.filename
    told = disk.refused(Path(path), error) if path else _full(error)
    typer.echo(f"error: {told}", err=True)
    _leave(told.exit_code)


def _full(error: OSError) -> HarnessError:
    """What to tell where the system does not say which file found no room."""
    return ResourceError(f"cannot write a file: {error.strerror}; make room, and start again")


def _leave(code: str | int | None) -> NoReturn:
    """End with ``code``; threads that a plugin left at work are not waited for."""
    others = threading.enumerate()
    others.remove(threading.main_thread())
    if isinstance(code, int) and not all(thread.daemon for thread in others):
        os._exit(code)
    sys.exit(code)


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
