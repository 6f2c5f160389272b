"""An ensemble of stored answers as a row: one vote for each seed, scored by the one scorer.

It costs what its members cost together, was trained where they were, and its record holds theirs,
so that all that tables say of a system can be said of it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path
from typing import TypeVar

from harness.analysis import FinishedRun, load_each
from harness.analysis.system_answers import SystemAnswers, answers_by_system
from harness.archive.data_of_members import data_of_all, facts_of_all, seen_by_any
from harness.archive.voting import Voting
from harness.errors import ConfigError, DataError
from harness.results import evaluate, store, writer
from harness.results.record import Prediction
from harness.results.run_record import Cost, Data, Member, Run
from harness.results.trials import DataRead, trials
from harness.results.verify import Checked
from harness.results.writer import Scored, TrainingFiles
from harness.statistics import coarsest
from harness.version import OWN, __version__

BACKEND, FAMILY = "vote", "ensemble"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Electorate:
    """Systems that vote, in the order of their names, on the same sentences.

    ``seeds`` are those that every system answered with.
    """

    systems: tuple[SystemAnswers, ...]
    seeds: tuple[int, ...]

    def voters(self, seed: int) -> tuple[FinishedRun, ...]:
        """The run of each system with ``seed``."""
        return tuple(_by_seed(system)[seed] for system in self.systems)

    def without(self, place: int) -> "Electorate":
        """The others, where the system at ``place`` has no vote."""
        return Electorate((*self.systems[:place], *self.systems[place + 1 :]), self.seeds)


def _by_seed(system: SystemAnswers) -> Mapping[int, FinishedRun]:
    return {run.run.seed: run for run in system.runs}


def electorate(found: Checked) -> Electorate:
    """The systems that ``found`` holds; an ensemble is made of systems, not of ensembles.

    Raises:
        DataError: for a run that cannot be believed, or runs that did not read the same data.
        ConfigError: for fewer than two systems, or none of whose seeds all have.
    """
    broken = [f"{one.folder}: {one.kind}: {one.reason}" for one in found.rejected if one.is_broken]
    if broken:
        raise DataError("\n".join((*broken, "nothing was put together")))
    runs = [run for run in found.runs if not run.run.members]
    loaded = [*chain.from_iterable(load_each(runs))]
    systems = sorted(answers_by_system(loaded), key=lambda system: system.name)
    if len(systems) < 2:
        names = ", ".join(system.name for system in systems) or "none"
        msg = f"a vote needs two systems or more, and here is {names}: name more run folders"
        raise ConfigError(msg)
    seeds = set.intersection(*(set(_by_seed(system)) for system in systems))
    if not seeds:
        listed = "; ".join(f"{one.name}: {_listed(sorted(_by_seed(one)))}" for one in systems)
        msg = f"no seed that all systems have, so no run of one votes with one of each: {listed}"
        raise ConfigError(msg)
    return Electorate(tuple(systems), tuple(sorted(seeds)))


def alike(found: Electorate) -> tuple[str, ...]:
    """A sentence for each two systems that gave the same answers with every seed."""
    answers = {
        system.name: [[p.tags for p in _by_seed(system)[seed].predictions] for seed in found.seeds]
        for system in found.systems
    }
    return tuple(
        f"{one} and {other} gave the same answers: theirs are two votes of one system"
        for one, other in combinations(answers, 2)
        if answers[one] == answers[other]
    )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def weights(voting: Voting, voters: Sequence[FinishedRun]) -> tuple[float, ...]:
    """How much each vote counts.

    Raises:
        ConfigError: naming each voter of which no development F1 is recorded.
    """
    if not voting.weighted:
        return (1.0,) * len(voters)
    known = [dev_f1(voter.run) for voter in voters]
    lacking = [v.title for v, f1 in zip(voters, known, strict=True) if not f1]
    if lacking:
        msg = (
            f"no development F1 above 0 is recorded of {', '.join(lacking)}, so its vote has no "
            "weight: leave it out, or let all votes count the same (--votes equal)"
        )
        raise ConfigError(msg)
    return tuple(filter(None, known))


def dev_f1(run: Run) -> float | None:
    """The development F1 of the weights that a run kept; None where the harness saw none."""
    scores = run.training.dev_f1 if run.training else ()
    if not scores:
        return None
    return scores[run.best_epoch - 1 if run.best_epoch else -1]


def answers(
    voting: Voting, voters: Sequence[FinishedRun], counts: Sequence[float]
) -> list[tuple[str, ...]]:
    """The tags of each sentence that the ``voters``, whose votes are worth ``counts``, give it."""
    labels = voters[0].metrics.labels
    sides = zip(*(voter.predictions for voter in voters), strict=True)
    return [voting.decide([one.tags for one in side], counts, labels) for side in sides]


@dataclass(frozen=True, slots=True)
class _Result:
    """What the vote of one seed gave."""

    voters: tuple[FinishedRun, ...]
    weights: tuple[float, ...]
    data: Data
    scores: Scored


def write(voters: Electorate, voting: Voting, output: Path) -> tuple[Path, ...]:
    """Store the vote of each seed as a run folder below ``output``; gives the folders.

    Raises:
        ConfigError: where weights are asked for that nobody knows.
    """
    results = [_result(voting, voters.voters(seed)) for seed in voters.seeds]
    return tuple(_written(result, voters, voting, output) for result in results)


def _result(voting: Voting, voters: tuple[FinishedRun, ...]) -> _Result:
    counts = weights(voting, voters)
    first = voters[0].metrics
    setup = evaluate.EvaluationSetup(first.labels, first.policy, first.split)
    sides = zip(*(voter.predictions for voter in voters), strict=True)
    tags = answers(voting, voters, counts)
    predictions = [_prediction(*each) for each in zip(sides, tags, _documents(voters), strict=True)]
    data = data_of_all([voter.run.data for voter in voters], predictions)
    return _Result(voters, counts, data, writer.score_answers(setup, predictions))


def _documents(voters: Sequence[FinishedRun]) -> Sequence[str | None]:
    """The document of each sentence, as a voter names it that names them all, or else the first."""
    every = coarsest(voter.documents for voter in voters)
    return every or [one.document for one in voters[0].predictions]


def _prediction(
    side: Sequence[Prediction], tags: tuple[str, ...], document: str | None
) -> Prediction:
    """What was asked of all, answered with ``tags``; shares of votes are no probabilities."""
    first = side[0]
    predicted = all(one.fates == "" for one in side)
    return Prediction(
        id=first.id, units=first.units, joiner=first.joiner, gold=first.gold, tags=tags,
        document=document, test_set=first.test_set, seen=seen_by_any(side),
        fates="" if predicted else None,
    )  # fmt: skip


def _written(result: _Result, voters: Electorate, voting: Voting, output: Path) -> Path:
    place = output / store.slug(result.voters[0].run.data.task)
    run = _record(result, voters, voting, place)
    folder = place / store.run_folder(run.seed, run.digest, BACKEND)
    return writer.write_new(
        folder, run, result.scores, TrainingFiles(facts=facts_of_all(result.voters))
    )


def _record(result: _Result, voters: Electorate, voting: Voting, place: Path) -> Run:
    runs = [voter.run for voter in result.voters]
    first = runs[0]
    names = [system.name for system in voters.systems]
    options = {"over": voting.over, "votes": voting.votes, "systems": names}
    members = tuple(
        Member(run=run.run, predictions_sha256=run.metrics.predictions_sha256, weight=weight)
        for run, weight in zip(result.voters, result.weights, strict=True)
    )
    identity = (repr(options), *(f"{m.run.digest} {m.predictions_sha256}" for m in members))
    planned = {seed for system in voters.systems for run in system.runs
               for seed in run.run.planned_seeds}  # fmt: skip
    return Run(
        digest=hashlib.sha256("\n".join((*identity, str(first.seed))).encode()).hexdigest(),
        harness=__version__,
        backend=BACKEND,
        family=FAMILY,
        preset=voting.over,
        variant=", ".join(filter(None, (f"of {' + '.join(names)}", voting.name))),
        seed=first.seed,
        planned_seeds=tuple(sorted(planned)),
        options=options,
        settings=_shared_settings(runs),
        data=result.data,
        origin={"distribution": OWN, "version": __version__, "class": __name__},
        versions={},
        hardware=first.hardware if all(run.hardware == first.hardware for run in runs) else {},
        held_out=_held_out(runs),
        weights="none" if all(run.weights == "none" for run in runs) else "members",
        parameters=sum(run.parameters for run in runs),
        trained=sum(run.trained for run in runs),
        precision=" / ".join(dict.fromkeys(run.precision for run in runs)),
        trials=_trials(runs, place, options),
        training_digests=tuple(
            dict.fromkeys(chain.from_iterable(r.training_digests for r in runs))
        ),
        cost=_cost([run.cost for run in runs]),
        members=members,
    )


def _held_out(runs: Sequence[Run]) -> bool | None:
    """As of a run: one member whose weights may have read the test set is enough."""
    told = [run.held_out for run in runs if run.held_out is not None]
    return all(told) if told else None


def _shared_settings(runs: Sequence[Run]) -> dict[str, object]:
    """The settings that all members have alike, and whatever was only stated of one of them."""
    first, *others = (run.settings for run in runs)
    shared = {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in others)
    }
    stated = {fact for run in runs for fact in run.settings.get("stated", ())}
    return shared | ({"stated": sorted(stated)} if stated else {})


def _trials(runs: Sequence[Run], place: Path, options: Mapping[str, object]) -> int | None:
    """How many sets of options were tried, of ensembles or of a member, whichever is more."""
    known = [run.trials for run in runs]
    if None in known:
        return None
    before = trials(place, BACKEND, DataRead.of(runs[0]), options) if place.is_dir() else 1
    return max(before, *filter(None, known))


def _cost(costs: Sequence[Cost]) -> Cost:
    """What it takes to train all members and ask each: they can run one after the other."""
    phases = set.intersection(*(set(cost.seconds) for cost in costs))
    joules = _of_all(sum, (cost.joules for cost in costs))
    sources = dict.fromkeys(cost.energy_source for cost in costs)
    return Cost(
        seconds={name: sum(cost.seconds[name] for cost in costs) for name in sorted(phases)},
        train_units=sum(cost.train_units for cost in costs),
        predict_units=costs[0].predict_units,
        train_peak_bytes=_of_all(max, (cost.train_peak_bytes for cost in costs)),
        predict_peak_bytes=_of_all(max, (cost.predict_peak_bytes for cost in costs)),
        train_device_bytes=_of_all(max, (cost.train_device_bytes for cost in costs)),
        predict_device_bytes=_of_all(max, (cost.predict_device_bytes for cost in costs)),
        train_reserved_bytes=_of_all(max, (cost.train_reserved_bytes for cost in costs)),
        predict_reserved_bytes=_of_all(max, (cost.predict_reserved_bytes for cost in costs)),
        shared_bytes=_of_all(max, (cost.shared_bytes for cost in costs)),
        joules=joules,
        energy_source=" / ".join(sources) if joules is not None else "n/a",
        flops_per_unit=_of_all(sum, (cost.flops_per_unit for cost in costs)),
    )


def _of_all(join: Callable[[list[T]], T], values: Iterable[T | None]) -> T | None:
    """What ``join`` makes of the values; None where a member has none."""
    listed = list(values)
    known = [value for value in listed if value is not None]
    return join(known) if len(known) == len(listed) else None
