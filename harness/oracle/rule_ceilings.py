"""What a perfect model would score under each foreign rule, as a table of F1 by task."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core import Counts
from harness.data import nesting
from harness.data.splits import TEST
from harness.data.task import Task, load
from harness.oracle.ceiling import first_difference
from harness.oracle.foreign_rules import RULES, ForeignRule
from harness.scoring.counting import count
from harness.scoring.score import percent
from harness.tags import decode


@dataclass(frozen=True, slots=True)
class RuleCeiling:
    """The counts of a perfect model under a rule, and the first entity that it loses, if any."""

    counts: Counts
    first: str


def rule_ceiling(rule: ForeignRule, task: Task, split: str = TEST) -> RuleCeiling:
    """The most that a model can reach on ``split`` of ``task`` under ``rule``."""
    nesting.require_flat(task.keep, task.name)
    examples = [example for example in task.splits[split].examples if len(example.sentence)]
    answers = [rule.answer(example) for example in examples]
    matrix = count([e.spans for e in examples], answers, "conlleval", task.labels).by_sentence
    lossy = (matrix[:, 1:].sum(axis=1) > 0).nonzero()[0]  # (sentences,)
    first = ""
    if lossy.size:
        first = first_difference(examples[lossy[0]], decode(answers[lossy[0]]))
    return RuleCeiling(Counts(*map(int, matrix.sum(axis=0))), first)


def lines(tasks: Sequence[str], data: Path | None) -> Iterator[str]:
    """A Markdown table of F1 by rule and task, then what each rule does and loses first.

    Raises:
        ConfigError: for a task that does not exist.
        DataError: for data that cannot be read.
    """
    loaded = [load(name, data) for name in tasks]
    found = [[rule_ceiling(rule, task) for task in loaded] for rule in RULES]
    yield from _table(loaded, found)
    yield ""
    for rule, row in zip(RULES, found, strict=True):
        yield f"- {rule.name}: {rule.meaning}{_first(loaded, row)}"


def _table(tasks: Sequence[Task], found: Sequence[Sequence[RuleCeiling]]) -> list[str]:
    from tabulate import tabulate

    rows = [
        [rule.name, *(percent(one.counts.f1) for one in row)]
        for rule, row in zip(RULES, found, strict=True)
    ]
    entities = ["entities", *(f"{one.counts.support:,}" for one in found[0])]
    head = ["rule", *(task.name for task in tasks)]
    align = ("left", *["right"] * len(tasks))
    table = tabulate([*rows, entities], head, "pipe", colalign=align, disable_numparse=True)
    return table.splitlines()


def _first(tasks: Sequence[Task], row: Sequence[RuleCeiling]) -> str:
    """The first loss of a rule, in the first task that shows one."""
    losses = ((t.name, c.first) for t, c in zip(tasks, row, strict=True) if c.first)
    return next((f"; first, in {name}: {loss}" for name, loss in losses), "")
