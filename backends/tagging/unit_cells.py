"""The units of a batch, which are a flat row everywhere else, as a grid with a row a sentence."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch


class UnitCells(NamedTuple):
    """Sentences side by side, padded to the longest.

    ``cells`` (units,): the place of each unit in the flattened grid; ``mask`` (batch, longest):
    where the grid holds a unit.
    """

    cells: torch.Tensor
    mask: torch.Tensor

    @classmethod
    def of(cls, lengths: Sequence[int]) -> "UnitCells":
        """The grid of sentences of ``lengths`` units."""
        sizes = np.array(lengths)
        mask = np.arange(sizes.max()) < sizes[:, None]  # (batch, longest)
        return cls(torch.from_numpy(np.flatnonzero(mask)), torch.from_numpy(mask))

    def spread(self, flat: torch.Tensor) -> torch.Tensor:
        """``flat`` (units, ...) in the grid (batch, longest, ...), zeros elsewhere."""
        shape = flat.shape[1:]
        grid = flat.new_zeros((self.mask.numel(), *shape)).index_copy(0, self.cells, flat)
        return grid.view(*self.mask.shape, *shape)
