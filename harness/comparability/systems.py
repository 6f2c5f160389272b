"""Runs that differ in nothing but the seed are one system, and one row: in tables, figures, votes.

Every planned seed is in its row: what failed, did not finish or cannot be believed is counted as
such, never left out.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from harness.comparability import training_end
from harness.comparability.certificate import RowReadings, readings
from harness.comparability.contradictions import consistent
from harness.comparability.ensembles import members_of
from harness.comparability.fields import FIELDS, Recorded, is_external, is_zero_shot
from harness.data.overlap import contained
from harness.numbers import printed
from harness.results.reader import Rejected, place_of
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
        marks += [overlap.words for overlap in contained(run.data.overlap or ())]
        if self.end and self.end not in training_end.UNMARKED:
            marks.append(f"development F1 {self.end}")
        return (*marks, *self._seeds())

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
    groups: dict[tuple[object, ...], dict[int, R]] = {}
    repeated: list[Repeated[R]] = []
    for run in runs:
        seeds = groups.setdefault(identity(run), {})
        first = seeds.setdefault(run.run.seed, run)
        if first is not run:
            repeated.append(Repeated(run, first))
    return [[seeds[seed] for seed in sorted(seeds)] for seeds in groups.values()], repeated


def identity(result: Recorded) -> tuple[object, ...]:
    """What the runs of one row share: all but the seed that can change a result or its meaning."""
    run, values = result.run, readings(result)
    options = json.dumps(run.options, sort_keys=True, default=str)
    separating = tuple(values[field.name] for field in FIELDS if field.separates)
    # A plugin's code and what it needs are no line of the certificate: rows differ in them.
    code = run.code.backend if run.code else ""
    begun = tuple(sorted((run.weights_digest or {}).items()))
    libraries = tuple(sorted(run.versions.items()))
    members = tuple(map(identity, members_of(result)))
    return run.row, run.weights, begun, options, separating, code, libraries, members


def name_of(result: Recorded) -> str:
    """What a row is called: backend, preset and origin of the weights, variant."""
    run = result.run
    parts = [run.backend]
    if run.weights != "none" and not run.members:
        origin = (
            run.weights.rstrip("/").rpartition("/")[2] if _is_path(run.weights) else run.weights
        )
        parts += [f"{run.preset} ({origin})"]
    return printed(" ".join(part for part in (*parts, run.variant) if part))


def _is_path(weights: str) -> bool:
    return weights.startswith(("/", ".", "~"))


def systems(
    results: Iterable[Sound], rejected: Sequence[Rejected] = ()
) -> tuple[tuple[System, ...], tuple[Rejected, ...]]:
    """The systems among ``results``, and the runs that repeat a seed of their system."""
    kept, odds = consistent(results, identity)
    rows, repeated = by_system(kept)
    lost: dict[tuple[str, ...], list[Rejected]] = {}
    for one in (*rejected, *odds):
        if one.row:
            lost.setdefault(one.row[1:], []).append(one)
    made = [_system(runs, lost.get(runs[0].run.row[1:], ())) for runs in rows]
    names = distinct([(system.first.run.data.task, system.name) for system in made])
    named = (replace(system, name=name) for system, name in zip(made, names, strict=True))
    return tuple(named), (*odds, *map(_rejected, repeated))


def _rejected(repeated: Repeated[Sound]) -> Rejected:
    run, folder = repeated.run.run, repeated.run.folder
    there = place_of(repeated.first.folder, folder)
    reason = (
        f"seed {run.seed} of this row is already in {there}, which is used; "
        "leave one of the two out"
    )
    return Rejected(folder, "duplicate", reason, run.row, run.seed)


def distinct(names: Sequence[tuple[str, str]]) -> list[str]:
    """The names of rows, each given with its task, numbered if two would read the same."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for key in names:
        seen[key] = seen.get(key, 0) + 1
        found.append(key[1] if seen[key] == 1 else f"{key[1]} #{seen[key]}")
    return found


def _system(runs: Sequence[Sound], rejected: Sequence[Rejected]) -> System:
    """The row of ``runs``; ``rejected`` are of rows that are called like it, of any task."""
    task = slug(runs[0].run.data.task)
    # A failure record may name the task as its folder does.
    mine = [one for one in rejected if one.row and slug(one.row[0]) == task]
    seeds = {run.run.seed for run in runs}
    failed = _seeds_of(mine, "failed") - seeds
    unsound = _seeds_of(mine, "unsound", "contradictory") - seeds
    planned = {seed for run in runs for seed in run.run.planned_seeds}
    return System(
        name_of(runs[0]),
        tuple(runs),
        tuple(sorted(failed - unsound)),
        tuple(sorted(planned - seeds - failed - unsound)),
        tuple(sorted(unsound)),
    )


def _seeds_of(rejected: Iterable[Rejected], *kinds: str) -> set[int]:
    return {one.seed for one in rejected if one.kind in kinds and one.seed is not None}
