"""The CRF of ``torchcrf``, computed fast: its module holds the parameters, and is the oracle.

Rule: the same loss and the same paths as ``torchcrf.CRF``, for any finite emissions and for any
transitions, ``-inf`` among them; where the two differ, this one is nearer to float64.

The gradient of the loss is the expected counts of tags and steps minus the observed ones, so one
pass over the lattice gives both, and nothing is recorded for autograd.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torchcrf import CRF

from backends.tagging.lattice import Lattice, expected, total
from backends.tagging.viterbi import Chain, Path, Scores, viterbi


def loss(crf: CRF, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    """The negative log-likelihood of ``tags``, summed over the batch; in fp32 or better.

    On an accelerator only shapes are checked, since looking at values would wait for the device:
    there a tag outside the tag set or a mask with a hole gives a loss that is not finite.

    Args:
        crf: holder of the parameters.
        emissions: (batch, units, labels).
        tags: (batch, units), of any value where the mask is off.
        mask: (batch, units), bool, on from the first unit of each row to its last.

    Raises:
        ValueError: for a wrong shape or type, a row without units, a mask with a hole, or a tag
            outside the tag set such as -100.
    """
    _check_mask(emissions, mask, crf.num_tags)
    _check_tags(tags, mask, crf.num_tags)
    with torch.autocast(emissions.device.type, enabled=False):
        scores = emissions if emissions.dtype == torch.float64 else emissions.float()
        parameters = crf.start_transitions, crf.transitions, crf.end_transitions
        like = [parameter.to(scores.dtype) for parameter in parameters]
        summed: Tensor = _Loss.apply(mask, tags, scores, *like)  # type: ignore[no-untyped-call]
    return summed


def decode(crf: CRF, emissions: Tensor, mask: Tensor) -> list[Path]:
    """The best path of each row; emissions are copied to the host once.

    Args:
        crf: holder of the parameters.
        emissions: (batch, units, labels).
        mask: (batch, units), bool, on from the first unit of each row to its last.

    Raises:
        ValueError: as ``loss``, and for a score that is not a number.
    """
    mask = mask.cpu()
    emissions = emissions.detach().float().cpu()
    _check_mask(emissions, mask, crf.num_tags)
    rows = zip(emissions.numpy(), mask.sum(dim=1).tolist(), strict=True)
    return decode_sentences(crf, [row[:units] for row, units in rows])


def decode_sentences(crf: CRF, emissions: Sequence[Scores]) -> list[Path]:
    """The best path of each sentence of a file, from one (units, labels) array for each.

    Raises:
        ValueError: for a wrong shape, or a score that is not a number.
    """
    parameters = crf.start_transitions, crf.transitions, crf.end_transitions
    return viterbi(emissions, Chain(*(p.detach().float().cpu().numpy() for p in parameters)))


def _check_mask(emissions: Tensor, mask: Tensor, labels: int) -> None:
    if emissions.dim() != 3 or emissions.shape[2] != labels or not emissions.shape[1]:
        msg = f"expected emissions (batch, units, {labels}), found {tuple(emissions.shape)}"
        raise ValueError(msg)
    if mask.dtype != torch.bool or mask.shape != emissions.shape[:2]:
        expected = f"expected a bool mask {tuple(emissions.shape[:2])}"
        msg = f"{expected}, found {mask.dtype} {tuple(mask.shape)}"
        raise ValueError(msg)
    if mask.device.type != "cpu":
        return
    _refuse(~mask[:, 0], "has no unit: its mask is off at the first one")
    _refuse((mask[:, 1:] & ~mask[:, :-1]).any(dim=1), "has a hole in its mask")


def _check_tags(tags: Tensor, mask: Tensor, labels: int) -> None:
    if tags.shape != mask.shape:
        msg = f"expected tags {tuple(mask.shape)}, found {tuple(tags.shape)}"
        raise ValueError(msg)
    if tags.device.type != "cpu":
        return
    wrong = mask & ((tags < 0) | (tags >= labels))  # (batch, units)
    _refuse(wrong.any(dim=1), f"has a tag outside 0..{labels - 1}, such as -100, under its mask")


def _refuse(wrong: Tensor, what: str) -> None:
    """Raise for the first row that is wrong (batch,)."""
    if bool(wrong.any()):
        msg = f"row {int(wrong.int().argmax())} {what}"
        raise ValueError(msg)


class _Loss(torch.autograd.Function):
    """Loss and gradient in one pass: going back only multiplies."""

    @staticmethod
    def forward(
        ctx: Any,
        mask: Tensor,
        tags: Tensor,
        emissions: Tensor,
        start: Tensor,
        step: Tensor,
        end: Tensor,
    ) -> Tensor:
        paths = Lattice.of(emissions, start, step, end, mask)
        gold = _gold(tags, mask, emissions.shape[2])  # (positions, batch)
        counts = _observed_steps(gold, paths)  # (states, states)
        every = expected(paths)
        states = every.states.to(emissions.dtype)  # (positions, states, batch)
        states.scatter_add_(1, gold[:, None], states.new_full((1,), -1).expand_as(gold[:, None]))
        steps = every.steps.to(emissions.dtype) - counts
        by_row = states[:-1, :-1].permute(2, 0, 1)  # (batch, units, labels)
        first = states[0, :-1].sum(dim=1)  # (labels,)
        ctx.save_for_backward(by_row, first, steps[:-1, :-1], steps[:-1, -1])
        return (every.log_weight - _observed_score(gold, counts, paths)).to(emissions.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return (None, None, *(gradient * saved for saved in ctx.saved_tensors))


def _gold(tags: Tensor, mask: Tensor, labels: int) -> Tensor:
    """The gold path through the lattice (positions, batch), at the end where the mask is off.

    A tag outside the tag set is sent to the end too, where no weight is: the loss is infinite.
    """
    known = mask & (tags >= 0) & (tags < labels)
    path = torch.where(known, tags.long(), labels)  # (batch, units)
    return torch.nn.functional.pad(path, (0, 1), value=labels).T.contiguous()


def _observed_steps(gold: Tensor, paths: Lattice) -> Tensor:
    """How often the gold path takes each step (states, states)."""
    counts = torch.zeros_like(paths.steps).flatten()
    taken = (gold[:-1] * len(paths.steps) + gold[1:]).flatten()
    return counts.index_add_(0, taken, counts.new_ones(1).expand_as(taken)).view_as(paths.steps)


def _observed_score(gold: Tensor, counts: Tensor, paths: Lattice) -> Tensor:
    """The log weight of the gold paths, summed over the batch."""
    steps = torch.where(counts > 0, paths.steps * counts, 0)  # an unused step may be -inf
    return total(paths.scores.gather(1, gold[:, None])) + total(steps)
