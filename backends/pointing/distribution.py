"""How probable entities are, given the scores of all spans.

In a flat task at most one entity holds a unit. Its distribution is over all ways to cut a sentence
into entities and units outside: a semi-Markov CRF (Sarawagi and Cohen 2004, "Semi-Markov
conditional random fields for information extraction") in which a segmentation scores the sum of its
entities, and a unit outside 0. Where entities may lie within others, each span is asked by itself.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch.nn import functional

Scores: TypeAlias = torch.Tensor
# A score below all that a model gives. Minus infinity has no gradient in a sum of exponentials.
NEVER = -1e4


class Distribution(NamedTuple):
    """What scores (batch, labels, longest, longest), minus infinity where no span can be, mean.

    ``loss`` gives what gold costs in nats, summed over sentences; gold (entities,) are places in
    the flattened scores. ``logits`` gives the logit of the probability of each span and label.
    """

    loss: Callable[[Scores, torch.Tensor], torch.Tensor]
    logits: Callable[[Scores], Scores]


def segmentation_loss(scores: Scores, gold: torch.Tensor) -> torch.Tensor:
    """What the segmentations of gold cost."""
    return _sums_before(of_any_label(scores))[:, -1].sum() - scores.flatten()[gold].sum()


def segment_logits(scores: Scores) -> Scores:
    """How probable it is that a segmentation has this entity; of two that overlap one is below 0.

    The probability is that of all segmentations before it, itself and all after it.
    """
    spans = of_any_label(scores)
    before, after = _sums_before(spans), sums_after(spans)
    through = before[:, None, :-1, None] + scores + after[:, None, None, 1:]
    log_probability = (through - before[:, -1, None, None, None]).clamp_max(-1e-6)
    return log_probability - torch.log(-torch.expm1(log_probability))


def of_any_label(scores: Scores) -> torch.Tensor:
    """Scores of spans as entities of any label (batch, longest, longest)."""
    return torch.logsumexp(scores.clamp_min(NEVER), dim=1)


def _sums_before(spans: torch.Tensor) -> torch.Tensor:
    """The log of the sum over all segmentations of what is before each place (batch, longest + 1).

    Units beyond the end of a shorter sentence are outside in all of them, and add nothing.
    """
    by_last = spans.mT
    sums = [spans.new_zeros(len(spans))]
    for last in range(spans.shape[1]):
        ends_here = torch.stack(sums, 1) + by_last[:, last, : last + 1]
        sums.append(torch.cat((ends_here, sums[-1][:, None]), 1).logsumexp(1))
    return torch.stack(sums, 1)


def sums_after(spans: torch.Tensor) -> torch.Tensor:
    """The log of the sum over all segmentations of what is behind each place."""
    return _sums_before(spans.flip(1, 2).mT).flip(1)


def independent_loss(scores: Scores, gold: torch.Tensor) -> torch.Tensor:
    """The cross-entropy of each span and label: is the one an entity of the other?"""
    return functional.softplus(scores).sum() - scores.flatten()[gold].sum()


def _as_they_are(scores: Scores) -> Scores:
    return scores


SEGMENTED = Distribution(segmentation_loss, segment_logits)
INDEPENDENT = Distribution(independent_loss, _as_they_are)
