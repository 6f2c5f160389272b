"""A hidden Markov model: each tag depends on the one before it, each unit on its tag.

Probabilities are counts with a constant added (Jelinek 1997, "Statistical Methods for Speech
Recognition", chapter 2 for the model, Viterbi's algorithm for the best path).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from harness.core import Example, Sentence, Tags
from harness.protocol import Context, FitReport
from harness.tags import encode, legality

Smoothing = Annotated[float, Field(gt=0, description="what is added to every count")]


class HiddenMarkov:
    """Counts of tags after tags and of units under tags, and the best path through them."""

    family = "hmm"

    def __init__(self, context: Context, *, smoothing: Smoothing = 0.1) -> None:
        """Take note of the option."""
        self.context, self.smoothing = context, smoothing
        self.tags = context.tags
        self.units: dict[str, int] = {}  # the column of each unit; the last one is of all others
        size = len(self.tags)
        self.follow = np.zeros((size + 1, size))  # the last row: at the beginning of a sentence
        self.emit = np.zeros((size, 1))

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Count; there is nothing to select on ``dev``."""
        seen = dict.fromkeys(unit for example in train for unit in example.sentence.units)
        self.units = {unit: column for column, unit in enumerate(seen)}
        self.emit = np.zeros((len(self.tags), len(seen) + 1))
        self.follow[:] = 0
        for example in train:
            before = len(self.tags)
            tags = encode(example.spans, len(example.sentence))
            for unit, tag in zip(example.sentence.units, map(self.tags.index, tags), strict=True):
                self.follow[before, tag] += 1
                self.emit[tag, self.units[unit]] += 1
                before = tag
        size = self.follow.size + self.emit.size
        return FitReport(weights="none", parameters=size, trained=size, precision="fp64")

    def predict(self, sentences: Sequence[Sentence]) -> list[Tags]:
        """The best path of each sentence, in order."""
        start, follow = legality(self.tags)
        allowed = np.vstack([follow, start])
        step = np.where(allowed, self._log(self.follow), -np.inf)  # (tags + 1, tags)
        emit = self._log(self.emit)  # (tags, units + 1)
        return [Tags(self._best(sentence, step, emit)) for sentence in sentences]

    def _log(self, counts: Any) -> Any:
        smooth = counts + self.smoothing
        return np.log(smooth / smooth.sum(axis=1, keepdims=True))

    def _best(self, sentence: Sentence, step: Any, emit: Any) -> tuple[str, ...]:
        """Viterbi's algorithm over the units of ``sentence``."""
        if not len(sentence):
            return ()
        columns = [self.units.get(unit, len(self.units)) for unit in sentence.units]
        score, back = step[-1] + emit[:, columns[0]], []
        for column in columns[1:]:
            paths = score[:, None] + step[:-1]  # (tags before, tags)
            back.append(paths.argmax(axis=0))
            score = paths.max(axis=0) + emit[:, column]
        path = [int(score.argmax())]
        for pointers in reversed(back):
            path.append(int(pointers[path[-1]]))
        return tuple(self.tags[tag] for tag in reversed(path))

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> list[Tags]:
        """Gold as tags: nothing stands between the two."""
        return [Tags(encode(example.spans, len(example.sentence))) for example in examples]

    def save(self, folder: Path) -> None:
        """Write the counts and the units into ``folder``."""
        np.savez(folder / "counts.npz", follow=self.follow, emit=self.emit)
        (folder / "units.json").write_text(json.dumps([*self.units]), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote."""
        units = json.loads((folder / "units.json").read_text(encoding="utf-8"))
        self.units = {unit: column for column, unit in enumerate(units)}
        with np.load(folder / "counts.npz") as counts:
            self.follow, self.emit = counts["follow"], counts["emit"]
