"""The oracle: what a backend would score if its model were perfect, and what takes the rest.

Gold goes through the backend's own path (windows, tokenizer, format, repair) and is scored as any
answer is. A sentence that loses an entity puts it down to the first cause that it shows:

- ``window``: the backend says that it did not read all units, or gold clipped to the views and
  merged again is not the gold;
- ``tokenizer``: the backend answers with tags, and they are not the gold's;
- ``repair``: it answers with text that needed repair;
- ``format``: its text is well formed and means something else.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.core import Counts, Decoded, Example, Output, Span
from harness.data.merging import merge_entities
from harness.data.splits import TEST, TRAIN
from harness.data.task import Task
from harness.data.windows import WindowPolicy, clip, merge
from harness.errors import ConfigError
from harness.generation.fates import UNREAD
from harness.protocol import Backend, Linearises
from harness.runs.decode import decoder
from harness.scoring.counting import CountMatrix, count
from harness.scoring.nested import count_nested
from harness.sequences import kept_as
from harness.tags import decode as spans_of
from harness.tags import encode

CAUSES = ("window", "tokenizer", "repair", "format")


@dataclass(frozen=True, slots=True)
class CauseErrors:
    """What one cause took: false positives and negatives, their sentences, the first of them."""

    errors: int
    sentences: int
    first: str


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest counts a backend can reach on a split, what is lost by cause, and all repairs."""

    counts: Counts
    lost: Mapping[str, CauseErrors]
    repairs: Mapping[str, int]


def ceiling(backend: Backend, task: Task, policy: WindowPolicy, split: str = TEST) -> Ceiling:
    """The ceiling of ``backend`` on ``split`` of ``task``.

    Raises:
        ConfigError: for a backend that cannot show its path.
    """
    if not isinstance(backend, Linearises):
        msg = f"{type(backend).__name__} has no method `oracle(train, examples)`: no ceiling known"
        raise ConfigError(msg)
    examples = [e for e in task.splits[split].examples if len(e.sentence)]
    whole = task.splits[TRAIN].examples
    train = kept_as(whole, (window for one in whole for window in policy.examples(one)))
    views = [window for example in examples for window in policy.examples(example)]
    return measure(examples, backend.oracle(train, views), task, policy)


def measure(
    examples: Sequence[Example], outputs: Sequence[Output], task: Task, policy: WindowPolicy
) -> Ceiling:
    """The ceiling that ``outputs``, one per window of ``examples``, come to."""
    windows = policy.cut_all([example.sentence for example in examples])
    decoded = decoder(nested=task.nested)(outputs, windows, task.tags)
    answers = [decoded[example.sentence.id] for example in examples]
    matrix = _count(examples, answers, task.labels)
    lost: dict[str, CauseErrors] = {}
    repairs: Counter[str] = Counter()
    for example, answer, (_, fp, fn) in zip(examples, answers, matrix.by_sentence, strict=True):
        repairs.update(answer.repairs)
        if fp or fn:
            _add(
                lost,
                _cause(example, answer, policy),
                int(fp + fn),
                _describe_first_error(example, answer),
            )
    return Ceiling(Counts(*map(int, matrix.by_sentence.sum(axis=0))), lost, dict(repairs))


def _count(
    examples: Sequence[Example], answers: Sequence[Decoded], labels: Sequence[str]
) -> CountMatrix:
    gold = [example.spans for example in examples]
    entities = [answer.entities for answer in answers if answer.entities is not None]
    if len(entities) == len(answers):
        return count_nested(gold, entities, labels).every
    return count(gold, [answer.tags for answer in answers], "conlleval", labels)


def _add(lost: dict[str, CauseErrors], cause: str, errors: int, told: str) -> None:
    before = lost.get(cause, CauseErrors(0, 0, told))
    lost[cause] = CauseErrors(before.errors + errors, before.sentences + 1, before.first)


def _cause(example: Example, answer: Decoded, policy: WindowPolicy) -> str:
    if UNREAD in answer.repairs or not _survives(example, policy):
        return "window"
    if answer.raw is None:
        return "tokenizer"
    return "repair" if answer.repairs else "format"


def _describe_first_error(example: Example, answer: Decoded) -> str:
    """The first difference, and what was repaired in its sentence."""
    repairs = f" ({list_repairs(answer.repairs)})" if answer.repairs else ""
    found = spans_of(answer.tags) if answer.entities is None else answer.entities
    return f"{first_difference(example, found)}{repairs}"


def first_difference(example: Example, answer: Sequence[Span]) -> str:
    """The sentence, and its first entity that ``answer`` loses, or else invents."""
    found, gold = set(answer), set(example.spans)
    span = min(gold - found or found - gold)
    fate = "lost" if span in gold else "invented"
    return f"{example.sentence.id}: {_shown(example, span)} {fate}"


def _shown(example: Example, span: Span) -> str:
    return f"{span.label} {example.sentence.mention(span)!r} at {span.start}"


def list_repairs(repairs: Mapping[str, int]) -> str:
    """The kinds of repairs with their numbers."""
    return ", ".join(f"{kind} {number}" for kind, number in sorted(repairs.items()))


def _survives(example: Example, policy: WindowPolicy) -> bool:
    """Whether gold comes back from being clipped to the views and merged."""
    windows = policy.cut(example.sentence)
    if example.nested:
        seen = [dict.fromkeys(clip(example.spans, w.start, w.end)) for w in windows]
        return tuple(merge_entities(windows, seen)[example.sentence.id]) == example.spans
    views = [encode(clip(example.spans, w.start, w.end), len(w.view)) for w in windows]
    merged = merge(windows, views)[example.sentence.id]
    return merged == encode(example.spans, len(example.sentence))
