"""Two kinds of model that score an answer tag by tag, each with its own cache.

Encoder-decoder: a position of the decoder is one of its cache (T5's relative bias), so no row may
have a hole there; blocks are equally wide for all rows. Decoder-only: rows are padded on the left,
between the shared prefix and the sentence, and positions are given explicitly.
"""

from collections.abc import Mapping

import torch
from transformers import PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from backends.generating import cache
from backends.generating.padding import additive, causal_mask, waits_for_mask


class IncrementalEncoderDecoder:
    """Scores answers with the decoder; the inputs are encoded once.

    Args:
        model: an encoder-decoder whose head scores the tags alone.
        inputs: (sentences, positions), padded on the right.
        mask: (sentences, positions), 0 where padded.
        first: decoder start and all that is forced before the first tag, (sentences, width).
        capacity: decoder positions that a row needs at most.
        beam: rows per sentence.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        inputs: torch.Tensor,
        mask: torch.Tensor,
        first: torch.Tensor,
        capacity: int,
        beam: int = 1,
    ) -> None:
        self._model = model
        states = model.get_encoder()(input_ids=inputs, attention_mask=mask).last_hidden_state
        self._states = states.repeat_interleave(beam, 0)  # (rows, positions, width)
        self._first = first.repeat_interleave(beam, 0)  # (rows, width)
        self._cache = EncoderDecoderCache(cache.slabs(capacity), DynamicCache())
        # Masks in the form attention adds them: made once, not in every pass.
        self._inputs = additive(mask.repeat_interleave(beam, 0)[:, None, None].bool(), states)
        past = torch.ones(capacity, capacity, dtype=torch.bool, device=states.device).tril()
        self._past = additive(past[None, None], states)  # (1, 1, capacity, capacity)

    def begin(self) -> torch.Tensor:
        """Scores of the first tag: (rows, tags)."""
        return self.step(self._first)

    def step(self, block: torch.Tensor) -> torch.Tensor:
        """Scores of the next tag, after ``block``: (rows, tags)."""
        start = self._cache.get_seq_length()
        end = start + block.shape[1]
        scores: torch.Tensor = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._states),
            attention_mask=self._inputs,
            decoder_input_ids=block,
            decoder_attention_mask=self._past[:, :, start:end, :end],
            past_key_values=self._cache,
            use_cache=True,
        ).logits
        return scores[:, -1]

    def keep(self, rows: torch.Tensor, *, moved: bool) -> None:
        """Go on with ``rows``; what the encoder said is the same for all beams of a sentence."""
        cache.keep(self._cache.self_attention_cache, rows, moved=moved)
        if len(rows) == len(self._states):
            return
        self._states, self._inputs = self._states[: len(rows)], self._inputs[: len(rows)]
        for layer in self._cache.cross_attention_cache.layers:
            layer.keys, layer.values = layer.keys[: len(rows)], layer.values[: len(rows)]


class IncrementalCausal:
    """Scores answers behind a prefix that all rows share and a prompt of their own.

    Args:
        model: a causal language model whose head scores the tags alone.
        prefix: the cache of the shared prefix, one row (see ``read_prefix``).
        prompts: the rest of the prompt and all that is forced before the first tag,
            (sentences, positions), padded on the left.
        mask: (sentences, positions), 0 where padded.
        capacity: positions behind ``prompts`` that a row needs at most.
        beam: rows per sentence.
        told: what an aligned model is told of the questions, a row for each sentence.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        prefix: Cache,
        prompts: torch.Tensor,
        mask: torch.Tensor,
        capacity: int,
        beam: int = 1,
        told: Mapping[str, torch.Tensor] | None = None,
    ) -> None:
        self._model = model
        shared, rows = prefix.get_seq_length(), len(prompts) * beam
        room = shared + prompts.shape[1] + capacity
        self._cache = cache.spread(prefix, rows, room)
        self._prompts = prompts.repeat_interleave(beam, 0)  # (rows, positions)
        self._mask = mask.new_ones(rows, room)  # (rows, positions)
        self._mask[:, shared : shared + prompts.shape[1]] = mask.repeat_interleave(beam, 0)
        self._positions = self._mask.cumsum(1) - 1  # (rows, positions)
        self._padded = not bool(mask.all())
        told = told or {}
        self._told = {name: one.repeat_interleave(beam, 0) for name, one in told.items()}

    def begin(self) -> torch.Tensor:
        """Scores of the first tag: (rows, tags)."""
        return self.step(self._prompts)

    def step(self, block: torch.Tensor) -> torch.Tensor:
        """Scores of the next tag, after ``block``: (rows, tags)."""
        start = self._cache.get_seq_length()
        end = start + block.shape[1]
        scores: torch.Tensor = self._model(
            input_ids=block,
            attention_mask=self._seen(start, end),
            position_ids=self._positions[:, start:end].clamp(min=0),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
            **self._told,
        ).logits
        return scores[:, -1]

    def _seen(self, start: int, end: int) -> torch.Tensor | None:
        """What the positions from ``start`` may look at."""
        if self._told:
            return self._mask[:, :end]
        if waits_for_mask(self._model):
            return causal_mask(self._mask[:, :end], start)
        return self._mask[:, :end] if self._padded else None

    def keep(self, rows: torch.Tensor, *, moved: bool) -> None:
        """Go on with ``rows``; the padding is the same for all beams of a sentence."""
        cache.keep(self._cache, rows, moved=moved)
        self._mask, self._positions = self._mask[: len(rows)], self._positions[: len(rows)]
        self._told = {name: one[: len(rows)] for name, one in self._told.items()}


def read_prefix(model: PreTrainedModel, prefix: torch.Tensor) -> Cache:
    """The cache of a prefix of (1, positions) that many rows share."""
    slabs = cache.slabs(prefix.shape[1])
    model(input_ids=prefix, past_key_values=slabs, use_cache=True, logits_to_keep=1)
    return slabs
