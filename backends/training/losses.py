"""Losses are summed on the device and read rarely: a step never waits for the host.

The first step whose loss or gradient is not finite is remembered on the device, so it is named
exactly even where it is noticed a few steps later.
"""

from typing import Any

import torch

from harness.errors import HarnessError

# How many steps may pass before losses are read, by device: on a CPU reading costs nothing.
STRIDE = {"cpu": 1}
LONG_STRIDE = 32


class Losses:
    """The loss per target over ``part`` of training, and the watch for what is not finite."""

    def __init__(self, device: torch.device, part: str) -> None:
        self.part = part
        self.stride = STRIDE.get(device.type, LONG_STRIDE)
        self.sums = torch.zeros(2, device=device)
        self.first_bad = torch.zeros((), dtype=torch.long, device=device)
        self.loss, self.targets, self.steps = 0.0, 0.0, 0

    def add(self, loss: torch.Tensor, norm: torch.Tensor, targets: torch.Tensor) -> None:
        """Count one update: its summed loss, its gradient norm, its targets.

        Raises:
            HarnessError: at a loss or gradient that is not finite.
        """
        self.steps += 1
        self.sums += torch.stack((loss, targets))
        bad = ~(torch.isfinite(loss) & torch.isfinite(norm))
        unseen = self.first_bad == 0
        self.first_bad += (bad & unseen) * self.steps
        if self.steps % self.stride == 0:
            self._read()

    def mean(self) -> float:
        """The loss per target so far."""
        self._read()
        return self.last

    @property
    def last(self) -> float:
        """The loss per target when the device was last read."""
        return self.loss / max(self.targets, 1.0)

    def state_dict(self) -> dict[str, Any]:
        """The losses so far, those not read yet among them."""
        names = ("sums", "first_bad", "loss", "targets", "steps")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        self.sums.copy_(state["sums"])
        self.first_bad.copy_(state["first_bad"])
        self.loss, self.targets, self.steps = state["loss"], state["targets"], state["steps"]

    def _read(self) -> None:
        loss, targets = self.sums.tolist()
        self.sums.zero_()
        self.loss, self.targets = self.loss + loss, self.targets + targets
        bad = int(self.first_bad)
        if bad:
            msg = (
                f"{self.part}, step {bad}: the loss or its gradient is not finite; training "
                "stopped and keeps nothing. Lower learning_rate or head_lr, raise warmup, or set "
                "precision=fp32"
            )
            raise HarnessError(msg)
