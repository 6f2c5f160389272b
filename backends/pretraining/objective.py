"""What a family brings to pretraining: a model, what it is asked about each window, and a loss."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from backends.pretraining.characters import Ids


class Loss(NamedTuple):
    """The loss of a batch, summed over its targets, to go backward from.

    ``parts`` has each sum by name, with the number of its targets, to be told.
    """

    total: torch.Tensor
    parts: Mapping[str, tuple[torch.Tensor, int]]


class Asked(NamedTuple):
    """The windows of an update: batches of CPU tensors, and how many targets they have together."""

    batches: Sequence[Any]
    targets: int


class PretrainingObjective(Protocol):
    """What a family predicts of raw text, and with what."""

    words: str
    # The positions that the model has.
    positions: int

    @property
    def model(self) -> torch.nn.Module:
        """All that is trained."""
        ...

    def ask(self, ids: Ids, size: int, rng: np.random.Generator) -> Asked:
        """What is asked about the windows ``ids`` (windows, length), ``size`` windows a batch."""
        ...

    def loss(self, batch: Any) -> Loss:
        """The loss of a batch of ``ask``, on the device of the model."""
        ...

    def save(self, folder: Path) -> int:
        """Write what tasks begin with into ``folder``; gives the scalars in it."""
        ...


def shifted(ids: Ids, positions: int, rng: np.random.Generator) -> torch.Tensor:
    """The positions of windows (windows, length), each row begun at a random one.

    So all positions that a model has are trained, on windows that are shorter (Kiyono et al. 2021,
    "SHAPE: Shifted absolute position embedding for transformers").
    """
    windows, length = ids.shape
    first = rng.integers(positions - length + 1, size=(windows, 1))
    return torch.from_numpy(first + np.arange(length))


def batched(size: int, *tensors: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
    """Tensors of the same windows, ``size`` windows at a time."""
    return list(zip(*(tensor.split(size) for tensor in tensors), strict=True))
