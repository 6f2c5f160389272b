"""The efficient global pointer: a score for each label and each pair of a first and a last unit.

Su et al. 2022, "Global pointer: novel efficient span-based approach for named entity recognition"
(arXiv:2208.03054), section 3: whether units i to j are an entity is scored once for all labels, by
products of rotated queries and keys; which label it has, by what i and j are alone. The number of
parameters so grows by four vectors a label, not by two matrices.
"""

import math

import torch

from backends.tagging.unit_cells import UnitCells

FORBIDDEN = -math.inf  # the score of what is no span: its end before its start, or no unit at all


class EfficientPointer(torch.nn.Module):
    """Scores of spans over units.

    Args:
        width: of a unit.
        labels: how many there are.
        size: of queries and keys; even.
    """

    def __init__(self, width: int, labels: int, size: int) -> None:
        super().__init__()
        self.labels, self.size = labels, size
        self.project = torch.nn.Linear(width, 2 * size)
        self.borders = torch.nn.Linear(2 * size, 2 * labels)

    def forward(
        self, units: torch.Tensor, grid: UnitCells, beside: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Scores in fp32 (batch, labels, longest, longest), the first unit before the last.

        Args:
            units: (units, width).
            grid: the sentences that they are of.
            beside: (units, 2 labels), what else speaks for a unit as first and as last one.
        """
        projected = self.project(units)  # (units, 2 size)
        alone = self.borders(projected)  # (units, 2 labels)
        alone = alone if beside is None else alone + beside
        query, key = rotated(grid.spread(projected).unflatten(2, (2, self.size))).unbind(2)
        pairs = query @ key.mT / math.sqrt(self.size)  # (batch, longest, longest)
        first, last = grid.spread(alone.float()).mT.chunk(2, dim=1)  # (batch, labels, longest)
        scores = pairs[:, None] + first[..., None] + last[..., None, :]
        return scores.masked_fill(~allowed(grid.mask)[:, None], FORBIDDEN)


def rotated(grid: torch.Tensor) -> torch.Tensor:
    """``grid`` (batch, longest, 2, size), turned by place, so that a product knows how far two are.

    Rotary position embedding (Su et al. 2021, arXiv:2104.09864): the product of two vectors turned
    by the angles of their places depends on the difference of these places alone.
    """
    longest, size = grid.shape[1], grid.shape[3]
    rate = torch.exp(torch.arange(0, size, 2, device=grid.device) * (-math.log(10_000.0) / size))
    angle = torch.arange(longest, device=grid.device)[:, None] * rate  # (longest, size / 2)
    cosine, sine = angle.cos()[:, None], angle.sin()[:, None]  # (longest, 1, size / 2)
    even, odd = grid[..., 0::2], grid[..., 1::2]
    return torch.stack((even * cosine - odd * sine, odd * cosine + even * sine), dim=4).flatten(3)


def allowed(mask: torch.Tensor) -> torch.Tensor:
    """Which pairs are spans (batch, longest, longest): two units in order, or one and the same."""
    ordered = torch.ones(mask.shape[1], mask.shape[1], dtype=torch.bool, device=mask.device).triu()
    return mask[:, :, None] & mask[:, None, :] & ordered
