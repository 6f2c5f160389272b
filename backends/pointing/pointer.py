"""The efficient global pointer: a score for each label and each pair of a first and a last unit.

Su et al. 2022, "Global pointer: novel efficient span-based approach for named entity recognition"
(arXiv:2208.03054), section 3: whether units i to j are an entity is scored once for all labels, by
products of rotated queries and keys; which label it has, by what i and j are alone. The number of
parameters so grows by some vectors a label, not by two matrices.

Units between i and j speak for themselves, too: what each says for or against a label is summed, as
features of segments are (Sarawagi and Cohen 2004, "Semi-Markov conditional random fields for
information extraction"). A pair of borders alone knows nothing of a full stop within.
"""

import math

import torch

from backends.tagging.unit_cells import UnitCells

ROLES = 3  # of a unit: the first of an entity, the last, and any one of it
# The probability of being an entity with which every span begins: without it, the first updates do
# nothing but lower all scores (Lin et al. 2017, "Focal loss for dense object detection", 3.3).
RARE = 0.01
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
        self.alone = torch.nn.Linear(2 * size, ROLES * labels)
        with torch.no_grad():
            first, *others = self.alone.bias.chunk(ROLES)
            first.fill_(math.log(RARE / (1 - RARE)))
            for role in others:
                role.zero_()

    def forward(
        self, units: torch.Tensor, grid: UnitCells, beside: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Scores in fp32 (batch, labels, longest, longest), the first unit before the last.

        Args:
            units: (units, width).
            grid: the sentences that they are of.
            beside: (units, 3 labels), what else speaks for a unit as first, as last and as any one.
        """
        projected = self.project(units)  # (units, 2 size)
        alone = self.alone(projected)  # (units, 3 labels)
        alone = alone if beside is None else alone + beside
        query, key = rotated(grid.spread(projected).unflatten(2, (2, self.size))).unbind(2)
        pairs = query @ key.mT / math.sqrt(self.size)  # (batch, longest, longest)
        first, last = borders(*grid.spread(alone.float()).mT.chunk(ROLES, dim=1))
        scores = pairs[:, None] + first[..., None] + last[..., None, :]
        return scores.masked_fill(~allowed(grid.mask)[:, None], FORBIDDEN)


def borders(
    first: torch.Tensor, last: torch.Tensor, inside: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """``first`` and ``last`` with the sum of ``inside`` from the one to the other shared out.

    A sum over units is a difference of running sums, so it costs no tensor of pairs. All are
    (batch, labels, longest).
    """
    running = inside.cumsum(2)
    return first - running + inside, last + running


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
