"""No line of pretraining text holds a development or test sentence, or a run of one.

A line is removed if it shares ``RUN`` characters in a row with such a sentence (Broder 1997, "On
the resemblance and containment of documents"), or if it is a shorter one. Spacing, width and
case do not hide a match: both sides are compared in NFKC, without white space, case folded.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.core import Sentence
from harness.pretraining.sources import SourceText, without

RUN = 12  # characters


@dataclass(frozen=True, slots=True)
class Removed:
    """A line that was not read, the task and split that it overlaps, and by which characters."""

    source: str
    line: int
    task: str
    split: str
    shared: str


class HeldOut:
    """The sentences that must not be read in pretraining, by the runs of characters in them."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[str, str]] = {}

    def add(self, task: str, split: str, sentences: Iterable[Sentence]) -> None:
        """Hold out ``sentences``, which are those of a split of a task."""
        for sentence in sentences:
            folded = fold(sentence.text)
            for run in _runs(folded) or [folded]:
                self._owners.setdefault(run, (task, split))

    def overlaps(self, text: SourceText) -> Iterator[Removed]:
        """The lines of ``text`` that hold what is held out."""
        for number, line in text.numbered:
            if shared := self._shared(fold(line)):
                yield Removed(text.source.name, number, *self._owners[shared], shared)

    def _shared(self, folded: str) -> str:
        """The first run of ``folded`` that is held out, or the whole of it; else nothing."""
        if len(folded) < RUN:
            return folded if folded in self._owners else ""
        runs = _runs(folded)
        if self._owners.keys().isdisjoint(runs):
            return ""
        return next(run for run in runs if run in self._owners)

    def cleaned(self, text: SourceText) -> tuple[SourceText, tuple[Removed, ...]]:
        """``text`` without those lines, and what they were."""
        removed = tuple(self.overlaps(text))
        return without(text, [each.line for each in removed]), removed


def fold(text: str) -> str:
    """``text`` as it is compared."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _runs(folded: str) -> list[str]:
    return [folded[at : at + RUN] for at in range(len(folded) - RUN + 1)]


def counted(removed: Iterable[Removed]) -> Mapping[str, int]:
    """How many lines overlap each task and split, by ``task/split``."""
    return dict(sorted(Counter(f"{each.task}/{each.split}" for each in removed).items()))
