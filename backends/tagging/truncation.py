"""A maximum length as an option: only the first units of a sentence are read.

What is not read is named in the answer and gold is scored whole, so what the habit costs shows.
"""

from dataclasses import dataclass

from harness.core import Example, Sentence
from harness.data.windows import clip


@dataclass(frozen=True, slots=True)
class Truncation:
    """Keeps the first ``max_length`` units of a sentence; 0 keeps all."""

    max_length: int

    def sentence(self, sentence: Sentence) -> Sentence:
        """What is read of ``sentence``."""
        if not 0 < self.max_length < len(sentence):
            return sentence
        return Sentence(sentence.id, sentence.units[: self.max_length], sentence.joiner)

    def example(self, example: Example) -> Example:
        """What is learned from ``example``."""
        sentence = self.sentence(example.sentence)
        if sentence is example.sentence:
            return example
        return Example(sentence, clip(example.spans, 0, len(sentence)))
