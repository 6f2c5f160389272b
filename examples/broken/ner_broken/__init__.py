"""Backends that break every rule, each in its way. None of them is to be imitated."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from harness.core import Example, Sentence, Tags
from harness.protocol import Context, FitReport


class Nothing:
    """Answers O; what the others break is right here."""

    family = "broken"

    def __init__(self, context: Context) -> None:
        self.context = context

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Learn nothing."""
        return FitReport(weights="none", parameters=0, trained=0)

    def predict(self, sentences: Sequence[Sentence]) -> list[Tags]:
        """O for each unit."""
        return [Tags(("O",) * len(sentence)) for sentence in sentences]

    def save(self, folder: Path) -> None:
        """Write nothing."""

    def load(self, folder: Path) -> None:
        """Read nothing."""


class Options(Nothing):
    """Has an option without a type, which nobody can check."""

    def __init__(self, context: Context, *, width=1) -> None:  # noqa: ANN001 - that is what is wrong
        super().__init__(context)


class Fit(Nothing):
    """Prints a false table, changes the training data, moves elsewhere, ends the program."""

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Do all of it."""
        sys.stdout.write("| 1 | broken-fit | 100.00 |\n")
        object.__setattr__(train[0], "spans", ())
        os.chdir("/")
        sys.exit(0)


class Answers(Nothing):
    """Answers with one tag for any sentence, of another task."""

    def predict(self, sentences: Sequence[Sentence]) -> list[Tags]:
        """One wrong tag each."""
        return [Tags(("B-NOWHERE",)) for _ in sentences]


class Crash(Nothing):
    """Ends as native code does that reads what is not there."""

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Crash."""
        os.kill(os.getpid(), signal.SIGSEGV)
        return super().fit(train, dev)


class Endless(Nothing):
    """Never ends, hears no signal, and leaves a process behind that does not end either."""

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Wait for ever."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        while True:
            time.sleep(1)
