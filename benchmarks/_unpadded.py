"""An encoder without padding: the sentences of a batch in one row, each attending to itself alone.

The same batches as the backend that it is made of, the same mathematics, no slot that holds
nothing. On a GPU attention is torch's ``varlen_attn``, elsewhere a product for each sentence, which
beats masks and nested tensors on a CPU. ``varlen_attn`` has no dropout, so neither side has any.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from backends.encoder import BertSoftmax
from backends.tagging.heads import Head
from backends.tagging.tagger import Tagger
from harness.core import Sentence

NAME = "unpadded"


class Row(NamedTuple):
    """Sentences as one row.

    ``ids`` and ``places`` (1, pieces); ``ends`` (sentences + 1,), where sentences begin and end, on
    the device and on the host; ``firsts`` and the rest as in ``backends.tagging.tagger.Batch``.
    """

    ids: torch.Tensor
    places: torch.Tensor
    ends: torch.Tensor
    borders: tuple[int, ...]
    firsts: torch.Tensor
    lengths: tuple[int, ...]


def attend(
    _layer: Any, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, *_: Any,
    ends: torch.Tensor, borders: tuple[int, ...], **__: Any,
) -> tuple[torch.Tensor, None]:  # fmt: skip
    """Attention within each sentence of (1, heads, pieces, size): (1, pieces, heads, size)."""
    if queries.is_cuda:
        longest = max(end - start for start, end in pairwise(borders))
        flat = (part[0].transpose(0, 1).bfloat16() for part in (queries, keys, values))
        found = varlen_attn(*flat, ends, ends, longest, longest)  # (pieces, heads, size)
        return found.to(queries.dtype)[None], None
    sizes = [end - start for start, end in pairwise(borders)]
    parts = zip(*(part.split(sizes, dim=2) for part in (queries, keys, values)), strict=True)
    return torch.cat([scaled_dot_product_attention(*p) for p in parts], 2).transpose(1, 2), None


AttentionInterface.register(NAME, attend)


class _Tagger(Tagger):
    def forward(self, batch: Any) -> torch.Tensor:
        """Scores in fp32 (units, tags)."""
        output = self.encoder(
            batch.ids, position_ids=batch.places, ends=batch.ends, borders=batch.borders
        )
        units = output.last_hidden_state[0].index_select(0, batch.firsts)  # (units, width)
        return self.classifier(self.dropout(units)).float()


class Unpadded(BertSoftmax):
    """``BertSoftmax`` whose batches are rows."""

    def tagger(self, encoder: Any, head: Head) -> Tagger:
        encoder.set_attn_implementation(NAME)
        return _Tagger(encoder, head, self.shape.dropout)

    def batch(self, sentences: Sequence[Sentence]) -> Any:
        encoded = [self.tokenizer.encode(sentence) for sentence in sentences]
        sizes = [len(e.ids) for e in encoded]
        borders = np.cumsum([0, *sizes])
        firsts = [np.array(e.firsts) + start for e, start in zip(encoded, borders, strict=False)]
        return Row(
            torch.from_numpy(np.concatenate([e.ids for e in encoded]))[None],
            torch.from_numpy(np.concatenate([np.arange(size) for size in sizes]))[None],
            torch.from_numpy(borders.astype(np.int32)),
            tuple(borders.tolist()),
            torch.from_numpy(np.concatenate(firsts)),
            tuple(len(e.firsts) for e in encoded),
        )
