"""What a backend may answer and do: whatever breaks ``harness.protocol`` is named, with the rule.

A backend that raises fails as it is; one that answers wrongly, ends the program, changes what it
was given or moves to another working directory would otherwise fail somewhere else, or nowhere.
"""

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from harness.core import Example, Output, Sentence, Text
from harness.errors import BackendError
from harness.protocol import Backend, CompletesText, FitReport, Generates, MeasuresSurprisal
from harness.results import modes
from harness.results.stored import first_error
from harness.sequences import OnDisk

Item = TypeVar("Item")
_METHODS = ("fit", "predict", "save", "load")


def require_methods(name: str, backend: Any) -> Backend:
    """``backend``, called ``name``, which has the methods of the protocol.

    Raises:
        BackendError: naming those that it lacks.
    """
    lacking = [each for each in _METHODS if not callable(getattr(backend, each, None))]
    if lacking:
        msg = f"backend {name!r} lacks the methods {', '.join(lacking)}"
        raise BackendError(msg)
    has_them: Backend = backend
    return has_them


def checked(name: str, backend: Backend) -> "CheckedBackend":
    """``backend``, called ``name``, with every answer checked."""
    return (CheckedGenerator if isinstance(backend, Generates) else CheckedBackend)(name, backend)


@contextmanager
def asked(name: str, method: str) -> Iterator[None]:
    """Work of the backend ``name`` that neither ends the program nor moves it elsewhere.

    What it prints goes to standard error: standard output holds what the user asked for.

    Raises:
        BackendError: where it calls ``sys.exit``.
    """
    home = os.open(".", os.O_RDONLY)
    try:
        with _quiet_output():
            yield
    except SystemExit as error:
        msg = f"{method} of backend {name!r} called sys.exit({error.code!r}); it has to raise"
        raise BackendError(msg) from error
    finally:
        os.fchdir(home)
        os.close(home)


@contextmanager
def _quiet_output() -> Iterator[None]:
    """Standard output is standard error in here, for native code and other processes too."""
    if sys.stdout is None:
        yield
        return
    sys.stdout.flush()
    before = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(before, 1)
        os.close(before)


class CheckedBackend:
    """A backend whose answers are what the protocol says."""

    def __init__(self, name: str, backend: Backend) -> None:
        self.name, self.backend = name, backend

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """As ``Backend.fit``."""
        with self._asked("fit", train, dev):
            found: Any = self.backend.fit(_fixed(train), _fixed(dev))
        return require_report(self.name, found)

    def predict(self, sentences: Sequence[Sentence]) -> Sequence[Output]:
        """As ``Backend.predict``."""
        with self._asked("predict", sentences):
            found: Any = self.backend.predict(_fixed(sentences))
        return require_answers(self.name, "predict", found, sentences)

    def surprisal(self, examples: Sequence[Example]) -> Sequence[Sequence[float] | None]:
        """As ``MeasuresSurprisal.surprisal``; None for each where the backend measures nothing."""
        if not isinstance(self.backend, MeasuresSurprisal):
            return [None] * len(examples)
        with self._asked("surprisal", examples):
            found: Any = self.backend.surprisal(_fixed(examples))
        return require_bits(self.name, found, examples)

    def complete(self, texts: Sequence[str], characters: int) -> Sequence[str] | None:
        """As ``CompletesText.complete``; None where the backend has no such method."""
        if not isinstance(self.backend, CompletesText):
            return None
        with asked(self.name, "complete"):
            found: Any = self.backend.complete(tuple(texts), characters)
        return None if found is None else require_completions(self.name, found, texts)

    @property
    def shows_gold(self) -> bool:
        """Whether ``complete`` may be given lines with gold; all may that do not say otherwise."""
        return bool(getattr(self.backend, "shows_gold", True))

    def save(self, folder: Path) -> None:
        """As ``Backend.save``."""
        with asked(self.name, "save"):
            self.backend.save(folder.absolute())
        modes.as_usual(folder)

    def load(self, folder: Path) -> None:
        """As ``Backend.load``."""
        with asked(self.name, "load"):
            self.backend.load(folder.absolute())

    @contextmanager
    def _asked(self, method: str, *given: Sequence[Example | Sentence]) -> Iterator[None]:
        """Work that leaves ``given`` as it is; frozen as it is, it can be changed by force."""
        before = _content(given)
        with asked(self.name, method):
            yield
        if _content(given) != before:
            raise _broken(self.name, method, "changed the sentences that it was given")


