"""The character-by-character check of a task: what a run would refuse, and what is worth knowing.

It reads with the code that a run reads with, so what passes here is read there the same way.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.data import task as tasks
from harness.data.examples import LocatedExample
from harness.data.lint import registry
from harness.data.readers import Problem, Severity
from harness.data.splits import TEST, test_set
from harness.data.task import Draft
from harness.errors import ConfigError, did_you_mean

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Statistics:
    """What one split holds; ``entities`` by label, ``longest`` in units."""

    split: str
    spelling: str
    sentences: int
    units: int
    longest: int
    malformed: int
    entities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the check found, errors first, then in the order of the registry.

    ``labels`` are those of the files, the most frequent first.
    """

    task: str
    path: Path
    policy: str
    problems: tuple[Problem, ...]
    statistics: tuple[Statistics, ...]
    labels: tuple[str, ...]

    def count(self, severity: Severity) -> int:
        """How many problems have ``severity``."""
        return sum(problem.severity == severity for problem in self.problems)

    @property
    def refused(self) -> bool:
        """Whether a run would refuse this task."""
        return self.count("error") > 0

    def without(self, checks: Sequence[str]) -> "Report":
        """The report without the warnings and notes of ``checks``.

        Raises:
            ConfigError: for a check that does not exist.
        """
        for name in checks:
            if name not in registry.CHECKS:
                near = did_you_mean(name, registry.CHECKS)
                msg = f"no check {name!r}{near}; checks: {', '.join(registry.CHECKS)}"
                raise ConfigError(msg)
        kept = (one for one in self.problems if one.severity == "error" or one.code not in checks)
        return replace(self, problems=tuple(kept))

    @property
    def groups(self) -> dict[tuple[Severity, str], list[Problem]]:
        """The problems by severity and check."""
        found: dict[tuple[Severity, str], list[Problem]] = {}
        for problem in self.problems:
            found.setdefault((problem.severity, problem.code), []).append(problem)
        return found


def check(task: str | Path, data: Path | None = None) -> Report:
    """The report on a task file, or on a shipped task by name.

    Raises:
        ConfigError: for a task file that is wrong or missing.
        DataError: for a folder of data that is nowhere.
    """
    draft = tasks.read(task, data)
    order = {name: place for place, name in enumerate(registry.CHECKS)}
    problems = sorted(
        registry.found(draft),
        key=lambda one: (SEVERITIES.index(one.severity), order.get(one.code, len(order))),
    )
    return Report(
        task=draft.file.name,
        path=draft.path,
        policy=draft.file.policy,
        problems=tuple(problems),
        statistics=tuple(_statistics(draft)),
        labels=tuple(label for label, _ in Counter(draft.labels).most_common()),
    )


def _parts(draft: Draft) -> Iterator[tuple[str, Sequence[LocatedExample]]]:
    """Each split, or each of its sets where it is made of several."""
    for name, items in draft.items.items():
        if name == TEST and draft.test_sets:
            yield from ((test_set(one), found) for one, found in draft.test_sets.items())
        else:
            yield name, items


def _statistics(draft: Draft) -> Iterator[Statistics]:
    for name, items in _parts(draft):
        entities = Counter(span.label for item in items for span in item.example.spans)
        sizes = [len(item.example.sentence) for item in items]
        yield Statistics(
            split=name,
            spelling=draft.spelling.get(name) or draft.spelling[draft.file.carve[name].source],
            sentences=len(items),
            units=sum(sizes),
            longest=max(sizes, default=0),
            malformed=sum(item.malformed for item in items),
            entities={label: entities[label] for label in draft.file.labels},
        )
