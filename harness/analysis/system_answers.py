"""Systems, as ``harness.comparability`` defines them, with a majority answer each on the same gold.

The majority answer of a system is the entities that more than half of its runs found.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from statistics import mean
from typing import TypeAlias

from harness.analysis.answers import FinishedRun
from harness.analysis.system_levels import (
    Key,
    Levels,
    SystemLevel,
    by_level,
    same_gold,
    scored,
)
from harness.analysis.taxonomy import KINDS, Case, Kind, tally
from harness.comparability.naming import as_read, names_of
from harness.comparability.systems import by_system
from harness.core import Span
from harness.data.train_facts import TrainFacts
from harness.errors import DataError
from harness.statistics.samples import Ints

Answer: TypeAlias = tuple[tuple[Span, ...], ...]


@dataclass(frozen=True)
class SystemAnswers:
    """The runs of one system, and the entities of each sentence that most of them found.

    ``name`` is short; ``about`` is what the table names the system by beside its backend.
    """

    name: str
    about: str
    runs: tuple[FinishedRun, ...]
    found: Answer

    @cached_property
    def levels(self) -> Levels:
        """The counts by level of every bucket."""
        return by_level(self.runs)

    @cached_property
    def scores(self) -> tuple[SystemLevel, ...]:
        """F1 on every level that holds gold for each seed, buckets and levels in their order."""
        return scored(self.levels, self.runs[0])

    @property
    def facts(self) -> TrainFacts | None:
        """What is known of the part of train that its runs learned from."""
        return self.runs[0].facts

    @property
    def labels(self) -> tuple[str, ...]:
        """The label set in the task's order, then labels that only answers hold."""
        return tuple(dict.fromkeys(chain.from_iterable(run.labels for run in self.runs)))

    @property
    def cases(self) -> Iterator[Case]:
        """The cases of all runs, one after the other."""
        return chain.from_iterable(case for run in self.runs for case in run.cases)

    @property
    def kinds(self) -> dict[Kind, float]:
        """Cases per run, by kind."""
        tallies = [tally(chain.from_iterable(run.cases)) for run in self.runs]
        return {kind: mean(each[kind].cases for each in tallies) for kind in KINDS}


def answers_by_system(runs: Sequence[FinishedRun]) -> tuple[SystemAnswers, ...]:
    """The systems of ``runs``, in the order given.

    Raises:
        DataError: for runs that did not read the same sentences with the same gold, or that repeat
            a seed of their system.
    """
    for run in runs[1:]:
        _refuse_other_gold(runs[0], run)
    groups, repeated = by_system(runs)
    if repeated:
        msg = f"{repeated[0].run.title} is there twice; leave one of the two out"
        raise DataError(msg)
    firsts = [group[0] for group in groups]
    names = names_of(firsts)
    backends = [as_read(first.run.backend) for first in firsts]
    about = [name[len(backend) :].split() for name, backend in zip(names, backends, strict=True)]
    short = _short(backends, about)
    shown = short if len(set(short)) == len(short) else names
    return tuple(
        SystemAnswers(name, " ".join(words), tuple(group), _majority(group))
        for name, words, group in zip(shown, about, groups, strict=True)
    )


def _short(backends: Sequence[str], about: Sequence[Sequence[str]]) -> list[str]:
    """The backend, and the words that a system does not share with the other systems of it."""
    shared: dict[str, set[str]] = {}
    for backend, words in zip(backends, about, strict=True):
        shared[backend] = shared.get(backend, set(words)) & set(words)
    return [
        " ".join([backend, *(word for word in words if word not in shared[backend])])
        for backend, words in zip(backends, about, strict=True)
    ]


def unlike(held: Sequence[SystemAnswers]) -> set[Key]:
    """The levels that do not hold the same gold for all rows and seeds."""
    sides: dict[Key, list[Ints]] = {}
    for row in held:
        for key, counts in row.levels.items():
            sides.setdefault(key, []).append(counts)
    return {key for key, counts in sides.items() if not same_gold(counts)}


def _refuse_other_gold(one: FinishedRun, other: FinishedRun) -> None:
    if one.data != other.data:
        msg = (
            f"{one.title} read {'/'.join(one.data)}, {other.title} read {'/'.join(other.data)}; "
            "only runs on the same data can be compared"
        )
        raise DataError(msg)
    for mine, theirs in zip(one.predictions, other.predictions, strict=False):
        if (mine.id, mine.units, mine.gold) != (theirs.id, theirs.units, theirs.gold):
            msg = (
                f"{one.title} and {other.title} differ in the text or gold of {mine.id}; "
                "one of the two files was changed: run it again"
            )
            raise DataError(msg)
    if len(one.predictions) != len(other.predictions):
        sizes = f"{len(one.predictions)} and {len(other.predictions)}"
        msg = f"{one.title} and {other.title} answered {sizes} sentences; run the shorter one again"
        raise DataError(msg)


def _majority(group: Sequence[FinishedRun]) -> Answer:
    """What more than half of the runs found: of overlapping spans, at most one can be."""
    return tuple(
        tuple(sorted(span for span, votes in _count_votes(found).items() if 2 * votes > len(group)))
        for found in zip(*(run.found for run in group), strict=True)
    )


def _count_votes(found: Sequence[Sequence[Span]]) -> Counter[Span]:
    return Counter(span for spans in found for span in spans)