class CheckedGenerator(CheckedBackend):
    """A checked backend that can also write freely."""

    def generate(self, sentences: Sequence[Sentence]) -> Sequence[Text]:
        """As ``Generates.generate``."""
        backend: Any = self.backend
        with self._asked("generate", sentences):
            found: Any = backend.generate(_fixed(sentences))
        return require_texts(self.name, found, sentences)


def _fixed(given: Sequence[Item]) -> Sequence[Item]:
    """``given`` as nobody can put anything in or take anything out."""
    return given if isinstance(given, OnDisk) else tuple(given)


def _content(given: Sequence[Sequence[Any]]) -> list[int]:
    """A number for each part of ``given`` in memory; what is on disk is made anew each time."""
    return [hash(tuple(part)) for part in given if not isinstance(part, OnDisk)]


def require_report(name: str, found: Any) -> FitReport:
    """What ``fit`` of the backend ``name`` returned, which is a report without contradiction.

    Raises:
        BackendError: for anything else.
    """
    if not isinstance(found, FitReport):
        raise _broken(name, "fit", f"returned {_kind(found)}, not a harness.protocol.FitReport")
    try:
        TypeAdapter(FitReport).validate_python(asdict(found))
    except ValidationError as error:
        raise _broken(name, "fit", f"returned a report with {first_error(error)}") from error
    if problem := _contradiction(found):
        raise _broken(name, "fit", f"returned a report with {problem}")
    return found


def require_answers(
    name: str, method: str, found: Any, given: Sequence[Sentence]
) -> Sequence[Output]:
    """What ``method`` of the backend ``name`` returned: a list, one answer for each of ``given``.

    Raises:
        BackendError: for anything else.
    """
    if not isinstance(found, Sequence) or isinstance(found, str | bytes):
        what = f"returned {_kind(found)}, not a list of Tags, Text or Spans, one for each sentence"
        raise _broken(name, method, what)
    if len(found) != len(given):
        what = f"returned {len(found)} outputs for {len(given)} sentences"
        raise _broken(name, method, what)
    return found


def require_texts(name: str, found: Any, given: Sequence[Sentence]) -> list[Text]:
    """What ``generate`` of the backend ``name`` returned: a text for each of ``given``.

    Raises:
        BackendError: for anything else.
    """
    answers = require_answers(name, "generate", found, given)
    for answer in answers:
        if not isinstance(answer, Text):
            raise _broken(name, "generate", f"answered with {_kind(answer)}, not with Text")
    return [answer for answer in answers if isinstance(answer, Text)]


def require_bits(
    name: str, found: Any, given: Sequence[Example]
) -> Sequence[Sequence[float] | None]:
    """What ``surprisal`` of the backend ``name`` returned: an answer for each of ``given``.

    Raises:
        BackendError: for anything else.
    """
    if not isinstance(found, Sequence) or len(found) != len(given):
        number = len(found) if isinstance(found, Sequence) else _kind(found)
        raise _broken(name, "surprisal", f"returned {number} answers for {len(given)} sentences")
    return found


def require_completions(name: str, found: Any, given: Sequence[str]) -> Sequence[str]:
    """What ``complete`` of the backend ``name`` returned: a text for each of ``given``.

    Raises:
        BackendError: for anything else.
    """
    listed = isinstance(found, Sequence) and not isinstance(found, str | bytes)
    if not listed or len(found) != len(given):
        number = len(found) if listed else _kind(found)
        raise _broken(name, "complete", f"returned {number} texts for {len(given)}")
    if odd := [each for each in found if not isinstance(each, str)]:
        raise _broken(name, "complete", f"answered with {_kind(odd[0])}, not with a text")
    return [each for each in found if isinstance(each, str)]


def _broken(name: str, method: str, what: str) -> BackendError:
    return BackendError(f"{method} of backend {name!r} {what}")


def _kind(found: Any) -> str:
    return "nothing" if found is None else f"a {type(found).__name__}"


def _contradiction(found: FitReport) -> str:
    """What in a report of the right types cannot be; empty if nothing is."""
    epochs = len(found.epochs)
    if not 0 <= found.trained <= found.parameters:
        return f"trained={found.trained} of parameters={found.parameters}"
    if found.best_epoch is not None and not 1 <= found.best_epoch <= epochs:
        return f"best_epoch={found.best_epoch} of {epochs} epochs"
    for epoch in found.epochs:
        for name, value in asdict(epoch).items():
            if isinstance(value, float) and not math.isfinite(value):
                return f"{name}={value} in epoch {epoch.number}"
    return ""
