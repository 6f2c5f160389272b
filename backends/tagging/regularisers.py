"""Losses of units that count some errors for less, and of two passes that are to agree.

In fp32, summed over units; the loss of a unit is comparable with plain cross-entropy.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class UnitLoss:
    """Cross-entropy with focus and smoothing.

    A unit with probability p of its gold tag counts by ``(1 - p) ** focal`` (Lin et al. 2017,
    "Focal loss for dense object detection", equation 4). ``smoothing`` is spread evenly over all
    tags, the gold one too (Szegedy et al. 2016, section 7).
    """

    focal: float = 0.0
    smoothing: float = 0.0

    def __call__(
        self, scores: torch.Tensor, gold: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """The loss of ``scores`` (units, tags) for ``gold`` (units,), summed.

        Args:
            scores: logits.
            gold: the right tags.
            weights: what an error on each tag costs (tags,).
        """
        if not self.focal:
            return functional.cross_entropy(
                scores, gold, weights, reduction="sum", label_smoothing=self.smoothing
            )
        losses = functional.cross_entropy(
            scores, gold, weights, reduction="none", label_smoothing=self.smoothing
        )  # (units,)
        sure = scores.softmax(1).gather(1, gold[:, None]).squeeze(1)  # (units,)
        return ((1 - sure).pow(self.focal) * losses).sum()


PLAIN = UnitLoss()


def disagreement(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """KL divergence of the distributions of ``one`` and ``other`` (units, tags), both ways, summed.

    Half the sum of both directions, as in R-Drop (Liang et al. 2021, equation 2).
    """
    p, q = one.log_softmax(1), other.log_softmax(1)
    return ((p.exp() - q.exp()) * (p - q)).sum() / 2
