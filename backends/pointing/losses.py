"""The loss of a pointer, in which the few spans that are entities weigh as much as all others.

Su et al. 2022 (arXiv:2208.03054), section 3.4: log(1 + sum over gold of exp(-s)) + log(1 + sum over
the others of exp(s)). It asks that each gold span scores above 0 and each other one below, and its
gradient is that of the worst of each, however many of them there are.
"""

import torch

from backends.pointing.pointer import FORBIDDEN


def imbalance_loss(scores: torch.Tensor, gold: torch.Tensor) -> torch.Tensor:
    """The loss summed over sentences and labels.

    Args:
        scores: (batch, labels, longest, longest), minus infinity where no span can be.
        gold: (entities,), the places of entities in the flattened ``scores``.
    """
    rows = scores.flatten(2)  # (batch, labels, spans)
    entity = torch.zeros_like(rows, dtype=torch.bool).view(-1).index_fill(0, gold, True)
    entity = entity.view_as(rows)
    wrong = torch.logsumexp(_with_zero(rows.masked_fill(entity, FORBIDDEN)), dim=2)
    missed = torch.logsumexp(_with_zero((-rows).masked_fill(~entity, FORBIDDEN)), dim=2)
    return (wrong + missed).sum()


def _with_zero(rows: torch.Tensor) -> torch.Tensor:
    """``rows`` with the threshold beside the scores (batch, labels, spans + 1)."""
    return torch.nn.functional.pad(rows, (0, 1), value=0.0)
