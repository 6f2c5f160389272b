"""An encoder with a pointer over first pieces, and what it is fed: sentences and their entities."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from backends.pointing.pointer import EfficientPointer
from backends.tagging.ngrams import NgramScores
from backends.tagging.tagger import Batch, UnitReader
from backends.tagging.unit_cells import UnitCells
from harness.core import Example


class SpanBatch(NamedTuple):
    """Sentences as tensors, and the grid of their units."""

    sentences: Batch
    grid: UnitCells


class LabelledSpans(NamedTuple):
    """Sentences to train on; ``gold`` (entities,) as of ``Distribution``."""

    batch: SpanBatch
    gold: torch.Tensor


class SpanScorer(UnitReader):
    """``encoder`` (of transformers) and a pointer over its last layer.

    Args:
        encoder: a model whose output has a ``last_hidden_state``.
        labels: how many there are.
        size: of the pointer's queries and keys.
        dropout, word_dropout, unknown: as of ``UnitReader``.
        ngrams: scores of the n-grams around a unit in each of its roles, which are added.
    """

    def __init__(
        self,
        encoder: Any,
        labels: int,
        size: int,
        dropout: float,
        *,
        word_dropout: float = 0.0,
        unknown: int = 0,
        ngrams: NgramScores | None = None,
    ) -> None:
        super().__init__(encoder, dropout, word_dropout, unknown)
        self.pointer = EfficientPointer(encoder.config.hidden_size, labels, size)
        self.ngrams = ngrams

    def forward(self, batch: SpanBatch) -> torch.Tensor:
        """Scores in fp32 (batch, labels, longest, longest)."""
        sentences, grid = batch
        ids, units = self.read(sentences)
        beside = None
        if self.ngrams is not None:
            beside = self.ngrams(ids, sentences.attention, sentences.firsts)
        scores: torch.Tensor = self.pointer(units, grid, beside)
        return scores


def gold_of(examples: Sequence[Example], labels: Sequence[str]) -> torch.Tensor:
    """The places of the entities of ``examples`` in their flattened scores (entities,)."""
    longest = max(len(example.sentence) for example in examples)
    number = {label: place for place, label in enumerate(labels)}
    return torch.tensor(
        [
            ((row * len(labels) + number[span.label]) * longest + span.start) * longest
            + span.end - 1
            for row, example in enumerate(examples)
            for span in example.spans
        ],
        dtype=torch.int64,
    )  # fmt: skip
