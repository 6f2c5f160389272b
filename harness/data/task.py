"""A task: gold is read here alone, under the policy its file names, and never meets a tokenizer.

What cannot be read as the task file says is refused with every problem, never dropped or repaired.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import attrgetter
from pathlib import Path
from sys import intern
from types import MappingProxyType

from harness.core import Example, Sentence
from harness.data import examples, hub_task, memory, readers, taskfile
from harness.data.examples import LocatedExample, Part
from harness.data.nesting import Kept
from harness.data.readers import Problem, Raw
from harness.data.splits import SPLITS, TEST, split_of, test_set
from harness.errors import ConfigError, DataError
from harness.sequences import chosen, each, kept_as
from harness.tags import Policy, tag_set

SHOWN = 20


@dataclass(frozen=True, slots=True)
class PlacedExample:
    """An example of a split, its document and its test set, where there are any."""

    example: Example
    document: str | None = None
    test_set: str | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A part of a task. ``documents[i]`` is the document of ``examples[i]``, where known.

    ``malformed`` counts the tags of its files that may not stand where they stand, ``dropped`` the
    entities that overlap others and are left out. ``sets[i]`` is the test set of ``examples[i]``,
    in a test of several; empty elsewhere.
    """

    name: str
    examples: Sequence[Example]
    documents: Sequence[str | None]
    malformed: int = 0
    dropped: int = 0
    sets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def sentences(self) -> Sequence[Sentence]:
        """The sentences, with no gold in reach."""
        return each(self.examples, attrgetter("sentence"))

    @property
    def placed(self) -> Iterator[PlacedExample]:
        """The examples, each with where it is from."""
        sets = self.sets or (None,) * len(self.examples)
        return map(PlacedExample, self.examples, self.documents, sets)

    @property
    def parts(self) -> "Mapping[str, Split]":
        """Each set of a test of several as a split of its own, by its name; else none."""
        places: dict[str, list[int]] = {}
        for place, name in enumerate(self.sets):
            places.setdefault(name, []).append(place)
        return {
            name: Split(test_set(name), chosen(self.examples, at), chosen(self.documents, at))
            for name, at in places.items()
        }


