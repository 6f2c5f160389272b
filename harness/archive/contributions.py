"""What each member adds to a vote, and how far the vote is from the best choice there could be."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from harness.analysis import FinishedRun
from harness.analysis.plain_table import table
from harness.archive import best_choice
from harness.archive.ensemble import Electorate, answers, weights
from harness.archive.voting import Voting
from harness.numbers import percent
from harness.results.evaluate import HEADLINE
from harness.scoring.counting import count
from harness.scoring.flat import Ints
from harness.statistics import Interval, by_document, coarsest, paired_bootstrap


@dataclass(frozen=True, slots=True)
class Contribution:
    """A member: its F1 alone, the F1 of the vote without it, and what the vote gains by it.

    Means over the seeds; ``weight`` is what its vote counts.
    """

    name: str
    weight: float
    alone: float
    without: float
    gain: Interval


@dataclass(frozen=True, slots=True)
class Contributions:
    """The F1 of a vote, what each member adds to it, and the bounds of choosing among them."""

    f1: float
    members: tuple[Contribution, ...]
    best: best_choice.BestChoice


def contributions(voters: Electorate, voting: Voting) -> Contributions:
    """What the members of ``voters`` add to the vote, each left out in turn.

    Raises:
        HarnessError: for a test set without entities.
    """
    whole = _counts(voters, voting)
    members = tuple(_member(place, voters, voting, whole) for place in range(len(voters.systems)))
    return Contributions(_f1(whole), members, _best(voters))


def _member(place: int, voters: Electorate, voting: Voting, whole: Ints) -> Contribution:
    runs = [voters.voters(seed)[place] for seed in voters.seeds]
    without = _counts(voters.without(place), voting)
    alone = np.stack([_scored(run, [one.tags for one in run.predictions]) for run in runs])
    return Contribution(
        voters.systems[place].name,
        fmean(weights(voting, [run])[0] for run in runs),
        _f1(alone),
        _f1(without),
        paired_bootstrap(_grouped(whole, voters), _grouped(without, voters)).difference,
    )


def _counts(voters: Electorate, voting: Voting) -> Ints:
    """The counts of the vote: (seeds, sentences, 3)."""
    return np.stack([_voted(voters.voters(seed), voting) for seed in voters.seeds])


def _voted(voters: Sequence[FinishedRun], voting: Voting) -> Ints:
    return _scored(voters[0], answers(voting, voters, weights(voting, voters)))


def _scored(run: FinishedRun, tags: Sequence[Sequence[str]]) -> Ints:
    """The counts of ``tags`` as answers to what ``run`` was asked: (sentences, 3)."""
    return count(run.gold, tags, HEADLINE, run.metrics.labels).by_sentence


def _f1(counts: Ints) -> float:
    """Mean F1 over seeds; nothing to find and nothing found gives 0."""
    right, wrong, missed = counts.sum(axis=1).T  # (seeds,)
    return float((2 * right / np.maximum(2 * right + wrong + missed, 1)).mean())


def _grouped(counts: Ints, voters: Electorate) -> Ints:
    """``counts`` by document where a voter names them: every member is drawn alike."""
    every = (run.documents for system in voters.systems for run in system.runs)
    return by_document(counts, coarsest(every))


def _best(voters: Electorate) -> best_choice.BestChoice:
    """The bounds, as means over seeds."""
    runs = [voters.voters(seed) for seed in voters.seeds]
    return best_choice.BestChoice(
        fmean(
            best_choice.of_sentences(
                np.stack([_scored(run, [one.tags for one in run.predictions]) for run in each])
            )
            for each in runs
        ),
        fmean(best_choice.of_entities(each[0].gold, [run.found for run in each]) for each in runs),
    )


def page(found: Contributions, voting: Voting) -> str:
    """``found`` as text."""
    head = ["member", *(["vote"] if voting.weighted else []), "F1 alone", "F1 of the others",
            "it adds", "95 % interval"]  # fmt: skip
    rows = [
        [one.name, *([percent(one.weight)] if voting.weighted else []), percent(one.alone),
         percent(one.without), percent(one.gain.point),
         f"{percent(one.gain.low)} to {percent(one.gain.high)}"]
        for one in found.members
    ]  # fmt: skip
    return "\n\n".join((table(head, rows), f"F1 of the vote: {percent(found.f1)}", _bounds(found)))


def _bounds(found: Contributions) -> str:
    return (
        "No systems, since they look at gold: choosing for each sentence the answer of one member "
        f"would give {percent(found.best.sentences)}, keeping of all entities that members found "
        f"those that are right {percent(found.best.entities)}."
    )
