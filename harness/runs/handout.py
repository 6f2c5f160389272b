"""What a backend is given of a task, and nothing else: no test gold, no split, no position.

The task itself stays out of its reach: it is read, what is handed out is taken from it, and it is
let go; test gold is read again only when all answers are in. A sentence that is handed out is
called by the hash of its text, so that its name tells neither its split nor its place in a file.
"""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.core import Decoded, Example, Output, Sentence, Text
from harness.data.splits import DEV, TEST, TRAIN
from harness.data.task import Split, Task
from harness.data.windows import Window, WindowPolicy
from harness.protocol import DevScore
from harness.results import evaluate
from harness.runs.decode import decoder
from harness.sequences import each, kept_as

_NAME = 16  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class DevScorer:
    """Scores answers to the development windows: merged, against untouched gold of dev only.

    ``given`` are the scores that it gave, in order: what training was, as the harness saw it.
    ``nested`` says that gold is.
    """

    examples: Sequence[Example]
    windows: Sequence[Window]
    tags: tuple[str, ...]
    labels: tuple[str, ...]
    given: list[DevScore] = field(default_factory=list, compare=False)
    nested: bool = False

    def __call__(self, outputs: Sequence[Output]) -> DevScore:
        """The score that selects.

        Raises:
            BackendError: for outputs that do not fit the windows.
        """
        decoded = self.decoded(outputs)
        answers = [decoded.get(one.sentence.id) for one in self.examples]
        score = evaluate.dev_score_nested if self.nested else evaluate.dev_score
        found = score(self.examples, answers, self.labels)
        if any(isinstance(output, Text) for output in outputs):  # entities are not written
            found = replace(found, malformed=evaluate.malformed_share(answers))
        self.given.append(found)
        return found

    def decoded(self, outputs: Sequence[Output]) -> dict[str, Decoded]:
        """What ``outputs`` mean for each sentence that has units, by its id.

        Raises:
            BackendError: for outputs that do not fit the windows.
        """
        return decoder(nested=self.nested)(outputs, self.windows, self.tags)


@dataclass(frozen=True, slots=True)
class Handout:
    """The windows to train and to select on, with their gold; the windows to answer, without."""

    tags: tuple[str, ...]
    train: Sequence[Example]
    dev: Sequence[Example]
    score_dev: DevScorer
    windows: Sequence[Window]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    nested: bool = False

    def decoded(self, outputs: Sequence[Output]) -> dict[str, Decoded]:
        """What ``outputs`` for all ``views`` mean for each sentence, by its id.

        Raises:
            BackendError: for outputs that do not fit the windows.
        """
        return decoder(nested=self.nested)(outputs, self.windows, self.tags)

    @property
    def to_answer(self) -> "Handout":
        """As it is, without what was trained on, which may be most of the memory of a run."""
        return replace(self, train=())

    @property
    def views(self) -> Sequence[Sentence]:
        """What the windows to answer show, under names that tell nothing."""
        return each(self.windows, lambda window: unnamed(window.view))


def handout(task: Task, policy: WindowPolicy) -> Handout:
    """What a backend is given of ``task``."""
    windows = policy.cut_all(task.splits[TEST].sentences)
    return replace(learning_handout(task, policy), windows=windows)


def learning_handout(task: Task, policy: WindowPolicy) -> Handout:
    """As ``handout``, with nothing to answer but the development set."""
    return Handout(
        task.tags,
        _windows(task.splits[TRAIN], policy),
        _windows(task.splits[DEV], policy),
        dev_scorer(task, policy),
        (),
        task.descriptions,
        task.nested,
    )


def _windows(split: Split, policy: WindowPolicy) -> Sequence[Example]:
    views = (window for example in split.examples for window in policy.examples(example))
    unnamed_views = (replace(view, sentence=unnamed(view.sentence)) for view in views)
    return kept_as(split.examples, unnamed_views)


def dev_scorer(task: Task, policy: WindowPolicy) -> DevScorer:
    """The scorer of answers to the development windows of ``task``."""
    dev = task.splits[DEV]
    windows = policy.cut_all(dev.sentences)
    return DevScorer(dev.examples, windows, task.tags, task.labels, nested=task.nested)


def unnamed(sentence: Sentence) -> Sentence:
    """``sentence`` under the hash of its text."""
    text = "\0".join((sentence.joiner, *sentence.units))
    name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_NAME]
    return replace(sentence, id=name)


def shuffled(number: int, key: str) -> list[int]:
    """``range(number)`` in an order that ``key`` alone decides."""
    order = list(range(number))
    random.Random(key).shuffle(order)  # noqa: S311 - an order, not a secret
    return order