@dataclass(frozen=True, slots=True)
class Task:
    """What runs are made on.

    ``fingerprint`` is the SHA-256 of what was read: units, spans, splits, labels, joiner, policy,
    and ``keep`` where the task file chooses between entities that overlap, or keeps all. It does
    not depend on names, file formats or spellings. ``spelling`` says how the
    files of each split spell their tags, ``descriptions`` what labels mean, where it is said.
    """

    name: str
    language: str
    joiner: str
    labels: tuple[str, ...]
    policy: Policy
    splits: Mapping[str, Split]
    fingerprint: str
    spelling: Mapping[str, str]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    keep: Kept = "error"

    @property
    def nested(self) -> bool:
        """Whether its entities may overlap."""
        return self.keep == "all"

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag set, ``O`` first."""
        return tag_set(self.labels)

    @property
    def examples(self) -> dict[str, Sequence[Example]]:
        """The examples of each split."""
        return {name: split.examples for name, split in self.splits.items()}

    @property
    def test_sets(self) -> dict[str, Sequence[Example]]:
        """The examples of each set of a test of several, by its name; else none."""
        return {name: split.examples for name, split in self.splits[TEST].parts.items()}


@dataclass(frozen=True, slots=True)
class Draft:
    """All that could be read of a task, and all problems; a task only where none is an error.

    ``labels`` counts the labels of all files, those unknown to the task too.
    """

    path: Path
    file: taskfile.TaskFile
    items: Mapping[str, Sequence[LocatedExample]]
    spelling: Mapping[str, str]
    problems: tuple[Problem, ...]
    labels: Mapping[str, int]

    @property
    def test_sets(self) -> dict[str, Sequence[LocatedExample]]:
        """What there is of each set of a test of several, by its name; else none."""
        places: dict[str, list[int]] = {name: [] for name in self.file.test_sets}
        items = self.items.get(TEST, ())
        for place, item in enumerate(items if places else ()):
            if item.test_set is not None:
                places[item.test_set].append(place)
        return {name: chosen(items, at) for name, at in places.items()}


def load(task: str | Path, data: Path | None = None, limit: int | None = None) -> Task:
    """The task of a task file, of the name of a shipped one, or of a data set of a hub.

    ``data`` is a folder in which to look for the task's ``root``; ``limit`` keeps the first
    sentences of each split, and of each test set.

    Raises:
        ConfigError: for a task file that is wrong or missing, or a limit below 1.
        DataError: for data that is missing or has errors; the message lists them.
    """
    return _made(read(task, data), limit)


def load_without_test(task: str | Path, data: Path | None = None, limit: int | None = None) -> Task:
    """As ``load``, of a task without its test set, whose files are not opened.

    The fingerprint is of what was read. A test set that is carved out of another split is taken
    out of it, and dropped.

    Raises:
        ConfigError: as ``load``, and for a split that is carved out of the test set.
        DataError: as ``load``, for what was read.
    """
    draft = read(task, data, frozenset({TEST}))
    items = {name: found for name, found in draft.items.items() if name != TEST}
    return _made(replace(draft, items=items), limit)


def _made(draft: Draft, limit: int | None) -> Task:
    if limit is not None and limit < 1:
        msg = f"limit is {limit}: at least 1 sentence of each split must be kept"
        raise ConfigError(msg)
    _refuse(draft)
    splits = {name: _split(name, _first(items, limit)) for name, items in draft.items.items()}
    file = draft.file
    return Task(
        name=file.name,
        language=file.language,
        joiner=file.joiner,
        labels=tuple(file.labels),
        policy=file.policy,
        splits=MappingProxyType(splits),
        fingerprint=_fingerprint(file, splits),
        spelling=MappingProxyType(draft.spelling),
        descriptions=dict(file.descriptions),
        keep=file.kept,
    )


def read(task: str | Path, data: Path | None = None, closed: frozenset[str] = frozenset()) -> Draft:
    """What ``load`` and the check both stand on: everything read, nothing refused.

    The files of ``closed`` splits stay closed.

    Raises:
        ConfigError: for a task file that is wrong or missing, or carves out of a closed split.
        DataError: for a folder of data that is nowhere.
    """
    path, file, folder = _described(task, data)
    _require_open_sources(path, file, closed)
    opened = (name for name in file.splits if split_of(name) not in closed)
    sources = {name: taskfile.source_of(file, name, folder) for name in opened}
    keep = memory.keep_for(one for source in sources.values() for one in readers.files(source))
    parts = {
        name: examples.part(readers.read(source, keep), file) for name, source in sources.items()
    }
    problems = [*_read_twice(path, file, sources)]
    problems += [problem for part in parts.values() for problem in part.problems]
    items: dict[str, Sequence[LocatedExample]] = {}
    for name, (part, records) in _carved(parts, file).items():
        found, notes = examples.items(name, part, records, file)
        before = items.get(split_of(name), ())
        items[split_of(name)] = kept_as(found, chain(before, found)) if before else found
        problems += notes
        if not records and part.records:
            message = f"carving leaves no sentence in {name}"
            problems.append(Problem(part.file, None, "empty-split", "error", message))
    spelling = {name: part.spelled for name, part in parts.items()}
    labels: Counter[str] = Counter()
    for part in parts.values():
        labels.update(part.labels)
    return Draft(path, file, items, spelling, tuple(problems), labels)


def _described(task: str | Path, data: Path | None) -> tuple[Path, taskfile.TaskFile, Path]:
    """Where ``task`` is described, what it says, and the folder with its data."""
    if hub_task.is_reference(task):
        return Path(task), *hub_task.described(str(task), data)
    path = taskfile.find(task)
    file = taskfile.load(path)
    return path, file, taskfile.root(path, file, data)


def _require_open_sources(path: Path, file: taskfile.TaskFile, closed: frozenset[str]) -> None:
    for name, carve in file.carve.items():
        if split_of(carve.source) in closed:
            msg = (
                f"{path}: carve.{name}: {carve.source} stays closed here, and {name} is carved out "
                f"of it; carve {name} out of another split, or give it a file of its own"
            )
            raise ConfigError(msg)


def _read_twice(
    path: Path, file: taskfile.TaskFile, sources: Mapping[str, readers.Source]
) -> Iterator[Problem]:
    """A problem for each of the splits of a run that is read from what another is read from."""
    names: dict[tuple[str | None, ...], str] = {}
    for name, source in sources.items():
        if split_of(name) not in SPLITS:
            continue  # no run looks at it
        other = names.setdefault(readers.place(source), name)
        if other != name:
            both = f"{other} and {name} are both {file.splits[name].units!r}"
            message = f"{both}; give each its own, or `carve` one out of the other"
            yield Problem(str(path), None, "same-file", "error", message)


def _carved(
    parts: Mapping[str, Part], file: taskfile.TaskFile
) -> dict[str, tuple[Part, Sequence[Raw]]]:
    """The records of every split and the part they are from, carved splits taken out."""
    splits: dict[str, tuple[Part, Sequence[Raw]]] = {
        name: (part, part.records) for name, part in parts.items()
    }
    taken: dict[str, float] = dict.fromkeys(splits, 0.0)
    for name, carve in file.carve.items():
        part, records = splits[carve.source]
        taken[carve.source] += carve.share
        stay, go = examples.carve(records, file.joiner, taken[carve.source])
        splits[carve.source], splits[name] = (part, stay), (part, go)
    order = sorted(splits, key=lambda name: (*SPLITS, split_of(name)).index(split_of(name)))
    return {name: splits[name] for name in order}


def _refuse(draft: Draft) -> None:
    """Raise for the errors of ``draft``, if there are any."""
    errors = [problem for problem in draft.problems if problem.severity == "error"]
    if not errors:
        return
    shown = "\n".join(f"  {problem}" for problem in errors[:SHOWN])
    rest = f"\n  and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    msg = (
        f"{draft.path}: the data of task {draft.file.name!r} has {len(errors)}"
        f" error{'s' if len(errors) > 1 else ''}; nothing was run\n{shown}{rest}\n"
        f"`check-data {draft.path}` shows all of them and every note"
    )
    raise DataError(msg)


def _first(items: Sequence[LocatedExample], limit: int | None) -> Sequence[LocatedExample]:
    """The first of ``items``, as many of each test set."""
    if limit is None:
        return items
    seen: Counter[str | None] = Counter()
    places: list[int] = []
    for place, item in enumerate(items):
        seen[item.test_set] += 1
        places += [place] if seen[item.test_set] <= limit else []
    return chosen(items, places)


def _split(name: str, items: Sequence[LocatedExample]) -> Split:
    documents, sets = list[str | None](), list[str]()
    malformed = dropped = 0
    for item in items:
        documents.append(item.document and intern(item.document))  # in memory once
        sets += [] if item.test_set is None else [intern(item.test_set)]
        malformed, dropped = malformed + item.malformed, dropped + item.dropped
    examples = kept_as(items, (item.example for item in items))
    return Split(name, examples, tuple(documents), malformed, dropped, tuple(sets))


def _fingerprint(file: taskfile.TaskFile, splits: Mapping[str, Split]) -> str:
    """The SHA-256 of canonical lines of JSON: a header, then each split in the order of names."""
    digest = hashlib.sha256()
    for line in _canonical(file, splits):
        digest.update(json.dumps(line, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _canonical(file: taskfile.TaskFile, splits: Mapping[str, Split]) -> Iterator[object]:
    chosen = {} if file.kept == "error" else {"keep": file.kept}
    yield {"joiner": file.joiner, "labels": file.labels, "policy": file.policy, **chosen}
    for name in sorted(splits):
        yield {"split": name}
        yield from _sizes(splits[name].sets)
        for example in splits[name].examples:
            spans = [(span.start, span.end, span.label) for span in example.spans]
            yield [example.sentence.units, spans]


def _sizes(sets: Sequence[str]) -> Iterator[object]:
    """Where one test set ends and the next begins; a test of one file says nothing of it."""
    if sets:
        yield {"sets": list(Counter(sets).items())}
