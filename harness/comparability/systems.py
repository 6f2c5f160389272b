"""Runs that differ in nothing but the seed are one system, and one row: in tables, figures, votes.

Every planned seed is in its row: what failed, did not finish or cannot be believed is counted as
such, never left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from harness.comparability import training_end
from harness.comparability.certificate import RowReadings, readings
from harness.comparability.contradictions import consistent
from harness.comparability.fields import Recorded, is_external, is_zero_shot
from harness.comparability.identity import Identity, identity
from harness.comparability.naming import name_of, names_of
from harness.data.overlap import contained
from harness.results.reader import Rejected, place_of
from harness.results.run_record import Run
from harness.results.store import slug
from harness.results.verify import Sound

R = TypeVar("R", bound=Recorded)


@dataclass(frozen=True, slots=True)
class System:
    """One row: its runs in the order of their seeds, and the seeds that are missing."""

    name: str
    results: tuple[Sound, ...]
    failed: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    unsound: tuple[int, ...] = ()

    @property
    def first(self) -> Sound:
        """A run to ask for what all runs share."""
        return self.results[0]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The records of its runs, and those of an ensemble's members."""
        own = [result.run for result in self.results]
        return tuple(one for run in own for one in (run, *(member.run for member in run.members)))

    @property
    def planned(self) -> int:
        """How many seeds were planned."""
        return sum(map(len, (self.results, self.failed, self.missing, self.unsound)))

    @property
    def complete(self) -> bool:
        """Whether every planned seed finished and can be believed."""
        return self.planned == len(self.results)

    @property
    def readings(self) -> dict[str, str]:
        """What the certificate reads, if the runs of a row cannot differ."""
        return readings(self.first)

    @property
    def all_readings(self) -> RowReadings:
        """What the certificate reads in each run."""
        return RowReadings(self.name, tuple(map(readings, self.results)), is_external(self.first))

    @property
    def end(self) -> str | None:
        """What development F1 did at the end of training; None if nothing was trained."""
        return training_end.at_the_end([result.run for result in self.results])

    @property
    def notes(self) -> tuple[str, ...]:
        """The watermarks."""
        cut = self.end and self.end not in training_end.UNMARKED
        end = (f"development F1 {self.end}",) if cut else ()
        return (*self.conditions, *end, *self._seeds())

    @property
    def conditions(self) -> tuple[str, ...]:
        """The watermarks of what was given and asked, whatever training and seeds made of it."""
        run, marks = self.first.run, []
        if run.data.limit is not None:
            marks.append(f"limit {run.data.limit}")
        if is_zero_shot(self.first):
            shots = run.served.shots if run.served else 0
            marks.append(f"{shots}-shot" if shots else "zero-shot")
        if is_external(self.first):
            marks.append("external, stated" if run.settings.get("stated") else "external")
        if run.settings.get("document_context"):
            marks.append("document context")
        return (*marks, *(overlap.words for overlap in contained(run.data.overlap or ())))

    def _seeds(self) -> tuple[str, ...]:
        if self.complete:
            return ()
        lost = {"failed": self.failed, "missing": self.missing, "unsound": self.unsound}
        parts = [f"{len(self.results)} of {self.planned} seeds"]
        parts += [f"{len(seeds)} {word}" for word, seeds in lost.items() if seeds]
        return ("; ".join(parts),)


@dataclass(frozen=True, slots=True)
class Repeated(Generic[R]):
    """A run of a seed that its row has already, and the run that counts."""

    run: R
    first: R


def by_system(runs: Iterable[R]) -> tuple[list[list[R]], list[Repeated[R]]]:
    """The runs of each system in the order of their seeds, and those that repeat a seed.

    This is the one definition of a row: what ``identity`` tells apart is two of them everywhere.
    """
    groups: dict[Identity, dict[int, R]] = {}
    repeated: list[Repeated[R]] = []
    for run in runs:
        seeds = groups.setdefault(identity(run), {})
        first = seeds.setdefault(run.run.seed, run)
        if first is not run:
            repeated.append(Repeated(run, first))
    return [[seeds[seed] for seed in sorted(seeds)] for seeds in groups.values()], repeated


def systems(
    results: Iterable[Sound], rejected: Sequence[Rejected] = ()
) -> tuple[tuple[System, ...], tuple[Rejected, ...]]:
    """The systems among ``results``, and the runs that repeat a seed of their system."""
    kept, odds = consistent(results, identity)
    rows, repeated = by_system(kept)
    lost: dict[tuple[str, ...], list[Rejected]] = {}
    twice = tuple(map(_rejected, repeated))
    for one in (*rejected, *odds, *twice):
        if one.row:
            lost.setdefault(one.row[1:], []).append(one)
    made = [_system(runs, lost.get(runs[0].run.row[1:], ())) for runs in rows]
    names = names_of([system.first for system in made])
    named = (replace(system, name=name) for system, name in zip(made, names, strict=True))
    return tuple(named), (*odds, *twice)


def _rejected(repeated: Repeated[Sound]) -> Rejected:
    run, folder = repeated.run.run, repeated.run.folder
    there = place_of(repeated.first.folder, folder)
    reason = (
        f"seed {run.seed} of this row is already in {there}, which is used; "
        "leave one of the two out"
    )
    return Rejected.of(folder, "duplicate", reason, run)


def _system(runs: Sequence[Sound], rejected: Sequence[Rejected]) -> System:
    """The row of ``runs``; ``rejected`` are of rows that are called like it, of any task."""
    mine = [one for one in rejected if _read_as(one, runs[0].run)]
    seeds = {run.run.seed for run in runs}
    failed = _seeds_of(mine, "failed") - seeds
    unsound = _seeds_of(mine, "unsound", "contradictory") - seeds
    planned = {seed for run in runs for seed in run.run.planned_seeds} | seeds_planned(mine)
    return System(
        name_of(runs[0]),
        tuple(runs),
        tuple(sorted(failed - unsound)),
        tuple(sorted(planned - seeds - failed - unsound)),
        tuple(sorted(unsound)),
    )


def _read_as(one: Rejected, run: Run) -> bool:
    """Whether ``one`` was to read the data that ``run`` read, as far as it is known."""
    # A failure record may name the task as its folder does.
    of_task = one.row is not None and slug(one.row[0]) == slug(run.data.task)
    return of_task and one.fingerprint in ("", run.data.fingerprint)


def seeds_planned(rejected: Iterable[Rejected]) -> set[int]:
    """The seeds that commands began or planned of which these runs were left."""
    lost = tuple(rejected)
    own = {one.seed for one in lost if one.seed is not None}
    return own.union(*(one.planned for one in lost))


def _seeds_of(rejected: Iterable[Rejected], *kinds: str) -> set[int]:
    return {one.seed for one in rejected if one.kind in kinds and one.seed is not None}
