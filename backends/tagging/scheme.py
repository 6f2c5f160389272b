"""What a tagger tells apart: the task's BIO tags, or BIOES, in which ends and single units show.

Inside a backend alone: answers are BIO, whatever it learned with. The names of BIOES are its
field's: B- and E- are the first and the last unit of an entity of several, I- those between, and
S- a unit that is an entity by itself (Ratinov and Roth 2009, "Design challenges and misconceptions
in named entity recognition", as BILOU).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from backends.tagging.viterbi import Allowed
from harness.core import Span
from harness.tags import OUTSIDE, encode, legality, may_follow_in_bioes

SchemeName: TypeAlias = Literal["bio", "bioes"]

# The prefix in BIO of each prefix in BIOES.
_IN_BIO = {"B": "B", "I": "I", "E": "I", "S": "B"}


@dataclass(frozen=True, slots=True)
class Rules:
    """Which tags may begin a sentence (tags,), follow which (tags, tags), and end it (tags,).

    ``follow[i, j]`` says that j may follow i.
    """

    start: Allowed
    follow: Allowed
    end: Allowed


class Scheme:
    """The tags that a head tells apart, by their ids.

    Args:
        name: ``bio`` or ``bioes``.
        tags: the tag set of the task, which is BIO.
    """

    def __init__(self, name: SchemeName, tags: Sequence[str]) -> None:
        self.name, self.bio = name, tuple(tags)
        labels = [tag[2:] for tag in tags if tag.startswith("B-")]
        ends = [f"{prefix}-{label}" for prefix in "ES" for label in labels]
        self.tags = (*tags, *ends) if name == "bioes" else self.bio
        self._ids = {tag: number for number, tag in enumerate(self.tags)}
        self._meant = [OUTSIDE if tag == OUTSIDE else _in_bio(tag) for tag in self.tags]

    def __len__(self) -> int:
        return len(self.tags)

    def ids(self, spans: Sequence[Span], units: int) -> list[int]:
        """The tag ids of ``spans`` over a sentence of ``units`` units."""
        tags = list(encode(spans, units))
        for span in spans if self.name == "bioes" else ():
            several = span.end - span.start > 1
            tags[span.end - 1] = f"{'E' if several else 'S'}-{span.label}"
        return [self._ids[tag] for tag in tags]

    def answer(self, path: Iterable[int]) -> tuple[str, ...]:
        """The BIO tags that the ids of ``path`` mean."""
        return tuple(self._meant[number] for number in path)

    def rules(self) -> Rules:
        """What may stand where."""
        if self.name == "bio":
            return Rules(*legality(self.tags), np.ones(len(self.tags), np.bool_))
        closed = np.array([tag[0] in "OES" for tag in self.tags])
        opens = np.array([tag[0] in "OBS" for tag in self.tags])
        follow = [[may_follow_in_bioes(a, b) for b in self.tags] for a in self.tags]
        return Rules(opens, np.array(follow), closed)


def _in_bio(tag: str) -> str:
    return f"{_IN_BIO[tag[0]]}{tag[1:]}"
