"""The lines of a certificate that are about whole rows: their seeds, and their answers.

Two runs that gave the same answers to every sentence are named: one file imported under two names,
or one model shown as two seeds, is nobody's second opinion. Runs without a wrong answer are all
alike and say nothing, and so do the seeds of a family that has no weights to be drawn.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TypeAlias

from harness.comparability.check import Check
from harness.comparability.contamination import contamination
from harness.comparability.effort import end_of_training, trials_of_tuning
from harness.comparability.fields import is_external
from harness.comparability.origin import (
    members_of_ensembles,
    one_code_each,
    overlap_of_splits,
)
from harness.comparability.systems import System
from harness.results.reader import Rejected
from harness.results.verify import Sound

_RunOfRow: TypeAlias = tuple[System, Sound]


def run_checks(rejected: Sequence[Rejected]) -> tuple[Check, ...]:
    """The lines about runs that are in no row, for what was rejected of one task."""
    return recounted(rejected), one_result_each(rejected)


def row_checks(made: Sequence[System]) -> tuple[Check, ...]:
    """The lines about whole rows, by their names, for the systems of one task."""
    return (
        seeds_finished(made),
        distinct_answers(made),
        overlap_of_splits(made),
        end_of_training(made),
        trials_of_tuning(made),
        one_code_each(made),
        *members_of_ensembles(made),
        *contamination(made),
    )


def recounted(rejected: Iterable[Rejected]) -> Check:
    """Whether the answers of every run give the scores that it claims."""
    unsound = _named(rejected, "unsound")
    name = "counted again from stored answers"
    return Check(name, "all", not unsound, unsound, "proven")


def one_result_each(rejected: Iterable[Rejected]) -> Check:
    """Whether no seed of a row has two results, and no result two seeds."""
    odds = _named(rejected, "contradictory")
    value = "no" if odds else "yes"
    return Check("one result for each seed", value, not odds, odds, "proven")


def _named(rejected: Iterable[Rejected], kind: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (" ".join(part for part in one.row[1:] if part) if one.row else one.folder.name,
         f"seed {one.seed}: {one.reason}")
        for one in rejected
        if one.kind == kind
    )  # fmt: skip


def seeds_finished(made: Iterable[System]) -> Check:
    """Whether every planned seed of every row can be used."""
    short = tuple(
        (system.name, f"{len(system.results)} of {system.planned}")
        for system in made
        if not system.complete
    )
    return Check("seeds finished", "not all" if short else "all", not short, short)


def distinct_answers(made: Sequence[System]) -> Check:
    """Whether no two runs gave the same answers throughout."""
    alike = tuple(
        (row.name, f"seed {run.run.seed} has the answers of {other.name}, seed {its.run.seed}")
        for (other, its), (row, run) in _same_answers(made)
    )
    value = "two runs alike" if alike else "no two runs alike"
    return Check("answers", value, not alike, alike, "proven")


def _same_answers(made: Sequence[System]) -> Iterator[tuple[_RunOfRow, _RunOfRow]]:
    """The pairs of runs, each with its row, that gave the same answers throughout."""
    runs = [(system, run) for system in made for run in system.results if _can_differ(run)]
    yield from (
        (first, second)
        for first, second in combinations(runs, 2)
        if first[1].recount.replies == second[1].recount.replies
        and first[1].recount.questions == second[1].recount.questions
        and not (first[0] is second[0] and _has_no_luck(first[1]))
    )


def _can_differ(run: Sound) -> bool:
    counts = run.metrics.micro()
    return bool(counts.fp or counts.fn)


def _has_no_luck(run: Sound) -> bool:
    """Whether nothing is drawn in the training of this family, so that its seeds cannot differ."""
    return run.run.weights == "none" and not is_external(run)
