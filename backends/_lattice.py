"""Expected tags and steps over all paths of a linear chain, and the sum of their weights.

Rule: no path that matters is lost, for any finite scores and for steps that are impossible
(``-inf``). Both directions of forward-backward (Rabiner 1989) run in the same operations, and the
end of a sentence is one more state, which the padding repeats, so that no step asks for a mask.

There are two ways through the lattice. ``scaled`` multiplies probabilities, scaled at every unit.
It loses a prefix that weighs less than the smallest number beside the best one, and a later unit
may need that prefix: by how much, the range of the steps bounds, whatever the scores of the units
are. ``LIMIT`` is that bound. ``logarithmic`` adds logarithms and loses nothing. With blocks of
units side by side it takes sqrt(units) rather than units operations one after another, and those
are what an accelerator waits for.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# The smallest number of fp32 is exp(-87). A scale may fall to exp(-range) and a lost prefix gain
# exp(range): at 30 what is lost weighs 2e-12 of the sum, far below the rounding of fp32.
LIMIT = 30.0
# Numbers that one operation of the logarithmic way may hold: 2**25 are 128 MiB in fp32.
_CELLS = 2**25


@dataclass(frozen=True, slots=True)
class Lattice:
    """Logarithms of weights, each unit's and all the steps' relative to their best.

    ``steps`` is (states, states), from row to column; ``scores`` is (positions, states, batch).
    The last state is the end, and the last position is at the end in every row.
    """

    steps: Tensor
    scores: Tensor

    def double(self) -> "Lattice":
        """The same in float64."""
        return Lattice(self.steps.double(), self.scores.double())


@dataclass(frozen=True, slots=True)
class Expected:
    """Sums over all paths, weighted by their probability.

    ``log_weight`` is the logarithm of all paths' weights, summed over the batch; ``states`` is
    (positions, states, batch) and ``steps`` (states, states), summed over batch and positions.
    """

    log_weight: Tensor
    states: Tensor
    steps: Tensor


def lattice(emissions: Tensor, start: Tensor, step: Tensor, end: Tensor, mask: Tensor) -> Lattice:
    """The lattice of a batch (batch, units, labels) under a prefix mask (batch, units)."""
    batch, units, labels = emissions.shape
    scores = emissions.clone()  # (batch, units, labels)
    scores[:, 0] += start
    scores -= scores.amax(dim=2, keepdim=True)
    scores.masked_fill_(~mask[..., None], -math.inf)
    by_unit = scores.new_full((units + 1, labels + 1, batch), -math.inf)
    by_unit[:-1, :-1] = scores.permute(1, 2, 0)
    by_unit[:-1, -1].masked_fill_(~mask.T, 0)
    by_unit[-1, -1] = 0
    steps = step.new_full((labels + 1, labels + 1), -math.inf)
    steps[:-1, :-1] = step
    steps[:-1, -1] = end
    steps -= steps.max()
    steps[-1, -1] = 0
    return Lattice(steps, by_unit)


def expected(lattice: Lattice) -> Expected:
    """The expected counts by the way that suits the device and the range of the steps."""
    positions, states, batch = lattice.scores.shape
    if lattice.scores.device.type != "cpu":
        # The range of the steps is not looked at: that would wait for the device.
        width = min(math.isqrt(positions), _CELLS // (states**3 * batch))
        return logarithmic(lattice, blocks=max(1, width))
    if bool(-lattice.steps[:-1].min() <= LIMIT):
        return scaled(lattice)
    return logarithmic(lattice.double(), blocks=1)


def scaled(lattice: Lattice) -> Expected:
    """The expected counts by products of probabilities: sound where no step is below -LIMIT."""
    weights = torch.stack((lattice.steps.T, lattice.steps)).exp()  # (ways, to, from)
    scores = lattice.scores.exp()  # (positions, states, batch)
    likelihood = torch.stack((scores, scores.flip(0)), dim=1)  # (positions, ways, states, batch)
    before, after, scale = _multiply(weights, likelihood)
    left, right = after[:, 0], after[:-1, 1].flip(0)  # (positions, states, batch)
    joint = left * before[:, 1].flip(0)
    weight = joint.sum(dim=1, keepdim=True)  # (positions, 1, batch)
    pairs = torch.bmm(left[:-1] / weight[:-1], right.transpose(1, 2)).sum(dim=0)
    return Expected(total(scale[:, 0].log()), joint.div_(weight), pairs * lattice.steps.exp())


def _multiply(weights: Tensor, likelihood: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights before and after each position's own likelihood, and what scaled them to sum 1."""
    before, after = torch.empty_like(likelihood), torch.empty_like(likelihood)
    scale = likelihood.new_empty(len(likelihood), 2, 1, likelihood.shape[3])
    before[0] = 1
    # One view of each position, taken at once: an index inside the loop costs as much as the sum.
    positions = list(zip(before, after, likelihood, scale, strict=True))
    for position, (prior, posterior, seen, scaling) in enumerate(positions):
        if position:
            torch.bmm(weights, positions[position - 1][1], out=prior)
        torch.mul(prior, seen, out=posterior)
        torch.sum(posterior, dim=1, keepdim=True, out=scaling)
        posterior.div_(scaling)
    return before, after, scale


