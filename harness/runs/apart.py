"""A question about a backend; of a third-party one it is answered in a process of its own.

That process has a deadline, and all that it leaves running ends with it. So a package that ends the
program, crashes, hangs, prints, or moves to another working directory as it is imported harms
nobody but itself. This guards against faults, not against malice.
"""

import math
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Generic, TypeAlias, TypeVar

from harness import errors
from harness.errors import BackendError, ConfigError, HarnessError
from harness.registry import Plugin
from harness.runs import questioned

Answer = TypeVar("Answer")
Question: TypeAlias = Callable[[Plugin], Answer]

PATIENCE_VARIABLE = "NER_HARNESS_IMPORT_SECONDS"
PATIENCE = 60.0  # seconds that a package may take to be imported
_PROGRAM = "from harness.runs.apart import answer; answer()"


def ask(plugin: Plugin, question: Question[Answer]) -> Answer:
    """What ``question`` gives of ``plugin``: plain values, and nothing of the package's own.

    Raises:
        BackendError: for a third-party package that is of no use.
        HarnessError: whatever ``question`` raises.
    """
    found = ask_each([plugin], question)[plugin]
    if isinstance(found, HarnessError):
        raise found
    return found


def ask_each(
    plugins: Sequence[Plugin], question: Question[Answer]
) -> Mapping[Plugin, Answer | HarnessError]:
    """What ``question`` gives of each of ``plugins``, third-party ones side by side.

    Raises:
        HarnessError: what it raises for one of our own.
    """
    deadline = time.monotonic() + _patience()
    asked = {plugin: _Asked.start(plugin, question) for plugin in plugins if not plugin.is_own}
    try:
        return {
            plugin: asked[plugin].result(deadline) if plugin in asked else question(plugin)
            for plugin in plugins
        }
    finally:
        for one in asked.values():
            one.end()


def require_import(plugin: Plugin) -> None:
    """Make sure that ``plugin`` can be imported before this process does it.

    Raises:
        BackendError: when it cannot.
    """
    if not plugin.is_own:
        ask(plugin, _imported)


def _imported(plugin: Plugin) -> None:
    plugin.load()


def _patience() -> float:
    """How many seconds a package may take.

    Raises:
        ConfigError: for a variable that is no such number.
    """
    said = os.environ.get(PATIENCE_VARIABLE) or str(PATIENCE)
    try:
        seconds = float(said)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        msg = f"{PATIENCE_VARIABLE}={said}: expected the seconds that an import may take"
        raise ConfigError(msg)
    return seconds


@dataclass(frozen=True, slots=True)
class _Asked(Generic[Answer]):
    """A process that answers a question, and the file that its answer goes to."""

    plugin: Plugin
    process: "subprocess.Popen[bytes]"
    answer: IO[bytes]

    @classmethod
    def start(cls, plugin: Plugin, question: Question[Answer]) -> "_Asked[Answer]":
        answer = tempfile.TemporaryFile()  # noqa: SIM115 - closed once the process has ended
        return cls(plugin, questioned.started(_PROGRAM, (plugin, question), answer), answer)

    def result(self, deadline: float) -> Answer | HarnessError:
        """What the process answered by ``deadline``, or what is to be told of the package."""
        try:
            code = self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            code = None
        self._kill()
        with self.answer, suppress(EOFError, pickle.UnpicklingError):
            self.answer.seek(0)
            found: Answer | HarnessError = pickle.load(self.answer)  # noqa: S301 - of `answer`
            return found
        return BackendError(self.plugin.refusal(_end(code)))

    def end(self) -> None:
        """Let go of the process if nobody waited for its result."""
        if not self.answer.closed:
            self._kill()
            self.answer.close()

    def _kill(self) -> None:
        """End the process and all that it left behind."""
        questioned.kill(self.process.pid)
        self.process.wait()


def _end(code: int | None) -> str:
    """What to say of a package whose process ended with ``code``, or did not end."""
    if code is None:
        return f"was not imported within {_patience():g} seconds"
    if code < 0:
        return f"crashed as it was imported ({signal.Signals(-code).name})"
    return f"ended its process as it was imported (exit code {code})"


def answer() -> None:
    """The body of the process: what was asked on standard input, answered on standard output.

    What the package prints goes to standard error.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    plugin, question = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that started this
    found = _answered(plugin, question)
    sys.stdout.flush()  # whoever waits may end this process as soon as it has its answer
    with out:
        pickle.dump(found, out)
    os._exit(0)


def _answered(plugin: Plugin, question: Question[Any]) -> Any:
    try:
        return question(plugin)
    except HarnessError as error:
        known = type(error) in vars(errors).values()  # one of the package's own asks for its import
        return (type(error) if known else BackendError)(f"{error}")
    except Exception as error:  # noqa: BLE001 - of a signature that cannot be read, for example
        return BackendError(plugin.refusal(f"cannot be used: {type(error).__name__}: {error}"))
