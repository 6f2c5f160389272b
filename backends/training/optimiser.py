"""AdamW in groups, a schedule over the share of the data seen, one normalisation for all families.

An update is the gradient of the loss summed over targets, divided by the number of targets in the
whole effective batch, so that 8 x 1, 4 x 2 and 2 x 4 are one update.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, Protocol, TypeAlias

import torch
from torch.nn.utils import get_total_norm

Schedule: TypeAlias = Literal["linear", "cosine", "flat"]
Named: TypeAlias = Iterable[tuple[str, torch.nn.Parameter]]
# The share of training in which a flat rate falls to nothing at its end (Hägele et al. 2024,
# "Scaling laws and compute-optimal training beyond fixed training durations").
FALL = 0.2


class Grouped(Protocol):
    """An optimiser, or several as one: groups of parameters, each with its rate."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups, as torch has them."""
        ...


def decay_groups(parameters: Named, learning_rate: float, decay: float) -> list[dict[str, Any]]:
    """Two AdamW groups: matrices decay; biases, norms and other vectors do not.

    Parameters that are frozen are left out, and so is an empty group.
    """
    trained = [p for _, p in parameters if p.requires_grad]
    matrices = [p for p in trained if p.ndim > 1]
    vectors = [p for p in trained if p.ndim <= 1]
    groups = [(matrices, decay), (vectors, 0.0)]
    return [
        {"params": members, "lr": learning_rate, "weight_decay": weight}
        for members, weight in groups
        if members
    ]


def adamw(groups: list[dict[str, Any]]) -> torch.optim.AdamW:
    """AdamW in its fused form: five times the plain one on a CPU."""
    return torch.optim.AdamW(groups, fused=True)


def factor(progress: float, schedule: Schedule, warmup: float) -> float:
    """The share of the peak learning rate at ``progress``, the share of all training done."""
    if progress < warmup:
        return progress / warmup
    if schedule == "flat":
        return min(1.0, (1.0 - progress) / FALL)
    left = (1.0 - progress) / (1.0 - warmup)
    return left if schedule == "linear" else 0.5 - 0.5 * math.cos(math.pi * left)


class Rates:
    """The learning rates of an optimiser's groups under a schedule."""

    def __init__(self, optimiser: Grouped, schedule: Schedule, warmup: float) -> None:
        self.optimiser = optimiser  # whose groups are other ones once it has loaded its state
        self.peaks = [group["lr"] for group in optimiser.param_groups]
        self.schedule, self.warmup = schedule, warmup

    def set(self, progress: float) -> None:
        """Set the rates for an update whose middle is at ``progress``."""
        share = factor(progress, self.schedule, self.warmup)
        for group, peak in zip(self.optimiser.param_groups, self.peaks, strict=True):
            group["lr"] = peak * share

    def now(self) -> tuple[float, ...]:
        """The distinct rates, in the order of the groups."""
        return tuple(dict.fromkeys(float(group["lr"]) for group in self.optimiser.param_groups))


def normalise(optimiser: Grouped, divisor: torch.Tensor, clip: float) -> torch.Tensor:
    """Divide the gradients by ``divisor``, clip their norm at ``clip`` (0 = never); gives the norm.

    One pass over the gradients and no wait for the device.
    """
    gradients = list(_gradients(optimiser))
    norm = get_total_norm(gradients) / divisor
    # torch's own clipping reads its bound on the host; here the bound depends on the divisor.
    share = torch.clamp(clip / (norm + 1e-6), max=1.0) if clip else torch.ones_like(norm)
    torch._foreach_mul_(gradients, share / divisor)
    return norm


def _gradients(optimiser: Grouped) -> Iterator[torch.Tensor]:
    for group in optimiser.param_groups:
        yield from (p.grad for p in group["params"] if p.grad is not None)
