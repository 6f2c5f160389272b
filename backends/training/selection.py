"""The best weights are those of the epoch with the best development F1; of equals, the earlier.

As long as nothing right is found on dev there is nothing to choose by but the loss, which falls
long before: the lowest is the best then, and no epoch is one too many.
"""

import math
from typing import Any

import torch


class Selection:
    """Keeps the best weights so far, on the CPU; frozen ones stay where they are.

    Args:
        model: the model in training.
        patience: epochs without a better F1, once it is above 0, before training stops; 0 = never.
    """

    def __init__(self, model: torch.nn.Module, patience: int) -> None:
        self.model, self.patience = model, patience
        self.best: float | None = None
        self.loss = math.inf  # where the best F1 was seen
        self.epoch: int | None = None
        self.kept: dict[str, torch.Tensor] = {}

    def see(self, epoch: int, f1: float, loss: float = math.inf) -> bool:
        """Take note of an epoch and its loss on dev; True if training should stop."""
        if self._is_better(f1, loss):
            self.best, self.epoch, self.loss = f1, epoch, loss
            self.kept = {name: _copy(tensor) for name, tensor in trained(self.model)}
        found = bool(self.best)
        return bool(self.patience) and found and epoch - (self.epoch or 0) >= self.patience

    def _is_better(self, f1: float, loss: float) -> bool:
        return self.best is None or f1 > self.best or (f1 == self.best == 0 and loss < self.loss)

    def restore(self) -> None:
        """Put the best weights back into the model."""
        if self.kept:
            Weights(self.model).load_state_dict(self.kept)

    def state_dict(self) -> dict[str, Any]:
        """The best weights so far, and where they were seen."""
        return {"best": self.best, "loss": self.loss, "epoch": self.epoch, "kept": self.kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        self.best, self.loss = state["best"], state["loss"]
        self.epoch, self.kept = state["epoch"], state["kept"]


class Weights:
    """What training changes in ``model``, as a state."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model

    def state_dict(self) -> dict[str, Any]:
        """The weights by their names, where they are."""
        return dict(trained(self.model))

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Write the weights of ``state`` into the model.

        Raises:
            KeyError: for weights that are not in ``state``.
        """
        for name, tensor in trained(self.model):
            tensor.copy_(state[name])


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().to("cpu", copy=True)


def trained(model: torch.nn.Module) -> list[tuple[str, torch.Tensor]]:
    """Trained parameters, and buffers, which a module may change as it trains."""
    parameters = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return parameters + list(model.named_buffers())
