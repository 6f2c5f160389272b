"""The oracle: what a backend would score were its model perfect, and what takes the rest.

Gold goes through the backend's own path (windows, tokenizer, format, repair) and is scored as any
answer is. A lost entity is put down to the first cause that its sentence shows:

- ``window``: gold clipped to the views and merged again is not the gold;
- ``tokenizer``: the backend answers with tags, and they are not the gold's;
- ``repair``: it answers with text that needed mending;
- ``format``: its text is well formed and means something else.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core import Counts, Decoded, Example, Output
from harness.counting import count
from harness.decode import decode
from harness.errors import ConfigError
from harness.protocol import Backend, Linearises
from harness.tags import encode
from harness.task import Task
from harness.windows import WindowPolicy, clip, merge

CAUSES = ("window", "tokenizer", "repair", "format")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest counts a backend can reach on a split, and its errors by cause."""

    counts: Counts
    lost: dict[str, int]


def ceiling(backend: Backend, task: Task, policy: WindowPolicy, split: str = "test") -> Ceiling:
    """The ceiling of ``backend`` on ``split`` of ``task``.

    Raises:
        ConfigError: for a backend that cannot show its path.
    """
    if not isinstance(backend, Linearises):
        msg = f"{type(backend).__name__} has no method `oracle(train, examples)`: no ceiling known"
        raise ConfigError(msg)
    examples = [e for e in task.splits[split].examples if len(e.sentence)]
    train = [w for e in task.splits["train"].examples for w in policy.examples(e)]
    views = [window for example in examples for window in policy.examples(example)]
    return measured(examples, backend.oracle(train, views), task, policy)


def measured(
    examples: Sequence[Example], outputs: Sequence[Output], task: Task, policy: WindowPolicy
) -> Ceiling:
    """The ceiling that ``outputs``, one per window of ``examples``, come to."""
    windows = policy.cut_all([example.sentence for example in examples])
    decoded = decode(outputs, windows, task.tags)
    answers = [decoded[example.sentence.id] for example in examples]
    gold = [example.spans for example in examples]
    matrix = count(gold, [answer.tags for answer in answers], "conlleval", task.labels)
    lost: Counter[str] = Counter()
    for example, answer, (_, fp, fn) in zip(examples, answers, matrix.by_sentence, strict=True):
        if fp or fn:
            lost[_cause(example, answer, policy)] += int(fp + fn)
    return Ceiling(Counts(*map(int, matrix.by_sentence.sum(axis=0))), dict(lost))


def _cause(example: Example, answer: Decoded, policy: WindowPolicy) -> str:
    if not _survives(example, policy):
        return "window"
    if answer.raw is None:
        return "tokenizer"
    return "repair" if answer.repairs else "format"


def _survives(example: Example, policy: WindowPolicy) -> bool:
    """Whether gold comes back from being clipped to the views and merged."""
    windows = policy.cut(example.sentence)
    views = [encode(clip(example.spans, w.start, w.end), len(w.view)) for w in windows]
    merged = merge(windows, views)[example.sentence.id]
    return merged == encode(example.spans, len(example.sentence))
