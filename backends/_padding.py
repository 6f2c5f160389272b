"""Rows of ids as tensors, padded on the side a family needs, and the loss over what is real."""

from collections.abc import Sequence

import torch
from torch.nn.functional import cross_entropy

# The target of a place that has none.
IGNORED = -100


def summed_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy summed over the targets that are not ignored, in fp32.

    Args:
        logits: (batch, places, tokens).
        targets: (batch, places).
    """
    flat, wanted = logits.flatten(0, 1).float(), targets.flatten()
    return cross_entropy(flat, wanted, ignore_index=IGNORED, reduction="sum")


def padded(rows: Sequence[Sequence[int]], value: int, *, left: bool = False) -> torch.Tensor:
    """``rows`` as one tensor (rows, longest), padded with ``value`` on the right or the left."""
    longest = max(map(len, rows))
    fill = [[value] * (longest - len(row)) for row in rows]
    pairs = zip(fill, rows, strict=True)
    return torch.tensor([[*pad, *row] if left else [*row, *pad] for pad, row in pairs])


def mask_of(rows: Sequence[Sequence[int]], *, left: bool = False) -> torch.Tensor:
    """1 for what is in ``rows``, 0 for padding: (rows, longest)."""
    return padded([[1] * len(row) for row in rows], 0, left=left)
