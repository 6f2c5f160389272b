"""What is written: sentences with entities, gold or found, and entities as offsets of text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.core import Sentence, Span
from harness.errors import DataError

NEAR = "write jsonl, which holds everything"


@dataclass(frozen=True, slots=True)
class Annotated:
    """A sentence with its entities; ``confidence`` has the probability of each, where known.

    ``found`` says that a model found them: they are no gold.
    """

    sentence: Sentence
    spans: tuple[Span, ...]
    document: str | None = None
    confidence: tuple[float, ...] | None = None
    found: bool = False

    def entities(self) -> Iterator[dict[str, Any]]:
        """Each entity with its half-open offsets in code points of the text."""
        for place, span in enumerate(self.spans):
            start, end = self.sentence.characters(span)
            found = {"start": start, "end": end, "label": span.label,
                     "text": self.sentence.text[start:end]}  # fmt: skip
            sure = {} if self.confidence is None else {"confidence": self.confidence[place]}
            yield found | sure


def is_text(sentence: Sentence) -> bool:
    """Whether the text alone tells the units: cut at each joiner, or at each character."""
    text, joiner = sentence.text, sentence.joiner
    return tuple(text.split(joiner) if joiner else text) == sentence.units


def require_text(items: Iterable[Annotated], name: str) -> None:
    """Refuse units that a format of bare text would take apart.

    Raises:
        DataError: with the first such unit.
    """
    for one in items:
        if not is_text(one.sentence):
            joiner = one.sentence.joiner
            odd = next(u for u in one.sentence.units if (joiner in u if joiner else len(u) > 1))
            msg = (
                f"{one.sentence.id}: {odd!r} is one unit, and {name} holds bare text, in which it "
                f"is several; {NEAR}"
            )
            raise DataError(msg)


def require_lines(items: Iterable[Annotated], name: str) -> None:
    """Refuse sentences that hold the end of a line, or nothing that is seen.

    Raises:
        DataError: with the first such sentence.
    """
    for one in items:
        text = one.sentence.text
        if "\n" in text or "\r" in text or not text.strip(" \t"):
            msg = f"{one.sentence.id}: {text[:30]!r} is no line of a file of {name}; {NEAR}"
            raise DataError(msg)
