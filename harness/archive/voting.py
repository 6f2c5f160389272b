"""Answers of several systems to one sentence made one: a vote, whatever the order of the voters.

Over entities, what more than half of all weight found is kept. Two such entities cannot overlap,
since some voter would have found both, and half is no majority. Over tags, each unit gets the tag
with the most weight; of equal ones the first of the tag set, in which O comes first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal, TypeAlias, get_args

from harness.core import Span
from harness.tags import decode, encode, tag_set

Over: TypeAlias = Literal["entities", "tags"]
Votes: TypeAlias = Literal["equal", "dev-f1"]
OVER: tuple[Over, ...] = get_args(Over)
VOTES: tuple[Votes, ...] = get_args(Votes)
TagSequence: TypeAlias = Sequence[str]


@dataclass(frozen=True, slots=True)
class Voting:
    """What is voted on, and how much the vote of a system counts."""

    over: Over = "entities"
    votes: Votes = "equal"

    @property
    def name(self) -> str:
        """What differs from the default, as part of a variant."""
        parts = ("tag by tag" if self.over == "tags" else "", "by dev F1" if self.weighted else "")
        return ", ".join(filter(None, parts))

    @property
    def weighted(self) -> bool:
        """Whether some votes count more than others."""
        return self.votes == "dev-f1"

    def decide(
        self, answers: Sequence[TagSequence], weights: Sequence[float], labels: Sequence[str]
    ) -> tuple[str, ...]:
        """The tags of one sentence that ``answers`` of these ``weights`` amount to."""
        return _DECIDE[self.over](answers, weights, labels)


def _over_entities(
    answers: Sequence[TagSequence], weights: Sequence[float], labels: Sequence[str]
) -> tuple[str, ...]:
    """The entities that more than half of the weight found; ``labels`` change nothing."""
    del labels
    found: dict[Span, list[float]] = {}
    for tags, weight in zip(answers, weights, strict=True):
        for span in decode(tags):
            found.setdefault(span, []).append(weight)
    half = fsum(weights) / 2
    return encode((span for span, votes in found.items() if fsum(votes) > half), len(answers[0]))


def _over_tags(
    answers: Sequence[TagSequence], weights: Sequence[float], labels: Sequence[str]
) -> tuple[str, ...]:
    """The tag of each unit that has most of the weight; tags outside of ``labels`` come last."""
    order = {tag: number for number, tag in enumerate(tag_set(labels))}
    units = zip(*answers, strict=True)
    return tuple(_heaviest(unit, weights, order) for unit in units)


def _heaviest(unit: TagSequence, weights: Sequence[float], order: Mapping[str, int]) -> str:
    votes: dict[str, list[float]] = {}
    for tag, weight in zip(unit, weights, strict=True):
        votes.setdefault(tag, []).append(weight)
    return min(votes, key=lambda tag: (-fsum(votes[tag]), order.get(tag, len(order)), tag))


_Decide: TypeAlias = Callable[
    [Sequence[TagSequence], Sequence[float], Sequence[str]], tuple[str, ...]
]
_DECIDE: Mapping[Over, _Decide] = {"entities": _over_entities, "tags": _over_tags}
