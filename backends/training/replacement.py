"""Mention replacement: a training sentence with other names of the same types in their places.

Names are drawn from the sentences of train alone, as often as they stand there (Dai and Adel 2020,
"An analysis of simple data augmentation for named entity recognition"). What an epoch reads is a
function of the seed and of its number, so a training that goes on reads the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from harness.core import Example, Span
from harness.errors import ConfigError
from harness.sequences import kept_as


class Replacement:
    """Replaces each mention of ``train`` at ``rate``, where what comes of it ``fits``.

    Raises:
        ConfigError: for nested gold.
    """

    def __init__(
        self, train: Sequence[Example], rate: float, seed: int, fits: Callable[[Example], bool]
    ) -> None:
        if rate and any(example.nested for example in train):
            msg = (
                f"replace_mentions={rate}: gold is nested, and another name would bring other "
                "names within it, which nobody labelled; leave the option out"
            )
            raise ConfigError(msg)
        self.train, self.rate, self.seed, self.fits = train, rate, seed, fits
        self.names: dict[str, list[tuple[str, ...]]] = {}
        once: dict[tuple[str, ...], tuple[str, ...]] = {}
        for example in train if rate else ():
            for span in example.spans:
                name = example.sentence.units[span.start : span.end]
                self.names.setdefault(span.label, []).append(once.setdefault(name, name))

    def epoch(self, number: int) -> Sequence[Example]:
        """What is read of each sentence in the epoch of that ``number``."""
        if not self.rate:
            return self.train
        rng = np.random.default_rng([self.seed, number, 1])  # batches are drawn from two numbers
        return kept_as(self.train, (self._replaced(example, rng) for example in self.train))

    def _replaced(self, example: Example, rng: np.random.Generator) -> Example:
        names = [self._name(span, rng) for span in example.spans]
        if not any(names):
            return example
        made = _with(example, names)
        return made if self.fits(made) else example

    def _name(self, span: Span, rng: np.random.Generator) -> tuple[str, ...] | None:
        """The name that is to stand in the place of ``span``; None for the one that does."""
        known = self.names[span.label]
        return known[rng.integers(len(known))] if rng.random() < self.rate else None


def _with(example: Example, names: Sequence[tuple[str, ...] | None]) -> Example:
    """``example`` with each of its mentions, in order, called by the name that is given."""
    units: list[str] = []
    spans: list[Span] = []
    end = 0
    for span, name in zip(example.spans, names, strict=True):
        units += example.sentence.units[end : span.start]
        start, end = len(units), span.end
        units += name or example.sentence.units[span.start : span.end]
        spans.append(Span(start, len(units), span.label))
    units += example.sentence.units[end:]
    return Example(replace(example.sentence, units=tuple(units)), tuple(spans))
