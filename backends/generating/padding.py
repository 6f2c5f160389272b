"""Rows of ids as tensors, padded on the side a family needs, and the loss over what is real."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

# The target of a position that has none.
IGNORED = -100


def summed_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy summed over the targets that are not ignored, in fp32.

    Args:
        logits: (batch, positions, tokens).
        targets: (batch, positions).
    """
    flat, wanted = logits.flatten(0, 1).float(), targets.flatten()
    return cross_entropy(flat, wanted, ignore_index=IGNORED, reduction="sum")


def padded(rows: Sequence[Sequence[int]], value: int, *, left: bool = False) -> torch.Tensor:
    """``rows`` as one tensor (rows, longest), padded with ``value`` on the right or the left."""
    longest = max(map(len, rows))
    fill = [[value] * (longest - len(row)) for row in rows]
    pairs = zip(fill, rows, strict=True)
    full = [[*pad, *row] if left else [*row, *pad] for pad, row in pairs]
    return torch.tensor(full, dtype=torch.long)


def padding_mask(rows: Sequence[Sequence[int]], *, left: bool = False) -> torch.Tensor:
    """1 for what is in ``rows``, 0 for padding: (rows, longest)."""
    return padded([[1] * len(row) for row in rows], 0, left=left)


def waits_for_mask(model: Any) -> bool:
    """Whether ``model`` waits for its device to see what a (rows, positions) mask holds.

    Transformers looks whether it can do without. A mask of four dimensions it takes as it is.
    """
    on_cpu = model.device.type == "cpu"
    return not on_cpu and model.config._attn_implementation == "sdpa"


def key_mask(mask: torch.Tensor) -> torch.Tensor:
    """Who may be looked at, by all (rows, 1, 1, positions), from ``mask`` (rows, positions)."""
    return mask[:, None, None].bool()


def additive(seen: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """0 where ``seen``, else the lowest number of the type of ``states``."""
    lowest = torch.finfo(states.dtype).min
    return torch.zeros_like(seen, dtype=states.dtype).masked_fill(~seen, lowest)


def causal_mask(mask: torch.Tensor, start: int) -> torch.Tensor:
    """Who may look at itself and what is before (rows, 1, positions from ``start``, positions).

    Args:
        mask: (rows, positions), 0 where padded; padding is looked at by itself alone, since a row
            of attention that has nothing to look at is no number.
        start: the first position that looks.
    """
    positions = torch.arange(mask.shape[1], device=mask.device)
    looking = positions[start:, None]  # (looking, 1)
    return (key_mask(mask) & (positions <= looking)) | (positions == looking)
