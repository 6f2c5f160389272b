"""All checks of a backend, in processes of their own that are ended at a deadline.

What one check breaks for good, an endless loop or a crash, costs that check and no other: a new
process goes on with the next. The gold of a task lies in the folder of the check, where a backend
that reads what it was not given would find it; no process of the check needs it.
"""

import json
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.conformance.check import CheckResult, Place, Promise, Status
from harness.conformance.lessons import FIRST, Lesson
from harness.conformance.session import CHECKS, run
from harness.conformance.subject import DATA, THREADS, Subject
from harness.data.taskfile import DATA_VARIABLE
from harness.errors import ConfigError
from harness.registry import Plugin
from harness.runs import config, processes, questioned
from harness.runs.tryout import Wanted
from harness.tags import encode

PATIENCE = 60.0  # seconds that one check may take
BY_KEY = {check.key: check for check in CHECKS}
_PLACES: tuple[Place, ...] = ("first", "second")
_PROGRAM = "from harness.conformance.examination import answer; answer()"
Listen = Callable[[CheckResult], None]


@dataclass(frozen=True, slots=True)
class _Question:
    """What a process is to check, and what is known before."""

    plugin: Plugin
    wanted: Wanted
    folder: Path
    keys: tuple[str, ...]
    known: dict[str, Status]
    groups: tuple[int, ...]


@dataclass(slots=True)
class Examination:
    """The checks of one backend; ``listen`` hears each verdict as it is known."""

    plugin: Plugin
    wanted: Wanted
    patience: float = PATIENCE
    listen: Listen = lambda verdict: None
    verdicts: dict[str, CheckResult] = field(default_factory=dict)
    _groups: list[int] = field(default_factory=list)

    def run(self) -> tuple[CheckResult, ...]:
        """The verdict of every check, in their order.

        Raises:
            ConfigError: for options that were asked for and that the backend does not take.
        """
        processes.environment(THREADS)
        with tempfile.TemporaryDirectory(prefix="ner-harness-check-") as name:
            folder = Path(name).resolve()
            lay_out_gold(folder / DATA, FIRST)
            try:
                for place in _PLACES:
                    while keys := self._left(place):
                        self._sit(folder, keys)
            finally:
                for group in self._groups:
                    questioned.kill(group)
        return tuple(self.verdicts[check.key] for check in CHECKS)

    def _left(self, place: Place) -> tuple[str, ...]:
        here = (check.key for check in CHECKS if check.place == place)
        return tuple(key for key in here if key not in self.verdicts)

    def _sit(self, folder: Path, keys: tuple[str, ...]) -> None:
        """Try ``keys`` in one process, up to the first that ends it."""
        known = {key: verdict.status for key, verdict in self.verdicts.items()}
        question = _Question(self.plugin, self.wanted, folder, keys, known, tuple(self._groups))
        process = _started(question)
        self._groups.append(process.pid)
        begun, whole = keys[0], False
        for message in _messages(process, self.patience):
            if "begins" in message:
                begun = message["begins"]
            elif "mistake" in message:
                questioned.kill(process.pid)
                raise ConfigError(str(message["mistake"]))
            elif "key" in message:
                self._hear(CheckResult(**message))
            else:
                whole = True
                break
        self._close(process, "" if whole else begun)

    def _close(self, process: "subprocess.Popen[bytes]", broke: str) -> None:
        """Wait for the end of a process, which the check ``broke`` ended, or its time did."""
        try:
            code = process.wait(1.0)
        except subprocess.TimeoutExpired:
            code = None
        if code is None or broke:
            questioned.kill(process.pid)
        process.wait()
        if process.stdout:
            process.stdout.close()
        if broke:
            self._hear(CheckResult(broke, "broken", self._death(code)))

    def _death(self, code: int | None) -> str:
        if code is None:
            return f"it was not done within {self.patience:g} seconds"
        if code < 0:
            return f"it crashed the process ({signal.Signals(-code).name})"
        return f"it ended the process (exit code {code})"

    def _hear(self, verdict: CheckResult) -> None:
        self.verdicts[verdict.key] = verdict
        self.listen(verdict)


def broken(verdicts: Sequence[CheckResult]) -> tuple[tuple[Promise, CheckResult], ...]:
    """The checks that failed, each with what was found."""
    return tuple((BY_KEY[one.key], one) for one in verdicts if one.status == "broken")


def examine(plugin: Plugin, wanted: Wanted | None = None) -> tuple[CheckResult, ...]:
    """The verdict of every check on ``plugin``, under its preset ``tiny`` if nothing is wanted."""
    return Examination(plugin, wanted or Wanted("tiny", ())).run()


def lay_out_gold(folder: Path, lesson: Lesson) -> None:
    """Files as a task has them; whoever opens one is noticed."""
    folder.mkdir()
    for name, part in (("train", lesson.train), ("dev", lesson.dev), ("test", lesson.dev)):
        units = [" ".join(example.sentence.units) for example in part]
        tags = [" ".join(encode(example.spans, len(example.sentence))) for example in part]
        (folder / f"{name}.txt").write_text("\n".join(units), encoding="utf-8")
        (folder / f"{name}_TAG.txt").write_text("\n".join(tags), encoding="utf-8")


def _started(question: _Question) -> "subprocess.Popen[bytes]":
    place = str(question.folder)
    own = {DATA_VARIABLE: str(question.folder / DATA), "TMPDIR": place}
    return questioned.started(_PROGRAM, question, subprocess.PIPE, **own)


def _messages(process: "subprocess.Popen[bytes]", patience: float) -> Iterator[dict[str, Any]]:
    """What a process tells, until it ends, or is silent for ``patience`` seconds once it began."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    number, kept, wait = process.stdout.fileno(), b"", max(patience, PATIENCE)
    while select.select([number], [], [], wait)[0]:
        wait = patience
        content = os.read(number, 1 << 16)
        if not content:
            return
        *lines, kept = (kept + content).split(b"\n")
        yield from map(json.loads, lines)


def answer() -> None:
    """The body of a process: the verdicts, each a line of JSON on what was standard output."""
    out = os.dup(1)
    os.dup2(2, 1)
    asked: _Question = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process above
    checks = [BY_KEY[key] for key in asked.keys]
    subject = Subject(asked.plugin, asked.wanted, asked.folder, asked.groups)

    def tell(message: dict[str, Any]) -> None:
        os.write(out, json.dumps(message).encode() + b"\n")

    tell({"begins": asked.keys[0]})
    if mistake := _mistake(subject):
        tell({"mistake": mistake})
    for verdict in run(checks, subject, asked.known, lambda key: tell({"begins": key})):
        tell(verdict.as_dict())
    tell({})
    sys.stderr.flush()
    os._exit(0)


def _mistake(subject: Subject) -> str:
    """What is wrong with what a user asked for; empty if nothing is, or a check will tell."""
    name, wanted = subject.plugin.name, subject.wanted
    if wanted == Wanted("tiny", ()):
        return ""
    try:
        names = config.option_names(subject.backend)
    except Exception:  # noqa: BLE001 - a package may raise anything as it is imported
        return ""
    try:
        config.refuse_unused(wanted.overrides, {name: names})
        _ = subject.options
    except ConfigError as error:
        return str(error)
    return ""
