"""An encoder with one classifier over first pieces: one row of scores for each unit, no other.

Padding, [CLS], [SEP] and later pieces are dropped as soon as the encoder is through; what follows
works on a flat row of units.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from backends._encoding import Encoded
from backends._heads import Gold, Head


class Batch(NamedTuple):
    """Sentences as tensors.

    ``ids`` (batch, pieces); ``attention`` of the same shape, or None where nothing is padding;
    ``firsts`` (units,), the places of first pieces in the flattened ``ids``; ``lengths``, the units
    of each sentence; ``gold`` in training.
    """

    ids: torch.Tensor
    attention: torch.Tensor | None
    firsts: torch.Tensor
    lengths: tuple[int, ...]
    gold: Gold | None = None


def collate(encoded: Sequence[Encoded], padding: int) -> Batch:
    """Sentences, padded to the longest of them."""
    lengths = np.array([len(e.ids) for e in encoded])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (batch, pieces)
    ids = np.full(mask.shape, padding)
    ids[mask] = np.concatenate([e.ids for e in encoded])
    firsts = np.concatenate(
        [np.array(e.firsts) + row * mask.shape[1] for row, e in enumerate(encoded)]
    )
    return Batch(
        torch.from_numpy(ids),
        None if mask.all() else torch.from_numpy(mask),
        torch.from_numpy(firsts),
        tuple(len(e.firsts) for e in encoded),
    )


def gold_of(tags: Sequence[Sequence[int]]) -> Gold:
    """The gold of a batch, from the tag ids of each sentence."""
    lengths = np.array([len(row) for row in tags])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (batch, longest)
    flat = np.concatenate([np.array(row) for row in tags])
    return Gold(*map(torch.from_numpy, (flat, np.flatnonzero(mask), mask)))


class Tagger(torch.nn.Module):
    """``encoder`` (of transformers), a linear classifier of its last layer, and a head."""

    def __init__(self, encoder: Any, head: Head, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = torch.nn.Dropout(dropout)
        self.classifier = torch.nn.Linear(encoder.config.hidden_size, head.tags)
        self.head = head

    def forward(self, batch: Batch) -> torch.Tensor:
        """Scores in fp32 (units, tags)."""
        hidden = self.encoder(batch.ids, attention_mask=_mask(batch.attention)).last_hidden_state
        units = hidden.flatten(0, 1).index_select(0, batch.firsts)  # (units, width)
        scores: torch.Tensor = self.classifier(self.dropout(units))  # (units, tags)
        return scores.float()


def _mask(attention: torch.Tensor | None) -> torch.Tensor | None:
    """Who may look at whom (batch, 1, pieces, pieces).

    Made here, because transformers looks at the values of a (batch, pieces) mask to see whether it
    can do without, which waits for the device at every step.
    """
    if attention is None:
        return None
    rows, pieces = attention.shape
    return attention[:, None, None, :].expand(rows, 1, pieces, pieces)
