"""An encoder with one classifier over first pieces: one row of scores for each unit, no other.

Padding, [CLS], [SEP] and later pieces are dropped as soon as the encoder is through; what follows
works on a flat row of units.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from backends.tagging.encoding import TokenizedSentence
from backends.tagging.heads import Head, Targets
from backends.tagging.ngrams import NgramScores
from backends.tagging.unit_cells import UnitCells


class Batch(NamedTuple):
    """Sentences as tensors.

    ``ids`` (batch, pieces); ``attention`` of the same shape, or None if nothing is padding;
    ``firsts`` (units,), the places of first pieces in the flattened ``ids``; ``lengths``, the units
    of each sentence.
    """

    ids: torch.Tensor
    attention: torch.Tensor | None
    firsts: torch.Tensor
    lengths: tuple[int, ...]


class LabelledBatch(NamedTuple):
    """Sentences to train on."""

    batch: Batch
    targets: Targets


def collate(encoded: Sequence[TokenizedSentence], padding: int) -> Batch:
    """Sentences, padded to the longest of them."""
    lengths = np.array([len(e.ids) for e in encoded])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (batch, pieces)
    ids = np.full(mask.shape, padding)
    ids[mask] = np.concatenate([e.ids for e in encoded])
    firsts = np.concatenate(
        [np.array(e.firsts, np.int64) + row * mask.shape[1] for row, e in enumerate(encoded)]
    )
    return Batch(
        torch.from_numpy(ids),
        None if mask.all() else torch.from_numpy(mask),
        torch.from_numpy(firsts),
        tuple(len(e.firsts) for e in encoded),
    )


def targets_of(tags: Sequence[Sequence[int]]) -> Targets:
    """The gold of a batch, from the tag ids of each sentence."""
    flat = np.concatenate([np.array(row) for row in tags])
    return Targets(torch.from_numpy(flat), *UnitCells.of([len(row) for row in tags]))


class UnitReader(torch.nn.Module):
    """``encoder`` (of transformers), read at first pieces.

    Args:
        encoder: a model whose output has a ``last_hidden_state``.
        dropout: of what is read.
        word_dropout: how often a first piece is read as ``unknown`` in training, so that a tag is
            learned from the context too, and new names are nothing new.
        unknown: the id of the unknown piece.
    """

    def __init__(self, encoder: Any, dropout: float, word_dropout: float, unknown: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.word_dropout, self.unknown = word_dropout, unknown
        self.dropout = torch.nn.Dropout(dropout)

    def read(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The ids (batch, pieces) that are read, and what is read of units (units, width)."""
        ids = self._with_unknowns(batch) if self.training and self.word_dropout else batch.ids
        hidden = self.encoder(ids, attention_mask=_mask(batch.attention)).last_hidden_state
        units = hidden.flatten(0, 1).index_select(0, batch.firsts)  # (units, width)
        return ids, self.dropout(units)

    def _with_unknowns(self, batch: Batch) -> torch.Tensor:
        """The ids (batch, pieces), some first pieces unknown."""
        flat = batch.ids.flatten()
        firsts = flat.index_select(0, batch.firsts)  # (units,)
        gone = torch.rand(firsts.shape, device=firsts.device) < self.word_dropout
        kept = firsts.masked_fill(gone, self.unknown)
        return flat.index_copy(0, batch.firsts, kept).view_as(batch.ids)


class Tagger(UnitReader):
    """A linear classifier of what is read of units, and a head.

    Args:
        encoder, dropout, word_dropout, unknown: as of ``UnitReader``.
        head: the loss and the decoder.
        ngrams: scores of the n-grams around a unit, which are added.
    """

    def __init__(
        self,
        encoder: Any,
        head: Head,
        dropout: float,
        *,
        word_dropout: float = 0.0,
        unknown: int = 0,
        ngrams: NgramScores | None = None,
    ) -> None:
        super().__init__(encoder, dropout, word_dropout, unknown)
        self.classifier = torch.nn.Linear(encoder.config.hidden_size, head.tags)
        self.head, self.ngrams = head, ngrams

    def forward(self, batch: Batch) -> torch.Tensor:
        """Scores in fp32 (units, tags)."""
        ids, units = self.read(batch)
        scores: torch.Tensor = self.classifier(units)  # (units, tags)
        if self.ngrams is not None:
            scores = scores + self.ngrams(ids, batch.attention, batch.firsts)
        return scores.float()


def _mask(attention: torch.Tensor | None) -> torch.Tensor | None:
    """Who may look at whom; None where nothing is padding."""
    return None if attention is None else mask_of(attention)


def mask_of(attention: torch.Tensor) -> torch.Tensor:
    """Who may look at whom (batch, 1, pieces, pieces).

    Made here, because transformers looks at the values of a (batch, pieces) mask to see whether it
    can do without, which waits for the device at every step.
    """
    rows, pieces = attention.shape
    return attention[:, None, None, :].expand(rows, 1, pieces, pieces)
