"""A maximum length as an option: only the first units of a sentence are read.

What is not read is named in the answer and gold is scored whole, so what the habit costs shows.
"""

from dataclasses import dataclass

from harness.core import Example, Sentence
from harness.data.windows import clip
from harness.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Cut:
    """Keeps the first ``units`` of a sentence; 0 keeps all.

    Raises:
        ConfigError: for a negative number.
    """

    units: int

    def __post_init__(self) -> None:
        if self.units < 0:
            msg = f"cut={self.units}: a number of units to read, or 0 for all of them"
            raise ConfigError(msg)

    def sentence(self, sentence: Sentence) -> Sentence:
        """What is read of ``sentence``."""
        if not 0 < self.units < len(sentence):
            return sentence
        return Sentence(sentence.id, sentence.units[: self.units], sentence.joiner)

    def example(self, example: Example) -> Example:
        """What is learned from ``example``."""
        sentence = self.sentence(example.sentence)
        if sentence is example.sentence:
            return example
        return Example(sentence, clip(example.spans, 0, len(sentence)))
