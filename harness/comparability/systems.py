"""Runs that differ in nothing but the seed are one system, and one row.

Every planned seed is in its row: what failed or did not finish is counted as such, never left out.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.comparability.certificate import is_external, is_zero_shot, readings, separating
from harness.numbers import printed
from harness.results.reader import Rejected, Result, RowKey
from harness.results.store import slug


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a system, with what the certificate reads in it."""

    result: Result
    readings: dict[str, str]


@dataclass(frozen=True, slots=True)
class System:
    """One row: its runs in the order of their seeds, and the seeds that are missing."""

    name: str
    members: tuple[Member, ...]
    failed: tuple[int, ...] = ()
    unfinished: tuple[int, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """The finished runs."""
        return tuple(member.result for member in self.members)

    @property
    def first(self) -> Result:
        """A run to ask for what all runs share."""
        return self.members[0].result

    @property
    def planned(self) -> int:
        """How many seeds were planned."""
        return len(self.members) + len(self.failed) + len(self.unfinished)

    @property
    def complete(self) -> bool:
        """Whether every planned seed finished."""
        return self.planned == len(self.members)

    @property
    def readings(self) -> dict[str, str]:
        """What the certificate reads, if the runs of a row cannot differ."""
        return self.members[0].readings

    @property
    def notes(self) -> tuple[str, ...]:
        """The watermarks."""
        run, marks = self.first.run, []
        if run.data.limit is not None:
            marks.append(f"limit {run.data.limit}")
        if is_zero_shot(self.first):
            marks.append("zero-shot")
        if is_external(self.first):
            marks.append("external, stated" if run.settings.get("stated") else "external")
        if run.settings.get("document_context"):
            marks.append("document context")
        return (*marks, *self._seeds())

    def _seeds(self) -> tuple[str, ...]:
        if self.complete:
            return ()
        lost = ((len(self.failed), "failed"), (len(self.unfinished), "unfinished"))
        parts = [f"{len(self.members)} of {self.planned} seeds"]
        return ("; ".join(parts + [f"{number} {word}" for number, word in lost if number]),)


def name_of(result: Result) -> str:
    """What a row is called: backend, preset and origin of the weights, variant."""
    run = result.run
    parts = [run.backend]
    if run.weights != "none":
        origin = (
            run.weights.rstrip("/").rpartition("/")[2] if _is_path(run.weights) else run.weights
        )
        parts += [f"{run.preset} ({origin})"]
    return printed(" ".join(part for part in (*parts, run.variant) if part))


def _is_path(weights: str) -> bool:
    return weights.startswith(("/", ".", "~"))


def systems(
    results: Iterable[Result], rejected: Sequence[Rejected]
) -> tuple[tuple[System, ...], tuple[Rejected, ...]]:
    """The systems among ``results``, and the runs that repeat a seed of their system."""
    groups: dict[tuple[object, ...], dict[int, Member]] = {}
    repeated: list[Rejected] = []
    for result in results:
        member = Member(result, readings(result))
        seeds = groups.setdefault(_identity(member), {})
        first = seeds.setdefault(result.run.seed, member)
        if first is not member:
            repeated.append(_repeats(result, first.result))
    made = [_system(seeds, rejected) for seeds in groups.values()]
    return tuple(_distinct(made)), tuple(repeated)


def _identity(member: Member) -> tuple[object, ...]:
    run = member.result.run
    options = json.dumps(run.options, sort_keys=True, default=str)
    return run.row, run.weights, options, separating(member.readings)


def _repeats(result: Result, first: Result) -> Rejected:
    reason = (
        f"seed {result.run.seed} of this row is already in {first.folder}, which is used; "
        "leave one of the two out"
    )
    return Rejected(result.folder, "duplicate", reason, result.run.row, result.run.seed)


def _system(seeds: dict[int, Member], rejected: Sequence[Rejected]) -> System:
    members = tuple(seeds[seed] for seed in sorted(seeds))
    run = members[0].result.run
    mine = [one for one in rejected if _same_row(one.row, run.row)]
    failures = {one.seed for one in mine if one.kind == "failed" and one.seed is not None}
    planned = {seed for member in members for seed in member.result.run.planned_seeds}
    missing = (planned | failures) - set(seeds)
    return System(
        name_of(members[0].result),
        members,
        tuple(sorted(missing & failures)),
        tuple(sorted(missing - failures)),
    )


def _same_row(found: RowKey | None, row: RowKey) -> bool:
    """Whether a failure record speaks of ``row``; it may name the task as its folder does."""
    return found is not None and found[1:] == row[1:] and slug(found[0]) == slug(row[0])


def _distinct(made: Sequence[System]) -> Iterable[System]:
    """The systems, numbered if two would read the same."""
    seen: dict[tuple[str, str], int] = {}
    for system in made:
        key = (system.first.run.data.task, system.name)
        seen[key] = seen.get(key, 0) + 1
        yield system if seen[key] == 1 else replace(system, name=f"{system.name} #{seen[key]}")
