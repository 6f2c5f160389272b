"""What is read: the files that a licence admits, without what tasks hold out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.data import taskfile
from harness.data.splits import DEV, TEST
from harness.data.task import load
from harness.errors import DataError
from harness.pretraining import licences, sources
from harness.pretraining.held_out import HeldOut, Removed, counted
from harness.pretraining.sources import Source, SourceText

HELD_OUT = (DEV, TEST)
HUB = "on a hub; name it with --task to fetch it"
ABSENT = "not on this machine"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which files are read: those whose ``licences`` are all named, None for any.

    ``shippable`` keeps those alone of which the manifest says that weights may be shipped.
    """

    licences: frozenset[str] | None = None
    shippable: bool = False

    def admits(self, source: Source) -> bool:
        """Whether ``source`` is read."""
        if self.shippable and source.facts.shippable is not True:
            return False
        return self.licences is None or licences.admitted(source.facts.licence, self.licences)


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks whose development and test sentences are held out, and those that are not.

    ``compared`` holds their fingerprints, ``not_compared`` the reasons.
    """

    held_out: HeldOut = field(default_factory=HeldOut)
    compared: Mapping[str, str] = field(default_factory=dict)
    not_compared: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The paragraphs of every file that is read, and the lines that are not."""

    texts: tuple[SourceText, ...]
    removed: tuple[Removed, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """The lines removed, by task and split."""
        return counted(self.removed)

    def removed_from(self, source: str) -> int:
        """The lines removed from one source."""
        return sum(each.source == source for each in self.removed)


def named_tasks(names: Iterable[str], data: Path | None) -> Tasks:
    """The tasks called ``names``.

    Raises:
        ConfigError: for a task that does not exist.
        DataError: for one whose data cannot be read.
    """
    held_out, compared = HeldOut(), {}
    for name in names:
        task = load(name, data)
        for split in HELD_OUT:
            examples = task.splits[split].examples
            held_out.add(task.name, split, (example.sentence for example in examples))
        compared[task.name] = task.fingerprint
    return Tasks(held_out, compared)


def shipped_tasks(data: Path | None) -> Tasks:
    """Every shipped task whose data are on this machine."""
    found, not_compared = [], {}
    for name, path in taskfile.shipped().items():
        file = taskfile.load(path)
        try:
            taskfile.root(path, file, data)
        except DataError:
            not_compared[name] = HUB if file.format == "hub" else ABSENT
            continue
        if file.format == "hub":
            not_compared[name] = HUB
        else:
            found.append(name)
    tasks = named_tasks(found, data)
    return Tasks(tasks.held_out, tasks.compared, not_compared)


def gather(paths: Sequence[Path], chosen: Filter, held_out: HeldOut) -> Corpus:
    """The text of ``paths`` that ``chosen`` admits, without what is ``held_out``.

    Raises:
        DataError: for files that cannot be read, or where none is left.
    """
    found = sources.find(paths)
    texts, removed = [], list[Removed]()
    for source in filter(chosen.admits, found):
        text, gone = held_out.cleaned(sources.read(source))
        texts.append(text)
        removed += gone
    if not any(text.numbered for text in texts):
        _refuse_blank(texts, removed)
        stated = sorted({name for source in found for name in licences.named(source.facts.licence)})
        msg = (
            f"none of the {len(found)} files is read; the licences stated are {', '.join(stated)}: "
            "choose others with --licence, or give files that a manifest says more of"
        )
        raise DataError(msg)
    return Corpus(tuple(texts), tuple(removed))


def _refuse_blank(texts: Sequence[SourceText], removed: Sequence[Removed]) -> None:
    if texts:
        why = (
            f"no line is left: tasks hold out all {len(removed)}" if removed else "no line of text"
        )
        msg = f"{', '.join(str(text.source.path) for text in texts)}: {why}"
        raise DataError(msg)
