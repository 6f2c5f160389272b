"""A backend that learns from raw text how often a character follows another; it reads in sittings.

``sitting`` windows are read at a time, then it stops as if it were interrupted.
"""

import itertools
import json
import math
from collections import Counter

from harness.errors import ConfigError
from harness.protocol import CurvePoint, PretrainReport


class Bigrams:
    family = "counts"
    longest_text = 512

    text_options = frozenset({"smoothing"})

    def __init__(self, context, *, smoothing: float = 1.0, epochs: int = 3):
        self.context, self.smoothing = context, smoothing

    def fit(self, train, dev): ...

    def predict(self, sentences): ...

    def save(self, folder): ...

    def load(self, folder): ...

    def pretrain(self, text, folder, *, sitting: int = 0, skip: int = 0) -> PretrainReport:
        if self.smoothing == 0:
            raise ConfigError("smoothing=0: a pair that never came would be impossible")
        state = folder / "state.json"
        done, pairs = json.loads(state.read_text()) if state.is_file() else (0, {})
        counts = Counter(pairs)
        for number, window in enumerate(text.read(done), start=done + 1):
            counts.update(first + second for first, second in itertools.pairwise(window))
            state.write_text(json.dumps([number, counts]))
            if number - done == sitting:
                raise RuntimeError("interrupted")
        (folder / "pairs.json").write_text(json.dumps(counts))
        loss = math.log(len(counts) + self.smoothing)
        read = (text.windows - skip) * text.length
        curve = (CurvePoint(read, 0.5, 0.0, {"next": loss}),)
        return PretrainReport(
            "the next character", len(counts), len(counts), "fp32", read, 0.5, 2e6, curve
        )


class Deaf:
    """A backend that cannot be pretrained."""

    def __init__(self, context, *, minimum: int = 1):
        self.minimum = minimum
