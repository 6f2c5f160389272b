"""From the scores of units to answers: the tags that a head chooses, and how sure it is of them.

Both are read from the same scores, and neither changes the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backends.tagging.entities import TagTable
from backends.tagging.heads import Decoder, Head, Judge, Scores
from backends.tagging.scheme import Rules, Scheme
from harness.core import Tags


@dataclass(frozen=True, slots=True)
class AnswerReader:
    """Reads the scores of a batch of sentences, (units, tags) each, none without units."""

    scheme: Scheme
    table: TagTable
    decode: Decoder
    judge: Judge

    @classmethod
    def of(cls, head: Head, scheme: Scheme, rules: Rules | None) -> "AnswerReader":
        """What reads the scores that ``head`` gives the tags of ``scheme``, under ``rules``."""
        table = TagTable.of(scheme.answer(range(len(scheme))))
        return cls(scheme, table, head.decoder(rules), head.judge(rules))

    def __call__(self, rows: list[Scores]) -> list[Tags]:
        """The answer to each sentence."""
        paths = self.decode(rows)
        sure = self.judge(rows).confidences(np.concatenate(paths), self.table)
        answers = zip(paths, sure, strict=True)
        return [Tags(self.scheme.answer(path), 0, confidence) for path, confidence in answers]

    def surprisal(
        self, rows: list[Scores], gold: Sequence[Sequence[int]]
    ) -> list[tuple[float, ...]]:
        """The bits of each gold tag, given those before it in its sentence."""
        return self.judge(rows).bits(np.concatenate([np.array(tags) for tags in gold]))


# Units whose scores are read together: enough to make array operations pay.
TOGETHER = 2**14


@dataclass(slots=True)
class Gathered:
    """Reads scores when there are enough of them, whatever batches they come in."""

    read: AnswerReader
    answers: list[Tags] = field(default_factory=list)
    _waiting: list[Scores] = field(default_factory=list)
    _units: int = 0

    def add(self, rows: list[Scores]) -> list[int]:
        """Take the scores of some sentences; their places among all answers."""
        first = len(self.answers) + len(self._waiting)
        self._waiting += rows
        self._units += sum(map(len, rows))
        if self._units >= TOGETHER:
            self.finish()
        return list(range(first, first + len(rows)))

    def finish(self) -> list[Tags]:
        """All answers, when no scores follow."""
        if self._waiting:
            self.answers += self.read(self._waiting)
            self._waiting, self._units = [], 0
        return self.answers
