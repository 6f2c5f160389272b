"""The lines of a certificate that are about whole rows: their seeds, and their answers.

Two runs that gave the same answers to every sentence are named: one file imported under two names,
or one model shown as two seeds, is nobody's second opinion. Runs without a wrong answer are all
alike and say nothing, and so do the seeds of a family that has no weights to be drawn.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeAlias

from harness.comparability.check import Check
from harness.comparability.contamination import contamination
from harness.comparability.effort import end_of_training, trials_of_tuning
from harness.comparability.fields import is_external
from harness.comparability.origin import (
    members_of_ensembles,
    one_code_each,
    one_content_each,
    overlap_of_splits,
)
from harness.comparability.systems import System
from harness.results.reader import Rejected
from harness.results.verify import Sound

_Seed: TypeAlias = tuple[System, Sound]  # a run, and the row that it is of


def run_checks(rejected: Sequence[Rejected]) -> tuple[Check, ...]:
    """The lines about runs that are in no row, for what was rejected of one task."""
    return recounted(rejected), one_result_each(rejected)


def row_checks(made: Sequence[System]) -> tuple[Check, ...]:
    """The lines about whole rows, by their names, for the systems of one task."""
    return (
        hashes_of_files(made),
        seeds_finished(made),
        distinct_answers(made),
        overlap_of_splits(made),
        end_of_training(made),
        trials_of_tuning(made),
        one_code_each(made),
        *one_content_each(made),
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


def hashes_of_files(made: Iterable[System]) -> Check:
    """Whether every run carries the hashes that its files were compared with as they were read."""
    lacking = tuple((system.name, _of(seeds)) for system in made if (seeds := _unhashed(system)))
    value = "not of every run" if lacking else "of every run"
    return Check("hashes of files", value, not lacking, lacking)


def _unhashed(system: System) -> tuple[int, ...]:
    return tuple(one.run.seed for one in system.results if one.result.files is None)


def _of(seeds: Iterable[int]) -> str:
    return f"not recorded of seed {', '.join(map(str, seeds))}"


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
    """Whether no two runs gave the same answers throughout, where two trainings could differ."""
    alike = tuple(chain.from_iterable(map(_told_alike, same_answers(made))))
    words = "some runs alike" if alike else "no two runs alike"
    drawn = any(len(system.results) > 1 and _has_no_luck(system.first) for system in made)
    value = f"{words}; seeds of a row that draws nothing are not compared" if drawn else words
    return Check("answers", value, not alike, alike, "proven")


def same_answers(made: Sequence[System]) -> tuple[tuple[_Seed, ...], ...]:
    """The runs, each with its row, that gave the same answers as another throughout."""
    alike: dict[tuple[str, str], list[_Seed]] = {}
    for system in made:
        for run in filter(_can_differ, system.results):
            alike.setdefault((run.recount.questions, run.recount.replies), []).append((system, run))
    return tuple(tuple(runs) for runs in alike.values() if _is_odd(runs))


def _is_odd(runs: Sequence[_Seed]) -> bool:
    """Whether ``runs`` are several, and not the seeds of one row in which nothing is drawn."""
    one_row = all(system is runs[0][0] for system, _ in runs)
    return len(runs) > 1 and not (one_row and _has_no_luck(runs[0][1]))


def _told_alike(runs: Sequence[_Seed]) -> Iterator[tuple[str, str]]:
    """For each row among runs that are alike, which seeds answered as the first of the runs."""
    first, *others = runs
    seeds: dict[str, list[str]] = {}
    for system, run in others:
        if not (system is first[0] and _has_no_luck(run)):
            seeds.setdefault(system.name, []).append(str(run.run.seed))
    model = f"{first[0].name}, seed {first[1].run.seed}"
    for name, listed in seeds.items():
        yield name, f"seed {', '.join(listed)} answered as {model}"


def _can_differ(run: Sound) -> bool:
    counts = run.metrics.micro()
    return bool(counts.fp or counts.fn)


def _has_no_luck(run: Sound) -> bool:
    """Whether nothing is drawn in the training of this family, so that its seeds cannot differ."""
    return run.run.weights == "none" and not is_external(run)
