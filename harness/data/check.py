"""The character-by-character check of a task: what a run would refuse, and what is worth knowing.

It reads with the code that a run reads with, so what passes here is read there the same way.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.data import task as tasks
from harness.data.examples import LocatedExample
from harness.data.overlap import HALF, Seen
from harness.data.readers import Problem, Severity
from harness.data.splits import DEV, TEST, TRAIN
from harness.data.task import Draft

SHOWN = 20


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
    """Everything the check found."""

    task: str
    path: Path
    policy: str
    problems: tuple[Problem, ...]
    statistics: tuple[Statistics, ...]

    @property
    def errors(self) -> int:
        """How many problems are errors."""
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def refused(self) -> bool:
        """Whether a run would refuse this task."""
        return self.errors > 0

    def lines(self, shown: int = SHOWN) -> Iterator[str]:
        """What a person reads: the splits, then at most ``shown`` problems of each kind."""
        yield f"task {self.task} ({self.path}), gold read under the policy {self.policy}"
        yield ""
        yield from _table(self.statistics)
        yield ""
        kinds: dict[tuple[str, str], list[Problem]] = {}
        for problem in sorted(self.problems, key=lambda problem: problem.severity):
            kinds.setdefault((problem.severity, problem.code), []).append(problem)
        for (severity, code), problems in kinds.items():
            yield from map(str, problems[:shown])
            if len(problems) > shown:
                yield f"  and {len(problems) - shown} more of {severity}[{code}]"
        notes = len(self.problems) - self.errors
        verdict = "a run would refuse this task" if self.refused else "a run takes this task"
        yield f"{_many(self.errors, 'error')}, {_many(notes, 'note')}: {verdict}"


def check(task: str | Path, data: Path | None = None) -> Report:
    """The report on a task file, or on a shipped task by name.

    Raises:
        ConfigError: for a task file that is wrong or missing.
        DataError: for a folder of data that is nowhere.
    """
    draft = tasks.read(task, data)
    problems = [*draft.problems, *_unused_labels(draft)]
    for name, items in draft.items.items():
        problems += _duplicates(name, items)
        problems += _long_units(name, items, draft.file.joiner)
        problems += _unseen_labels(name, items, draft.items[TRAIN])
    for inner, outer in ((DEV, TRAIN), (TEST, TRAIN), (TEST, DEV)):
        problems += _leaks(inner, draft.items[inner], outer, draft.items[outer])
    statistics = tuple(_statistics(draft))
    return Report(draft.file.name, draft.path, draft.file.policy, tuple(problems), statistics)


def _table(statistics: Sequence[Statistics]) -> list[str]:
    from tabulate import tabulate

    labels = list(statistics[0].entities)
    head = ["split", "sentences", "units", "longest", "malformed", "entities", *labels, "tags"]
    rows = [
        [
            *(row.split, row.sentences, row.units, row.longest, row.malformed),
            *(sum(row.entities.values()), *row.entities.values(), row.spelling),
        ]
        for row in statistics
    ]
    return tabulate(rows, head, tablefmt="plain").splitlines()


def _statistics(draft: Draft) -> Iterator[Statistics]:
    for name, items in draft.items.items():
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


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} sentences ({part / whole:.2%})"


def _first_of_each(items: Sequence[LocatedExample]) -> dict[tuple[str, ...], LocatedExample]:
    first: dict[tuple[str, ...], LocatedExample] = {}
    for item in items:
        first.setdefault(item.example.sentence.units, item)
    return first


def _leaks(
    inner: str, items: Sequence[LocatedExample], outer: str, others: Sequence[LocatedExample]
) -> Iterator[Problem]:
    """What ``inner`` shares with ``outer``: an error if a run refuses it, else a note."""
    seen = Seen.of(item.example.sentence for item in others)
    matches = [(seen.match(item.example.sentence), item) for item in items]
    exact = [item for match, item in matches if match == "exact"]
    near = [item for match, item in matches if match == "near"]
    if not exact and not near:
        return
    first = (exact or near)[0]
    message = f"{_share(len(exact), len(items))} of {inner} are in {outer}, too"
    if near:
        message += f", {len(near)} more nearly"
    if exact:
        twin = _first_of_each(others)[first.example.sentence.units]
        message += f"; this one in line {twin.line} of {twin.file}"
    refused = inner == TEST and len(exact) + len(near) > HALF * len(items)
    severity: Severity = "error" if refused else "note"
    if refused:
        message += "; a score would be one of memory, so `run` needs --allow-overlap"
    yield Problem(first.file, first.line, "overlap-of-splits", severity, message)


def _duplicates(name: str, items: Sequence[LocatedExample]) -> Iterator[Problem]:
    """A note with the copies within a split, and one for each copy with other gold."""
    first = _first_of_each(items)
    twins = [(item, first[item.example.sentence.units]) for item in items]
    copies = [(item, twin) for item, twin in twins if item is not twin]
    if copies:
        item, twin = copies[0]
        share = _share(len(copies), len(items))
        message = f"{share} of {name} are copies; this one is that of line {twin.line}"
        yield Problem(item.file, item.line, "duplicates", "note", message)
    for item, twin in copies:
        if item.example.spans != twin.example.spans:
            message = f"the sentence of line {twin.line}, with other gold"
            yield Problem(item.file, item.line, "conflicting-gold", "note", message)


def _long_units(name: str, items: Sequence[LocatedExample], joiner: str) -> Iterator[Problem]:
    """A note where units that should be characters are longer than one code point."""
    if joiner:
        return
    units = [(unit, item) for item in items for unit in item.example.sentence.units]
    long = [(unit, item) for unit, item in units if len(unit) > 1]
    if long:
        unit, item = long[0]
        message = (
            f"{len(long)} units of {name} are more than one character, such as {unit!r};"
            ' for words, say `joiner: " "` in the task'
        )
        yield Problem(item.file, item.line, "long-units", "note", message)


def _unseen_labels(
    name: str, items: Sequence[LocatedExample], train: Sequence[LocatedExample]
) -> Iterator[Problem]:
    """A note for each label that train never has: nothing can learn it."""
    known = {span.label for item in train for span in item.example.spans}
    spans = [(span.label, item) for item in items for span in item.example.spans]
    counts = Counter(label for label, _ in spans)
    for label in sorted(counts.keys() - known):
        item = next(item for found, item in spans if found == label)
        message = f"{label}: {counts[label]} entities in {name}, none in train"
        yield Problem(item.file, item.line, "unseen-label", "note", message)


def _unused_labels(draft: Draft) -> Iterator[Problem]:
    every = [item for items in draft.items.values() for item in items]
    used = {span.label for item in every for span in item.example.spans}
    for label in draft.file.labels:
        if label not in used:
            message = f"the label {label!r} is in no split"
            yield Problem(str(draft.path), None, "unused-label", "note", message)
