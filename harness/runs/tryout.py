"""Third-party backends, each tried in a process of its own before any other process meets them.

There its package is imported, its class is found and its options are checked. So one that ends the
program, crashes, hangs, or leaves threads, children or another working directory behind harms
nobody else. This guards against faults, not against malice.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import IO, Any

from harness.errors import BackendError, ConfigError, GridError, HarnessError
from harness.registry import Plugin
from harness.runs import config
from harness.runs.config import Options, Override

PATIENCE_VARIABLE = "NER_HARNESS_IMPORT_SECONDS"
PATIENCE = 60.0  # seconds that a package may take to be imported
_PROGRAM = "from harness.runs.tryout import answer; answer()"


@dataclass(frozen=True, slots=True)
class Described:
    """What a run has to know of a backend: the names its options have and had, and their values.

    ``mistake`` is what is wrong with the values that were asked for; ``options`` is None then.
    """

    names: tuple[str, ...]
    options: Options | None = None
    mistake: str = ""

    @property
    def checked(self) -> Options:
        """The options.

        Raises:
            ConfigError: for values that are wrong.
        """
        if self.options is None:
            raise ConfigError(self.mistake)
        return self.options


@dataclass(frozen=True, slots=True)
class Refused:
    """A backend that is of no use here, and why; ``lacking`` if only something is not installed."""

    name: str
    reason: str
    lacking: bool = False


def without_lacking(refused: Sequence[Refused]) -> tuple[Refused, ...]:
    """Those of ``refused`` that are broken; a line on standard error for each of the others."""
    for one in refused:
        if one.lacking:
            sys.stderr.write(f"{one.name} is left out: {one.reason}\n")
    return tuple(one for one in refused if not one.lacking)


@contextmanager
def tell(refused: Sequence[Refused]) -> Iterator[None]:
    """Say at the end of the work in here which backends were ``refused``, whatever else failed.

    Raises:
        GridError: for any that was.
    """
    failures: list[str] = []
    try:
        yield
    except HarnessError as error:
        if not refused:
            raise
        failures.append(str(error))
    reasons = "".join(f"\n  {one.reason}" for one in refused)
    if refused:
        failures.insert(0, f"{len(refused)} backends could not be used:{reasons}")
        raise GridError("\n".join(failures))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of a backend begin with, and what is changed in them."""

    preset: str
    overrides: Sequence[Override]


def describe(plugins: Sequence[Plugin], wanted: Wanted) -> dict[Plugin, Described | Refused]:
    """What each of ``plugins`` is, or why it cannot be used; third-party ones side by side.

    Raises:
        BackendError: for one of our own that cannot be imported or lacks something.
    """
    deadline = time.monotonic() + float(os.environ.get(PATIENCE_VARIABLE, PATIENCE))
    tried = {plugin: _Tryout.start(plugin, wanted) for plugin in plugins if not plugin.is_own}
    return {
        plugin: tried[plugin].result(deadline) if plugin in tried else _described(plugin, wanted)
        for plugin in plugins
    }


def _described(plugin: Plugin, wanted: Wanted) -> Described:
    backend = plugin.load()
    names = tuple(sorted(config.option_names(backend)))
    try:
        options = config.options(plugin.name, backend, wanted.preset, wanted.overrides)
    except ConfigError as error:
        return Described(names, mistake=str(error))
    return Described(names, options)


@dataclass(frozen=True, slots=True)
class _Tryout:
    """A process that tries one backend, and the file that its answer goes to."""

    plugin: Plugin
    process: "subprocess.Popen[bytes]"
    answer: IO[bytes]

    @classmethod
    def start(cls, plugin: Plugin, wanted: Wanted) -> "_Tryout":
        answer = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it is read
        with tempfile.TemporaryFile() as question:
            question.write(pickle.dumps((plugin, wanted)))
            question.seek(0)
            process = subprocess.Popen(  # noqa: S603 - this interpreter, fixed words
                [sys.executable, "-P", "-c", _PROGRAM],
                stdin=question,
                stdout=answer,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        return cls(plugin, process, answer)

    def result(self, deadline: float) -> Described | Refused:
        """What the process found, by ``deadline``; it and what it started have ended then."""
        try:
            code = self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            code = None
        finally:
            self._end()
        with self.answer:
            self.answer.seek(0)
            content = self.answer.read()
        return self._read(content, code)

    def _end(self) -> None:
        """End the process and all that it left behind."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _read(self, content: bytes, code: int | None) -> Described | Refused:
        with suppress(ValueError, TypeError, KeyError):
            return _answered(self.plugin, json.loads(content))
        if code is None:
            said = f"was not imported within {os.environ.get(PATIENCE_VARIABLE, PATIENCE)} seconds"
        elif code < 0:
            said = f"crashed as it was imported ({signal.Signals(-code).name})"
        else:
            said = f"ended its process as it was imported (exit code {code})"
        return Refused(self.plugin.name, self.plugin.refusal(said))


def _answered(plugin: Plugin, content: Mapping[str, Any]) -> Described | Refused:
    if "reason" in content:
        return Refused(plugin.name, str(content["reason"]), bool(content["lacking"]))
    options = content["options"]
    return Described(
        tuple(map(str, content["names"])),
        None if options is None else Options(**options),
        str(content["mistake"]),
    )


def answer() -> None:
    """The body of the process: what ``describe`` asked, answered on standard output as JSON.

    What the package prints goes to standard error, and what it leaves running ends with it.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    plugin, wanted = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this
    with out:
        json.dump(asdict(_found(plugin, wanted)), out, default=str)
    os._exit(0)


def _found(plugin: Plugin, wanted: Wanted) -> Described | Refused:
    try:
        if remedy := plugin.lacks():
            return Refused(plugin.name, plugin.need(remedy), lacking=True)
        return _described(plugin, wanted)
    except BackendError as error:
        return Refused(plugin.name, str(error))
    except Exception as error:  # noqa: BLE001 - of a signature that cannot be read, for example
        said = f"has options that cannot be read: {type(error).__name__}: {error}"
        return Refused(plugin.name, plugin.refusal(said))
