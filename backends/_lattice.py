"""Expected tags and steps over all paths of a linear chain, and the sum of their weights.

Rule: no path that matters is lost, for any finite scores and for steps that are impossible
(``-inf``). Both directions of forward-backward (Rabiner 1989) run in the same operations, and the
end of a sentence is one more state, which the padding repeats, so that no step asks for a mask.

There are two ways through the lattice. ``scaled`` multiplies probabilities, scaled at every unit.
It loses a prefix that weighs less than the smallest number beside the best one, and a later unit
may need that prefix. ``logarithmic`` adds logarithms and loses nothing. With blocks of units side
by side it takes sqrt(units) rather than units operations one after another, and those are what an
accelerator waits for.

What ``scaled`` loses is bounded before it is trusted. Likelihoods and steps are at most 1 here, so
what is lost at a position is at most the smallest number times the weight that came before. At
each later position it may grow by the steps of the luckiest state, where the whole grows by their
mean.
- Where no step is below exp(-25) of the best, the two stay within exp(50) of each other, whatever
  the scores of the units are. The smallest number of fp32 is exp(-87): over 512 units and 41
  labels, 2e-12 may be lost.
- Otherwise ``Products.doubt`` adds up the difference of the two, in float64, whose smallest number
  is exp(-708).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# How far the logarithms of the steps may lie apart for fp32, and the doubt that float64 may leave.
_RANGE = 25.0
_DOUBT = 650.0
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

    @classmethod
    def of(
        cls, emissions: Tensor, start: Tensor, step: Tensor, end: Tensor, mask: Tensor
    ) -> "Lattice":
        """The lattice of a batch (batch, units, labels) under a prefix mask (batch, units)."""
        batch, units, labels = emissions.shape
        scores = emissions.new_full((units + 1, labels + 1, batch), -math.inf)
        inside = scores[:-1, :-1]  # (units, labels, batch)
        ended = scores[:, -1]  # (positions, batch)
        inside.copy_(emissions.permute(1, 2, 0))
        inside[0] += start[:, None]
        inside -= inside.amax(dim=1, keepdim=True)
        inside.masked_fill_(~mask.T[:, None], -math.inf)
        ended[:-1].masked_fill_(~mask.T, 0)
        ended[-1] = 0
        steps = step.new_full((labels + 1, labels + 1), -math.inf)
        steps[:-1, :-1] = step
        steps[:-1, -1] = end
        steps -= steps.max()
        steps[-1, -1] = 0
        return cls(steps, scores)

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


def expected(lattice: Lattice) -> Expected:
    """The expected counts by the way that suits the device and the range of the steps."""
    positions, states, batch = lattice.scores.shape
    if lattice.scores.device.type != "cpu":
        # The range of the steps is not looked at: that would wait for the device.
        width = min(math.isqrt(positions), _CELLS // (states**3 * batch))
        return logarithmic(lattice, blocks=max(1, width))
    if bool(-lattice.steps[:-1].min() <= _RANGE):
        return scaled(lattice).expected()
    wide = lattice.double()
    products = scaled(wide)
    sound = bool(products.doubt() <= _DOUBT)
    return products.expected() if sound else logarithmic(wide, blocks=1)


@dataclass(frozen=True, slots=True)
class Products:
    """Weights of prefixes and suffixes, as probabilities scaled to sum 1 at every position.

    The ways are forward and backward, each in its own order. ``weights`` is (ways, to, from),
    ``likelihood`` and the weights ``before`` and ``after`` it (positions, ways, states, batch),
    ``scale`` (positions, ways, 1, batch).
    """

    weights: Tensor
    likelihood: Tensor
    before: Tensor
    after: Tensor
    scale: Tensor

    def expected(self) -> Expected:
        """The expected counts."""
        left, right = self.after[:, 0], self.after[:-1, 1].flip(0)  # (positions, states, batch)
        joint = self.before[:, 1].flip(0).mul_(left)
        weight = joint.sum(dim=1, keepdim=True)  # (positions, 1, batch)
        pairs = torch.bmm(left[:-1] / weight[:-1], right.transpose(1, 2)).sum(dim=0)
        log_weight = total(self.scale[:, 0].log())
        return Expected(log_weight, joint.div_(weight), pairs * self.weights[1])

    def doubt(self) -> Tensor:
        """The log of how far a lost prefix or suffix may have outgrown the whole, at the worst."""
        most = (self.weights.transpose(1, 2) @ self.likelihood[1:]).amax(dim=2)
        return (most / self.scale[1:, :, 0]).log().sum(dim=0).max()


def scaled(lattice: Lattice) -> Products:
    """Both ways through the lattice by products of probabilities."""
    weights = torch.stack((lattice.steps.T, lattice.steps)).exp()
    scores = lattice.scores.exp()  # (positions, states, batch)
    likelihood = torch.stack((scores, scores.flip(0)), dim=1)
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
    return Products(weights, likelihood, before, after, scale)


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
