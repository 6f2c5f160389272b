"""The backend under check: made, taught and asked as a run does it, and watched meanwhile.

What was asked once is kept for the checks that follow, so that all of them cost few trainings.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.conformance.lessons import FIRST, ODD, QUESTIONS, Lesson
from harness.conformance.watch import Watch
from harness.core import Output, Sentence
from harness.data.windows import WindowPolicy
from harness.protocol import Context, FitReport, Progress
from harness.registry import Plugin
from harness.runs import config
from harness.runs.config import Options
from harness.runs.contract import asked, require_answers, require_methods, require_report
from harness.runs.decode import decode
from harness.runs.options import Given, construct
from harness.runs.tryout import Wanted

SEED, THREADS = 13, 1
ASKED = (*QUESTIONS, *ODD)
ANSWERS, MODEL, DATA = "answers.json", "model", "data"
Report = Callable[[Progress], None]


def _silent(progress: Progress) -> None:
    del progress


@dataclass(slots=True)
class Instance:
    """A backend that was made for a lesson; each call of a method is watched."""

    name: str
    backend: Any
    lesson: Lesson
    watch: Watch

    def call(self, method: str, *given: Any) -> Any:
        """What ``method`` returns for ``given``; a change of what is given is noted."""
        before = _content(given)
        with asked(self.name, method), self.watch.during(method):
            found = getattr(self.backend, method)(*given)
        if _content(given) != before:
            self.watch.note("changed", f"what {method} was given", method)
        return found

    def fit(self) -> FitReport:
        """Teach it its lesson.

        Raises:
            BackendError: for what is no report.
        """
        return require_report(self.name, self.call("fit", self.lesson.train, self.lesson.dev))

    def outputs(self, sentences: Sequence[Sentence]) -> Sequence[Output]:
        """Its answers as they are, one for each of ``sentences``."""
        found = self.call("predict", tuple(sentences))
        return require_answers(self.name, "predict", found, sentences)

    def tags(self, sentences: Sequence[Sentence]) -> list[tuple[str, ...]]:
        """One tag for each unit of each of ``sentences``, after the harness's repair."""
        return self.read(self.outputs(sentences), sentences)

    def read(
        self, outputs: Sequence[Output], sentences: Sequence[Sentence]
    ) -> list[tuple[str, ...]]:
        """What ``outputs`` for ``sentences`` mean, each sentence a window of its own."""
        pairs = zip(outputs, sentences, strict=True)
        return [self._meaning(output, sentence) for output, sentence in pairs]

    def _meaning(self, output: Output, sentence: Sentence) -> tuple[str, ...]:
        whole = WindowPolicy(max(254, len(sentence)), 1).cut(sentence)
        found = decode([output] * len(whole), whole, self.lesson.tags)
        return found[sentence.id].tags if whole else ()


def _content(given: tuple[Any, ...]) -> int:
    parts = [one for one in given if isinstance(one, tuple)]
    return hash(tuple(parts))


@dataclass
class Subject:
    """What is checked, and the folder of the check: all that the backend writes goes below it."""

    plugin: Plugin
    wanted: Wanted
    folder: Path
    groups: Sequence[int] = ()
    learned: dict[tuple[str, ...], Instance] = field(default_factory=dict, init=False)
    _made: int = field(default=0, init=False)

    @cached_property
    def watch(self) -> Watch:
        """What is seen of it."""
        return Watch(self.folder, self.folder / DATA)

    @cached_property
    def backend(self) -> Any:
        """The class.

        Raises:
            BackendError: when it cannot be imported.
        """
        with self.watch.during("import"):
            return self.plugin.load()

    @cached_property
    def options(self) -> Options:
        """Its options under the preset and the changes that were asked for."""
        return config.options(
            self.plugin.name, self.backend, self.wanted.preset, self.wanted.overrides
        )

    def make(
        self,
        lesson: Lesson = FIRST,
        *,
        values: Mapping[str, Any] | None = None,
        report: Report = _silent,
    ) -> Instance:
        """A new instance for ``lesson``, with a folder of its own."""
        self._made += 1
        own = self.folder / f"made-{self._made}"
        own.mkdir(exist_ok=True)
        context = Context(
            lesson.tags, SEED, "cpu", "fp32", THREADS, own, lesson.score_dev, report, None
        )
        given = Given(values or self.options.values, "options")
        name = self.plugin.name
        with asked(name, "the constructor"), self.watch.during("the constructor"):
            backend = construct(self.backend, context, given)
        return Instance(name, require_methods(name, backend), lesson, self.watch)

    def taught(self, lesson: Lesson) -> Instance:
        """A new instance that was taught ``lesson``."""
        made = self.make(lesson)
        made.fit()
        return made

    @cached_property
    def report(self) -> FitReport:
        """What training the first instance was."""
        return self._first.fit()

    @cached_property
    def _first(self) -> Instance:
        return self.make()

    @cached_property
    def trained(self) -> Instance:
        """The instance that most checks ask."""
        _ = self.report
        return self._first

    @cached_property
    def answers(self) -> list[tuple[str, ...]]:
        """Its answers to ``ASKED``, left in the folder for the process that follows."""
        found = self.trained.tags(ASKED)
        text = json.dumps(found, ensure_ascii=False)
        (self.folder / ANSWERS).write_text(text, encoding="utf-8")
        return found

    def answers_before(self) -> list[tuple[str, ...]]:
        """The answers that the process before left."""
        return [tuple(tags) for tags in json.loads((self.folder / ANSWERS).read_text("utf-8"))]
