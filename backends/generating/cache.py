"""Keys and values in one block of memory that is allocated once and never copied as it grows.

Transformers' dynamic cache concatenates, so n steps copy O(n^2) bytes. Here each step writes behind
what is there; rows that are done leave by making the view shorter, beams move by row index.
"""

from functools import partial
from typing import Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin


class Slab(CacheLayerMixin):
    """The keys and values of one attention layer, for at most ``capacity`` positions."""

    is_sliding = False

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.capacity = capacity
        self.filled = 0

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Take the memory, in the shape of the first states."""
        self.keys = _room(key_states, self.capacity)
        self.values = _room(value_states, self.capacity)
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_args: Any, **_kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """All keys and values so far, the new ones written behind the old ones."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self.filled + key_states.shape[-2]
        self.keys[:, :, self.filled : end] = key_states  # (rows, heads, capacity, width)
        self.values[:, :, self.filled : end] = value_states  # (rows, heads, capacity, width)
        self.filled = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """The number of keys after the next ``query_length`` queries, and their offset."""
        return self.filled + query_length, 0

    def get_seq_length(self) -> int:
        """The number of positions held."""
        return self.filled

    def get_max_length(self) -> int:
        """The number of positions there is room for."""
        return self.capacity

    def narrow(self, rows: int) -> None:
        """Keep the first ``rows`` rows."""
        self.keys, self.values = self.keys[:rows], self.values[:rows]

    def reorder(self, rows: torch.Tensor) -> None:
        """Put row ``rows[i]`` where row i was; as many rows stay as ``rows`` has entries."""
        for states in (self.keys, self.values):
            states[: len(rows), :, : self.filled] = states[rows, :, : self.filled]
        self.narrow(len(rows))

    def spread(self, rows: int, capacity: int) -> "Slab":
        """A copy of a single row for ``rows`` rows, with room for ``capacity`` positions."""
        copy = Slab(capacity)
        keys = self.keys[:, :, : self.filled].expand(rows, -1, -1, -1)
        values = self.values[:, :, : self.filled].expand(rows, -1, -1, -1)
        copy.update(keys, values)
        return copy


def _room(states: torch.Tensor, capacity: int) -> torch.Tensor:
    rows, heads, _, width = states.shape
    return states.new_empty(rows, heads, capacity, width)


def slabs(capacity: int) -> Cache:
    """An empty cache with room for ``capacity`` positions in every layer."""
    return Cache(layer_class_to_replicate=partial(Slab, capacity))


def spread(prefix: Cache, rows: int, capacity: int) -> Cache:
    """A cache of ``rows`` rows that all begin with the one row of ``prefix``."""
    return Cache(layers=[layer.spread(rows, capacity) for layer in prefix.layers])


def keep(cache: Cache, rows: torch.Tensor, *, moved: bool) -> None:
    """Keep ``rows`` of every layer; unless they ``moved``, the first ones, with no byte copied."""
    for layer in cache.layers:
        if moved:
            layer.reorder(rows)
        else:
            layer.narrow(len(rows))
