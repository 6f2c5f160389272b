"""The running mean of the weights, which is looked at, selected and kept instead of the last ones.

Each update pulls the mean a little towards the weights; early ones pull more, so that the first
weights do not linger: of n updates, (1 + n) / (10 + n) stays at most.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class Average:
    """The mean of the trained parameters of ``model``; nothing at all where ``stays`` is 0.

    Args:
        model: the model in training.
        stays: the share of the mean that stays at an update.
    """

    def __init__(self, model: torch.nn.Module, stays: float) -> None:
        self.stays, self.updates = stays, 0
        self.weights: list[torch.Tensor] = []
        if stays:
            self.weights += (p for p in model.parameters() if p.requires_grad)
        self.mean = [weight.detach().clone() for weight in self.weights]

    @torch.no_grad()
    def add(self) -> None:
        """Take the weights after an update into the mean."""
        self.updates += 1
        if self.weights:
            stays = min(self.stays, (1 + self.updates) / (10 + self.updates))
            torch._foreach_lerp_(self.mean, self.weights, 1 - stays)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the mean where the weights are, for as long as the block runs."""
        self.swap()
        try:
            yield
        finally:
            self.swap()

    def state_dict(self) -> dict[str, Any]:
        """The mean and how many updates are in it."""
        return {"updates": self.updates, "mean": self.mean}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        self.updates = state["updates"]
        for mean, kept in zip(self.mean, state["mean"], strict=True):
            mean.copy_(kept)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the weights and their mean."""
        for weight, mean in zip(self.weights, self.mean, strict=True):
            kept = weight.clone()
            weight.copy_(mean)
            mean.copy_(kept)
