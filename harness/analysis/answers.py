"""A finished run in memory: its answers beside the gold. Nothing here needs a model or the data.

The runner can make one of what it holds; every later command loads one from the files.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from harness.analysis.taxonomy import Case, judge
from harness.comparability.systems import systems
from harness.core import Span
from harness.data import nesting
from harness.data.train_facts import TrainFacts
from harness.errors import DataError
from harness.protocol import Epoch
from harness.results import reader, verify
from harness.results.reader import Rejected
from harness.results.record import Metrics, Prediction, documents_of
from harness.results.run_record import Run
from harness.results.verify import Checked, Sound
from harness.statistics.samples import Ints, by_document
from harness.tags import POLICIES, decode

Parts: TypeAlias = Callable[[Sound], tuple["FinishedRun", ...]]
HEADLINE = POLICIES[0]
Read: TypeAlias = tuple[tuple[str, str, str], frozenset[tuple[float, int | None]]]


@dataclass(frozen=True)
class FinishedRun:
    """One finished run. ``facts`` is None if the runner stored none of its training data."""

    run: Run
    metrics: Metrics
    predictions: tuple[Prediction, ...]
    history: tuple[Epoch, ...] = ()
    facts: TrainFacts | None = None

    @cached_property
    def gold(self) -> tuple[tuple[Span, ...], ...]:
        """The gold of each sentence."""
        return tuple(prediction.gold_spans() for prediction in self.predictions)

    @cached_property
    def found(self) -> tuple[tuple[Span, ...], ...]:
        """The entities found in each sentence, under the headline policy."""
        return tuple(decode(prediction.tags, HEADLINE) for prediction in self.predictions)

    @cached_property
    def cases(self) -> tuple[tuple[Case, ...], ...]:
        """Right and wrong entities of each sentence, judged under the headline policy."""
        both = zip(self.predictions, self.gold, self.found, strict=True)
        return tuple(judge(*each, HEADLINE) for each in both)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The label set in the task's order, then labels that only answers hold, by name."""
        known = dict.fromkeys(self.metrics.labels)
        asserted = {span.label for spans in (*self.gold, *self.found) for span in spans}
        return (*known, *sorted(asserted - known.keys()))

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """The document of each sentence; empty where a sentence names none."""
        return documents_of(self.predictions)

    def drawn(self, counts: Ints) -> Ints:
        """Counts (seeds, sentences, 3) by what is drawn and swapped: documents, where known."""
        return by_document(counts, self.documents)

    @property
    def data(self) -> tuple[str, str, str]:
        """Task, fingerprint and split: what two runs must share to be compared."""
        return self.run.data.task, self.run.data.fingerprint, self.metrics.split

    @property
    def read(self) -> Read:
        """The data, and the part of train that was learned from: of an ensemble, each member's."""
        learned = [member.run for member in self.run.members] or [self.run]
        return self.data, frozenset(one.part_of_train for one in learned)

    @property
    def name(self) -> str:
        """What a person calls a system: backend, preset and variant, defaults left out."""
        parts = (self.run.backend, self.run.preset, self.run.variant)
        return " ".join(part for part in parts if part and part != "default")

    @property
    def title(self) -> str:
        """What a person calls one run: the system and its seed."""
        return f"{self.name} #{self.run.seed}"


def load_scored(run: Sound) -> tuple[FinishedRun, ...]:
    """The answers that a run is scored by."""
    return (load(run),)


def load(run: Sound) -> FinishedRun:
    """The answers of a finished run.

    Raises:
        ConfigError: for a run on nested gold, of which tags tell a part.
        DataError: for a file that is damaged.
    """
    result = run.result
    nesting.require_flat(run.run.data.keep, run.run.data.task)
    predictions = result.answers().predictions
    return FinishedRun(run.run, run.metrics, predictions, result.history(), result.facts())


def find_finished(folders: Iterable[Path]) -> Checked:
    """All finished runs in and below ``folders`` that can be believed, each seed of a system once.

    Raises:
        DataError: if there is none, with the reason for each folder that cannot be used.
    """
    tops = list(folders)
    found = _readable(verify.check(reader.read(tops)))
    if not found.runs:
        reasons = [f"\n  {each.folder}: {each.kind}, {each.reason}" for each in found.rejected]
        msg = f"no finished run in {', '.join(map(str, tops))}{''.join(reasons)}"
        raise DataError(msg)
    _, repeated = systems(found.runs)
    again = {one.folder for one in repeated}
    runs = tuple(run for run in found.runs if run.folder not in again)
    return Checked(runs, (*found.rejected, *repeated))


def _readable(found: Checked) -> Checked:
    """``found`` without runs whose history or training facts are damaged, each with the reason."""
    runs: list[Sound] = []
    rejected = list(found.rejected)
    for run in found.runs:
        try:
            run.result.history(), run.result.facts()
        except DataError as error:
            reason = reader.placeless(str(error), run.folder)
            rejected.append(Rejected.of(run.folder, "corrupt", reason, run.run))
        else:
            runs.append(run)
    return Checked(tuple(runs), tuple(rejected))


def load_all(folders: Iterable[Path], parts: Parts = load_scored) -> tuple[FinishedRun, ...]:
    """The answers of all finished runs in and below ``folders``, as ``parts`` reads them.

    Raises:
        DataError: if there is no finished run, or a file is damaged.
    """
    return tuple(chain.from_iterable(load_each(find_finished(folders).runs, parts)))


def load_each(found: Sequence[Sound], parts: Parts = load_scored) -> list[tuple[FinishedRun, ...]]:
    """The answers of each run; one without facts has those of another on the same part of train.

    Raises:
        DataError: for a file that is damaged.
    """
    loaded = [parts(result) for result in found]
    known: dict[Read, TrainFacts] = {}
    for run in chain.from_iterable(loaded):
        if run.facts:
            known.setdefault(run.read, run.facts)
    return [tuple(_with_facts(run, known.get(run.read)) for run in runs) for runs in loaded]


def _with_facts(run: FinishedRun, known: TrainFacts | None) -> FinishedRun:
    """``run`` with its own facts, or the ``known`` ones, kept once where they are equal."""
    return replace(run, facts=known if run.facts in (None, known) else run.facts)


def read_most(runs: Sequence[FinishedRun]) -> FinishedRun:
    """The run that learned from most of train, so that it tells most of it; of equals the first."""
    return max(runs, key=lambda run: sum(run.facts.lengths.values()) if run.facts else 0)


def by_data(runs: Sequence[FinishedRun]) -> list[list[FinishedRun]]:
    """Runs that read the same test data together, in the order given."""
    groups: dict[tuple[str, str, str], list[FinishedRun]] = {}
    for run in runs:
        groups.setdefault(run.data, []).append(run)
    return list(groups.values())