def logarithmic(lattice: Lattice, blocks: int) -> Expected:
    """The expected counts by sums of logarithms, with ``blocks`` runs of units side by side."""
    positions = len(lattice.scores)
    scores = _whole_blocks(lattice.scores, blocks)  # (all positions, states, batch)
    both = torch.stack((scores, scores.flip(0)))  # (ways, all positions, states, batch)
    entries = _entries(lattice.steps, both, blocks)  # (ways, blocks, states, batch)
    before, after, log_weight = _add(lattice.steps, both, entries)
    left = after[0, :positions]
    joint = left + before[1].flip(0)[:positions]
    weight = joint.logsumexp(dim=1, keepdim=True)  # (positions, 1, batch)
    pairs = _pairs(left[:-1] - weight[:-1], lattice.steps, after[1].flip(0)[1:positions])
    return Expected(log_weight, (joint - weight).exp(), pairs)


def _whole_blocks(scores: Tensor, blocks: int) -> Tensor:
    """Scores with the end repeated, so that the positions after the first fill the blocks."""
    more = -(len(scores) - 1) % blocks
    return torch.cat((scores, scores[-1:].expand(more, -1, -1)))


def _entries(steps: Tensor, both: Tensor, blocks: int) -> Tensor:
    """The weights at the position before each block, both ways.

    Args:
        steps: (states, states).
        both: (ways, positions, states, batch), each way in its own order.
        blocks: how many, all of one width.
    """
    width = (both.shape[1] - 1) // blocks
    entries = [both[:, 0]]  # (ways, states, batch)
    if blocks > 1:
        inside = both[0, 1:].unflatten(0, (blocks, width))  # (blocks, width, states, batch)
        through = _through(steps, inside)  # (blocks, from, to, batch)
        ways = torch.stack((through, through.flip(0).transpose(1, 2)))
        for block in range(blocks - 1):
            entry = (entries[-1][:, :, None] + ways[:, block]).logsumexp(dim=1)
            entry = entry + both[:, (block + 1) * width]
            entries.append(entry - entry.amax(dim=1, keepdim=True))
    return torch.stack(entries, dim=1)


def _through(steps: Tensor, inside: Tensor) -> Tensor:
    """The weights from the position before each block to its last, without that one's own score."""
    blocks, width, _, batch = inside.shape
    through = steps[None, :, :, None].expand(blocks, -1, -1, batch)  # (blocks, from, to, batch)
    for position in range(width - 1):
        seen = through + inside[:, position, None]
        paths = seen[:, :, :, None] + steps[:, :, None]  # (blocks, from, between, to, batch)
        through = paths.logsumexp(dim=2)
        through = through - through.amax(dim=(1, 2), keepdim=True)
    return through


def _add(steps: Tensor, both: Tensor, entries: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Log weights before and after each position's own score, and the sum over all paths.

    Args:
        steps: (states, states).
        both: (ways, positions, states, batch).
        entries: (ways, blocks, states, batch).
    """
    blocks = entries.shape[1]
    ways = torch.stack((steps, steps.T))[:, None, :, :, None]  # (ways, 1, from, to, 1)
    inside = both[:, 1:].unflatten(1, (blocks, -1))  # (ways, blocks, width, states, batch)
    before, after, scale = [], [], []
    state = entries
    for seen in inside.unbind(2):
        before.append((state[:, :, :, None] + ways).logsumexp(dim=2))
        state = before[-1] + seen
        scale.append(state.amax(dim=2, keepdim=True))
        state = state - scale[-1]
        after.append(state)
    first = torch.zeros_like(entries[:, :1]), entries[:, :1]
    flat = [torch.stack(states, dim=2).flatten(1, 2) for states in (before, after)]
    priors, posteriors = (torch.cat(pair, dim=1) for pair in zip(first, flat, strict=True))
    return priors, posteriors, total(torch.stack(scale)[:, 0])


def _pairs(left: Tensor, steps: Tensor, right: Tensor) -> Tensor:
    """The expected steps (states, states), a few positions at a time to bound the memory."""
    pairs = torch.zeros_like(steps)
    chunk = max(1, _CELLS // (steps.numel() * left.shape[2]))
    for before, after in zip(left.split(chunk), right.split(chunk), strict=True):
        paths = before[:, :, None] + steps[:, :, None] + after[:, None]
        pairs += paths.exp().sum(dim=(0, 3))  # (positions, from, to, batch)
    return pairs


def total(values: Tensor) -> Tensor:
    """The sum, in float64 where the device has it."""
    wide = torch.float32 if values.device.type == "mps" else torch.float64
    return values.sum(dtype=wide)
