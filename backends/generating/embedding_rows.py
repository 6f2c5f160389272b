"""The rows of an embedding that LoRA trains, put in their places without a wait for the device."""

from collections.abc import Sequence
from typing import Any

import torch
from peft.tuners.trainable_tokens.layer import TrainableTokensLayer


class Rows(TrainableTokensLayer):
    """Peft's layer, which copies the places of the rows to the device in every pass."""

    places: torch.Tensor  # (rows,)

    def get_merged_weights(self, active_adapters: Sequence[str]) -> torch.Tensor:
        """The embedding (tokens, width) with the trained rows in it."""
        weight: torch.Tensor = self.base_layer.weight
        for name in active_adapters:
            trained = self.trainable_tokens_delta[name].to(weight)  # (rows, width)
            weight = weight.index_copy(0, self.places, trained)
        return weight


def keep_places(model: Any) -> None:
    """Let the places of the rows go wherever ``model`` goes."""
    for layer in [m for m in model.modules() if isinstance(m, TrainableTokensLayer)]:
        layer.__class__ = Rows
        (indices,) = layer.token_indices.values()
        layer.register_buffer("places", torch.tensor(indices), persistent=False)
