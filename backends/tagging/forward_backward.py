"""Posterior probabilities of many sentences at once, on the host: a chain's, or of each unit alone.

Rule: exact in float64 for scores of a unit up to 300 below its best; what is below counts as 300
below, exp(-300) times as likely. Weights are scaled at every unit, so no length is too long.

Backward is forward on reversed sentences under reversed steps, so both go in the same operations.
"""

from collections.abc import Sequence

import numpy as np

from backends.tagging.entities import Bools, Ints
from backends.tagging.posterior import Floats, Posterior
from backends.tagging.viterbi import Chain, Scores, blocks

_LOWEST = -300.0


def of_units(rows: Sequence[Scores]) -> Posterior:
    """Each unit alone, by a softmax of its scores; ``rows`` are (units, tags) for each sentence."""
    weights = _weights(np.concatenate(rows))  # (units, tags)
    shares = weights / weights.sum(axis=1, keepdims=True)
    tags = shares.shape[1]
    return Posterior(shares, shares, np.ones(tags), np.ones((tags, tags)), first_units(rows))


def of_chain(rows: Sequence[Scores], chain: Chain) -> Posterior:
    """A linear chain; ``rows`` are (units, tags) for each sentence, none without units."""
    likelihood = _weights(np.concatenate(rows))  # (units, tags)
    start, end, step = map(_relative, (chain.start, chain.end, chain.step))
    before, after = np.empty_like(likelihood), np.empty_like(likelihood)
    lengths = np.array([len(row) for row in rows])
    offsets = np.cumsum(lengths) - lengths
    for chosen in blocks(lengths.tolist(), len(start)):
        cells, alive = _cells(offsets[chosen], lengths[chosen])
        swept = _sweep(likelihood[cells], (start, end), (step, step.T), alive)
        real = np.arange(len(cells))[:, None] < lengths[chosen]  # (units, sentences)
        before[cells[:, 0][real]] = swept[:, 0][real]
        after[cells[:, 1][real]] = swept[:, 1][real]
    marginals = before * after / likelihood  # both have the likelihood in them
    marginals /= marginals.sum(axis=1, keepdims=True)
    return Posterior(marginals, after, start, step, first_units(rows))


def first_units(rows: Sequence[Scores]) -> Bools:
    """Whether a sentence begins at each unit of all (units,)."""
    lengths = np.array([len(row) for row in rows])
    first = np.zeros(lengths.sum(), np.bool_)
    first[np.cumsum(lengths) - lengths] = True
    return first


def _weights(scores: Scores) -> Floats:
    """Scores (units, tags) as weights, the best of each unit 1."""
    relative = scores.astype(np.float64) - scores.max(axis=1, keepdims=True)
    weights: Floats = np.exp(relative.clip(min=_LOWEST))
    return weights


def _relative(scores: Scores) -> Floats:
    """Scores of a chain as weights, the best 1; -inf is impossible and stays so."""
    weights: Floats = np.exp(scores.astype(np.float64) - scores.max())
    return weights


def _cells(offsets: Ints, lengths: Ints) -> tuple[Ints, list[int]]:
    """The units of sentences, longest first, in both orders (units, ways, sentences).

    A sentence that is over repeats its last unit, unread. Also how many sentences are alive at
    each unit.
    """
    unit = np.arange(lengths[0])[:, None]
    onward = np.minimum(unit, lengths - 1)  # (units, sentences)
    cells = offsets + np.stack((onward, lengths - 1 - onward), axis=1)
    return cells, (lengths > unit).sum(axis=1).tolist()


def _sweep(
    likelihood: Floats,
    ends: tuple[Floats, Floats],
    steps: tuple[Floats, Floats],
    alive: Sequence[int],
) -> Floats:
    """The weight of each tag and all before it, both ways, their sum 1 at every unit.

    Args:
        likelihood: (units, ways, sentences, tags), overwritten.
        ends: what the first unit of each way begins with (tags,).
        steps: from row to column (tags, tags), for each way.
        alive: sentences that have each unit.
    """
    step, sums = np.stack(steps), likelihood
    sums[0] *= np.stack(ends)[:, None]
    sums[0] /= sums[0].sum(axis=2, keepdims=True)
    for unit in range(1, len(sums)):
        now = sums[unit, :, : alive[unit]]  # (ways, sentences, tags)
        now *= sums[unit - 1, :, : alive[unit]] @ step
        now /= now.sum(axis=2, keepdims=True)
    return sums
