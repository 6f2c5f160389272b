"""Expected tags and steps over all paths of a linear chain, and the sum of their weights.

Rule: no path that matters is lost, for any finite scores and for steps that are impossible
(``-inf``). Both directions of forward-backward (Rabiner 1989) run in the same operations, and the
end of a sentence is one more state, which the padding repeats, so that no step asks for a mask.

There are two ways through the lattice. ``scaled`` multiplies probabilities, scaled at every unit.
It loses a prefix that weighs less than the smallest number beside the best one, and a later unit
may need that prefix. ``logarithmic`` adds logarithms and loses nothing. It goes ``one_by_one``, or
``in_a_tree`` (Blelloch 1990), which takes log2(units) rather than units operations one after
another: an accelerator waits for those, and has room for the products of matrices that they are.

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
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

# Gives the weights after each position but the last, from those of the steps and the positions.
Sweep: TypeAlias = Callable[[Tensor, Tensor], Tensor]

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
    if lattice.scores.device.type != "cpu":
        # The range of the steps is not looked at: that would wait for the device.
        return logarithmic(lattice, in_a_tree)
    if bool(-lattice.steps[:-1].min() <= _RANGE):
        return scaled(lattice).expected()
    wide = lattice.double()
    products = scaled(wide)
    sound = bool(products.doubt() <= _DOUBT)
    return products.expected() if sound else logarithmic(wide, one_by_one)


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


def logarithmic(lattice: Lattice, sweep: Sweep) -> Expected:
    """The expected counts by sums of logarithms; ``sweep`` decides what waits for what."""
    scores, steps = lattice.scores, lattice.steps
    both = torch.stack((scores, scores.flip(0)))  # (ways, positions, states, batch)
    after = sweep(steps, both)  # (ways, units, states, batch)
    before = _stepped(after, _ways(steps))  # (ways, units, states, batch)
    left = torch.cat((after[0], scores[-1:]))  # (positions, states, batch)
    right = torch.cat((before[1].flip(0), torch.zeros_like(scores[-1:])))
    weight = (left + right).logsumexp(dim=1, keepdim=True)  # (positions, 1, batch)
    pairs = _pairs(left[:-1] - weight[:-1], steps, after[1].flip(0))
    grown = (before[0] + scores[1:]).amax(dim=1)  # (units, batch)
    return Expected(total(grown), (left + right - weight).exp(), pairs)


def one_by_one(steps: Tensor, both: Tensor) -> Tensor:
    """The log weights after each position but the last, the best of each 0.

    Args:
        steps: (states, states).
        both: (ways, positions, states, batch), each way in its own order.

    Returns:
        (ways, units, states, batch).
    """
    ways = _ways(steps)
    after = [both[:, 0]]  # (ways, states, batch)
    for seen in both[:, 1:-1].unbind(1):
        after.append(_best_is_0(_stepped(after[-1][:, None], ways)[:, 0] + seen, 1))
    return torch.stack(after, dim=1)


def in_a_tree(steps: Tensor, both: Tensor) -> Tensor:
    """As ``one_by_one``, with as many operations as the logarithm of the units.

    A node stands for neighbouring units: first the weights through each node are joined to those
    of its parent, then the weights at the position before a parent are led on to its children.
    """
    units, batch = both.shape[1] - 1, both.shape[3]
    levels = (units - 1).bit_length()
    missing = (1 << levels) - units
    seen = torch.cat((both[0, 1:], both[0, -1:].expand(missing, -1, -1)))  # (nodes, states, batch)
    through = steps[None, :, :, None].expand(len(seen), -1, -1, batch)  # (nodes, from, to, batch)
    pairs = []
    for _ in range(levels):
        pairs.append((through[::2], seen[::2], through[1::2]))
        through, seen = _joined(*pairs[-1]), seen[1::2]
    entries = both[:, :1]  # (ways, nodes, states, batch)
    for first, between, second in reversed(pairs):
        ways = torch.stack((first, second.flip(0).transpose(1, 2)))
        passed = torch.stack((between, between.flip(0)))  # (ways, pairs, states, batch)
        onward = (entries[:, :, :, None] + ways).logsumexp(dim=2) + passed
        entries = torch.stack((entries, _best_is_0(onward, 2)), dim=2).flatten(1, 2)
    return torch.stack((entries[0, :units], entries[1, missing:]))


def _joined(first: Tensor, between: Tensor, second: Tensor) -> Tensor:
    """The weights through two neighbours (nodes, from, to, batch), the best of each 0.

    Args:
        first: (nodes, from, to, batch), from the position before a node to its last.
        between: (nodes, states, batch), the score of the last position of ``first``.
        second: as ``first``.
    """
    chunk = max(1, _CELLS // (first[0].numel() * first.shape[1]))
    parts = zip(*(part.split(chunk) for part in (first, between, second)), strict=True)
    sums = [((a + b[:, None])[:, :, :, None] + c[:, None]).logsumexp(dim=2) for a, b, c in parts]
    return _best_is_0(torch.cat(sums), (1, 2))


def _ways(steps: Tensor) -> Tensor:
    """The steps of each way (ways, from, to)."""
    return torch.stack((steps, steps.T))


def _stepped(after: Tensor, ways: Tensor) -> Tensor:
    """The weights before the next positions, from those after some (ways, some, states, batch)."""
    chunk = max(1, _CELLS // (ways.numel() * after.shape[3]))
    paths = (part[:, :, :, None] + ways[:, None, :, :, None] for part in after.split(chunk, dim=1))
    return torch.cat([part.logsumexp(dim=2) for part in paths], dim=1)


def _best_is_0(weights: Tensor, states: int | tuple[int, ...]) -> Tensor:
    """Log weights relative to the best along the dimensions ``states``."""
    return weights - weights.amax(dim=states, keepdim=True)


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
