"""Attention by distance: how much more each head looks at what is so far away, either way.

What T5 has between positions of one text (Raffel et al. 2020, section 2.1), for any two rows of
positions, so that also an answer may know where in its question it is. It begins as ALiBi does
(Press et al. 2022): each head falls off with the distance, the first one steeply; all of it is
trained.
"""

import torch
from torch.nn import functional

# Distances from here on are one.
REACH = 8
# How much the steepest head loses at a distance of one.
STEEP = 4.0
# The position of what has none: it is as far from everything as from itself.
NOWHERE = -1


class Distances(torch.nn.Module):
    """A bias for each head and each distance, in ``kinds`` tables."""

    def __init__(self, heads: int, kinds: int = 1) -> None:
        super().__init__()
        slopes = STEEP * 0.5 ** torch.arange(heads)  # (heads,)
        fall = -torch.arange(-REACH, REACH + 1).abs()[:, None] * slopes  # (distances, heads)
        self.bias = torch.nn.Parameter(fall.repeat(kinds, 1))  # (kinds * distances, heads)

    def forward(
        self, asking: torch.Tensor, held: torch.Tensor, kind: torch.Tensor | int = 0
    ) -> torch.Tensor:
        """What to add to the scores of attention (rows, heads, asking positions, held positions).

        Args:
            asking: the place that each query asks about (rows, asking positions); or ``NOWHERE``.
            held: the place of what each key holds (rows, held positions); or ``NOWHERE``.
            kind: which table (asking positions, held positions).
        """
        asking, held = asking[:, :, None], held[:, None, :]
        far = (held - asking).clamp(-REACH, REACH) + REACH  # (rows, asking, held)
        bias = functional.embedding(far + kind * (2 * REACH + 1), self.bias)
        nowhere = (asking == NOWHERE) | (held == NOWHERE)
        return bias.masked_fill(nowhere[..., None], 0.0).permute(0, 3, 1, 2)


def shut(bias: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """``bias`` with the lowest number where not ``seen``."""
    return bias.masked_fill(~seen, torch.finfo(bias.dtype).min)
