"""T5 and mT5 score their own answers with few and large operations.

The same sums as transformers' decoder, which spends most of a small step on bookkeeping: here the
three projections of a layer are one product, position biases and masks are made once for the whole
answer, and in the last layer only the position that is asked about goes on. A test holds both to
the same tags, and ``incremental.IncrementalEncoderDecoder`` decodes every other encoder-decoder.
"""

from typing import Any

import torch
from torch.nn.functional import linear, rms_norm

from backends.generating.aligned import is_aligned
from backends.generating.cache import Slab
from backends.generating.padding import additive, key_mask

# Families whose decoder layers are exactly self-attention, attention across, feed-forward, with
# the position bias of the first layer for all.
KNOWN = ("t5", "mt5")


class IncrementalT5:
    """Scores answers with T5's decoder; the inputs are encoded once.

    Args: as of ``IncrementalEncoderDecoder``.
    """

    def __init__(
        self,
        model: Any,
        inputs: torch.Tensor,
        mask: torch.Tensor,
        first: torch.Tensor,
        capacity: int,
        beam: int = 1,
    ) -> None:
        encoded = model.get_encoder()(inputs, attention_mask=key_mask(mask))
        states = encoded.last_hidden_state.repeat_interleave(beam, 0)  # (rows, positions, width)
        seen = encoded.seen.repeat_interleave(beam, 0) if is_aligned(model) else states
        self._inputs = mask.repeat_interleave(beam, 0), seen
        self._across = _across(model, self._inputs[0], capacity, states)
        self._model, self._decoder = model, model.get_decoder()
        self._first = first.repeat_interleave(beam, 0)  # (rows, width)
        self._layers = [_Layer(block, states, capacity) for block in self._decoder.block]
        self._bias = self._past(capacity, states)  # (1, heads, capacity, capacity)

    def _past(self, capacity: int, states: torch.Tensor) -> torch.Tensor:
        """The bias of each place for each place before it, and no way to those behind it."""
        attention = self._decoder.block[0].layer[0].SelfAttention
        bias: torch.Tensor = attention.compute_bias(capacity, capacity, device=states.device)
        before = torch.ones(capacity, capacity, dtype=torch.bool, device=states.device).tril()
        return bias + additive(before, states)

    def begin(self) -> torch.Tensor:
        """Scores of the first tag: (rows, tags)."""
        return self.step(self._first)

    def step(self, block: torch.Tensor) -> torch.Tensor:
        """Scores of the next tag, after ``block``: (rows, tags)."""
        start = self._layers[0].past.filled
        end = start + block.shape[1]
        bias = self._bias[:, :, start:end, :end]
        across = None if self._across is None else self._across[:, :, start:end]
        last = None if across is None else across[:, :, -1:]
        stream = self._read(block, start)  # (rows, positions, width)
        for layer in self._layers[:-1]:
            stream = layer(stream, stream, bias, across)
        stream = self._layers[-1](stream, stream[:, -1:], bias[:, :, -1:], last)  # (rows, 1, width)
        return self._scores(_norm(self._decoder.final_layer_norm, stream[:, -1]))

    def _read(self, block: torch.Tensor, start: int) -> torch.Tensor:
        """What the decoder reads (rows, positions, width) of ``block``, which is at ``start``."""
        if is_aligned(self._model):
            read: torch.Tensor = self._model.read(block, *self._inputs, start)
        else:
            read = self._decoder.embed_tokens(block)
        return read

    def _scores(self, hidden: torch.Tensor) -> torch.Tensor:
        """What the head says to ``hidden`` (rows, width); T5 1.0 scales before it."""
        if getattr(self._model.config, "scale_decoder_outputs", False):
            hidden = hidden * self._model.model_dim**-0.5
        scores: torch.Tensor = self._model.get_output_embeddings()(hidden)  # (rows, tags)
        return scores

    def keep(self, rows: torch.Tensor, *, moved: bool) -> None:
        """Go on with ``rows``; what the encoder said is the same for all beams of a sentence."""
        for layer in self._layers:
            layer.keep(rows, moved=moved)
        mask, seen = self._inputs
        self._inputs = mask[: len(rows)], seen[: len(rows)]
        if self._across is not None:
            self._across = self._across[: len(rows)]


def _across(
    model: Any, mask: torch.Tensor, capacity: int, states: torch.Tensor
) -> torch.Tensor | None:
    """What attention across adds (rows, heads or 1, capacity, positions); None for nothing."""
    if is_aligned(model):
        seen = model.across(mask, 0, capacity)
    elif bool(mask.all()):
        return None
    else:
        seen = key_mask(mask)  # (rows, 1, 1, positions)
    added = additive(seen, states) if seen.dtype == torch.bool else seen
    return added.expand(-1, -1, capacity, -1)


class _Layer:
    """A decoder layer with its keys and values, of the answer so far and of the inputs."""

    def __init__(self, block: Any, states: torch.Tensor, capacity: int) -> None:
        self.norms = [layer.layer_norm for layer in block.layer]
        inner, across = block.layer[0].SelfAttention, block.layer[1].EncDecAttention
        self.heads = inner.n_heads
        self.projections = torch.cat([inner.q.weight, inner.k.weight, inner.v.weight])
        self.out, self.cross_query, self.cross_out = inner.o, across.q, across.o
        self.keys, self.values = (
            self._split(project(states)).contiguous() for project in (across.k, across.v)
        )  # (rows, heads, positions, size)
        self.feed = block.layer[2].DenseReluDense
        self.past = Slab(capacity)

    def __call__(
        self,
        stream: torch.Tensor,
        tail: torch.Tensor,
        bias: torch.Tensor,
        mask: torch.Tensor | None,
    ) -> torch.Tensor:
        """``tail``, the last of ``stream`` (rows, positions, width), one layer on."""
        projected = linear(_norm(self.norms[0], stream), self.projections)
        queries, keys, values = map(self._split, projected.chunk(3, -1))
        keys, values = self.past.update(keys, values)
        queries = queries[:, :, -tail.shape[1] :]  # (rows, heads, positions, size)
        tail = tail + self.out(self._attend(queries, keys, values, bias))
        queries = self._split(self.cross_query(_norm(self.norms[1], tail)))
        tail = tail + self.cross_out(self._attend(queries, self.keys, self.values, mask))
        fed: torch.Tensor = self.feed(_norm(self.norms[2], tail))
        return tail + fed

    def _split(self, projected: torch.Tensor) -> torch.Tensor:
        """(rows, positions, heads * size) by heads: (rows, heads, positions, size)."""
        by_head: torch.Tensor = projected.unflatten(-1, (self.heads, -1))
        return by_head.transpose(1, 2)

    def _attend(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        bias: torch.Tensor | None,
    ) -> torch.Tensor:
        """Attention as T5 has it, with no scale: (rows, positions, heads * size)."""
        scores = queries @ keys.transpose(2, 3)  # (rows, heads, positions, keys)
        scores = scores if bias is None else scores + bias
        return (scores.softmax(-1) @ values).transpose(1, 2).flatten(2)

    def keep(self, rows: torch.Tensor, *, moved: bool) -> None:
        if moved:
            self.past.reorder(rows)
        elif len(rows) < len(self.past.keys):
            self.past.narrow(len(rows))
        if len(rows) < len(self.keys):
            self.keys, self.values = self.keys[: len(rows)], self.values[: len(rows)]


def _norm(norm: Any, stream: torch.Tensor) -> torch.Tensor:
    return rms_norm(stream, stream.shape[-1:], norm.weight, norm.variance_epsilon)
