"""A third-party backend: tags the mentions that it saw at least ``minimum`` times in training."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness.core import Example, Sentence, Tags
from harness.generation.readback import every
from harness.protocol import Context, FitReport
from harness.tags import encode


class Gazetteer:
    family = "lexicon"

    def __init__(self, context: Context, *, minimum: int = 1) -> None:
        self.context, self.minimum = context, minimum
        self.entries: dict[str, str] = {}

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        seen = Counter((e.sentence.mention(span), span.label) for e in train for span in e.spans)
        self.entries = {text: label for (text, label), n in seen.items() if n >= self.minimum}
        return FitReport(weights="none", parameters=len(self.entries), trained=len(self.entries))

    def predict(self, sentences: Sequence[Sentence]) -> Sequence[Tags]:
        names = [(label, text) for text, label in self.entries.items()]
        return [Tags(encode(every(s, names), len(s))) for s in sentences]

    def save(self, folder: Path) -> None:
        (folder / "entries.json").write_text(json.dumps(self.entries), encoding="utf-8")

    def load(self, folder: Path) -> None:
        self.entries = json.loads((folder / "entries.json").read_text(encoding="utf-8"))
