"""The baseline of remembered mentions: at each unit the longest one, under its most frequent label.

No torch, nothing learned but a table: a model that does not beat it knows names by heart only.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field

from harness.core import Example, Sentence, Span, Tags
from harness.protocol import Context, FitReport
from harness.tags import encode

FILE = "mentions.json"
Shortest: TypeAlias = Annotated[
    int, Field(ge=1, description="mentions of fewer characters are not remembered")
]


class Dictionary:
    """Longest match, from left to right, against the mentions of the training set."""

    family = "lexicon"

    def __init__(self, context: Context, *, shortest: Shortest = 2) -> None:
        """Take note of the option."""
        self.context, self.shortest = context, shortest
        self.labels: dict[tuple[str, ...], str] = {}

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Remember the mentions of ``train``; there is nothing to select on ``dev``."""
        counts: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for example in train:
            for span in example.spans:
                if len(example.sentence.mention(span)) >= self.shortest:
                    counts[example.sentence.units[span.start : span.end]][span.label] += 1
        self.labels = {mention: labels.most_common(1)[0][0] for mention, labels in counts.items()}
        return FitReport(weights="none", parameters=len(self.labels), trained=len(self.labels))

    def predict(self, sentences: Sequence[Sentence]) -> list[Tags]:
        """One answer per sentence, in order."""
        longest = max(map(len, self.labels), default=0)
        return [Tags(encode(self._spans(s.units, longest), len(s))) for s in sentences]

    def _spans(self, units: tuple[str, ...], longest: int) -> Iterator[Span]:
        start = 0
        while start < len(units):
            ends = range(min(len(units), start + longest), start, -1)
            end = next((end for end in ends if units[start:end] in self.labels), None)
            if end:
                yield Span(start, end, self.labels[units[start:end]])
            start = end or start + 1

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> list[Tags]:
        """Gold as tags: nothing stands between the two."""
        return [Tags(encode(example.spans, len(example.sentence))) for example in examples]

    def save(self, folder: Path) -> None:
        """Write the mentions into ``folder``."""
        rows = [[*mention, label] for mention, label in sorted(self.labels.items())]
        (folder / FILE).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote."""
        rows = json.loads((folder / FILE).read_text(encoding="utf-8"))
        self.labels = {tuple(mention): label for *mention, label in rows}
