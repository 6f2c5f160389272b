"""Pairs of a table that has more of them than draws can resolve, computed as arrays.

Holm multiplies the smallest p by the number of pairs, and draws know no p below 2 in their number,
so that a table of 200 rows would need a million draws for each of 19,900 pairs. In such a table
(``Table.is_large``) what lies far out is computed instead.

The permutation test. The sum of both systems is what it is, however their answers are swapped, so
the difference of F1 over that sum is ``sum(e_i a_i)`` with signs ``e_i`` that swapping draws. Its
tail is at most 3.18 times that of the normal distribution with its variance, whatever the ``a_i``;
luck of training is added as everywhere (``NormalAndT.bounded``). Where this p is below ``SWITCH``
it stands; above, draws tell p well, and they do.

The paired bootstrap. Intervals and p are those of a normal distribution with the middle and the
spread of the draws, plus Student's t for the luck of training (``harness.statistics.mixture``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from harness.statistics.bootstrap import Interval, PairedBootstrap, expansion
from harness.statistics.mixture import NormalAndT
from harness.statistics.permutation import PairedPermutation, permuted
from harness.statistics.samples import Floats, Ints, Sample
from harness.statistics.seeds import Contest

SWITCH = 0.01
NEAR_DRAWS = 2500  # tell a p from SWITCH on to a fifth of it
LEAST = 1e-15  # a p below this is not computed: the integral of a mixture ends there
_GRID = 2**0.25
# A paired bootstrap, and the most by which each of the two may be ahead.
Ahead: TypeAlias = tuple[PairedBootstrap, tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of systems: the systems, the places of both of each pair, and its seeds' part."""

    samples: Sequence[Sample]
    first: Ints
    second: Ints
    contests: Sequence[Contest]

    @classmethod
    def of(cls, contests: Sequence[Contest]) -> "Pairs":
        """The pairs that are ``contests``."""
        samples = {id(side): side for one in contests for side in (one.first, one.second)}
        places = {key: place for place, key in enumerate(samples)}
        first, second = (
            np.array([places[id(getattr(one, side))] for one in contests], np.int64)
            for side in ("first", "second")
        )
        return cls([*samples.values()], first, second, contests)

    @property
    def luck(self) -> tuple[Floats, Floats]:
        """The variance that the seeds of each pair add, and its degrees of freedom."""
        effects = [contest.effect for contest in self.contests]
        freedom = [effect.freedom if effect.variance else np.inf for effect in effects]
        return np.array([effect.variance for effect in effects]), np.array(freedom)


def tests(pairs: Pairs, seed: int) -> list[PairedPermutation]:
    """The permutation test of each pair: computed far out, drawn elsewhere."""
    found = far(pairs)
    near = [place for place, test in enumerate(found) if test.p >= SWITCH]
    drawn = permuted([_on_grid(pairs.contests[place]) for place in near], NEAR_DRAWS, seed)
    for place, result in zip(near, drawn, strict=True):
        found[place] = result
    return found


def far(pairs: Pairs) -> list[PairedPermutation]:
    """What the p of each pair is at most."""
    difference, error = _swapped(pairs)
    p = _bounded(difference, NormalAndT(error, *pairs.luck))
    alone = _bounded(difference, NormalAndT(error, np.zeros_like(error), np.full(len(p), np.inf)))
    known = [contest.effect.known for contest in pairs.contests]
    return list(map(PairedPermutation, p.tolist(), alone.tolist(), known))


def _swapped(pairs: Pairs) -> tuple[Floats, Floats]:
    """The difference of F1 over the sum of both systems, and its deviation under swapping."""
    right, size = (
        np.stack([np.mean(getattr(sample, side), axis=0) for sample in pairs.samples])
        for side in ("right", "size")
    )  # (systems, sentences) each
    rights, sizes = right.sum(axis=1), size.sum(axis=1)
    a, b = pairs.first, pairs.second
    both = (sizes[a] + sizes[b]) / 2
    f1 = (rights[a] + rights[b]) / both
    squares = [_squares(*of, a, b) for of in ((right, right), (right, size), (size, size))]
    variance = 4 * squares[0] - 4 * f1 * squares[1] + f1**2 * squares[2]
    difference = 2 * (rights[a] - rights[b]) - f1 * (sizes[a] - sizes[b])
    return np.abs(difference) / both, np.maximum(variance, 0) ** 0.5 / both


def _squares(one: Floats, other: Floats, a: Ints, b: Ints) -> Floats:
    """``sum((one[a] - one[b]) * (other[a] - other[b]))`` over sentences, for each pair."""
    gram = one @ other.T  # (systems, systems)
    own = np.diag(gram)
    return np.asarray(own[a] + own[b] - gram[a, b] - gram[b, a])


def _bounded(difference: Floats, chance: NormalAndT) -> Floats:
    """Two-sided p, at most 1; 1 where there is no difference to be explained."""
    p = np.clip(2 * chance.bounded(difference), LEAST, 1)
    return np.where(difference > 0, p, 1.0)


def _on_grid(contest: Contest) -> Contest:
    """The contest with fewer degrees of freedom, by 16 % at most, so that pairs share draws of t.

    Fewer have heavier tails: p is not smaller for it.
    """
    freedom = contest.effect.freedom
    if not (contest.effect.variance and 1 < freedom < np.inf):
        return contest
    lower = _GRID ** float(np.floor(np.log(freedom) / np.log(_GRID)))
    return replace(contest, effect=replace(contest.effect, freedom=lower))


def bootstraps(
    pairs: Pairs, replicates: Sequence[Floats], level: float, one_sided: float
) -> list[Ahead]:
    """The bootstrap of each pair, and the most by which each of the two may be ahead.

    Args:
        pairs: the pairs.
        replicates: resampled scores of each system, (draws,), on the same sentences.
        level: of the intervals.
        one_sided: of the bounds on how far one is ahead.
    """
    scores = np.stack(replicates)  # (systems, draws)
    middles, covariance = scores.mean(axis=1), np.cov(scores, ddof=0)
    a, b = pairs.first, pairs.second
    own = np.diag(covariance)
    error = np.maximum(own[a] + own[b] - 2 * covariance[a, b], 0) ** 0.5
    chance = NormalAndT(error * float(np.prod(expansion(pairs.samples[0]))), *pairs.luck)
    middle, half = middles[a] - middles[b], chance.reached((1 + level) / 2)
    most = chance.reached(one_sided)
    points = np.array([float(sample.f1.mean()) for sample in pairs.samples])
    if pairs.samples[0].right.shape[1] < 2:  # one document says nothing of others
        middle, half, most = np.zeros(len(a)), np.ones(len(a)), np.ones(len(a))
    intervals = _listed(points[a] - points[b], middle - half, middle + half)
    tests = _listed(np.clip(2 * chance.beyond(np.abs(middle)), LEAST, 1), error)
    ahead = _listed(middle + most, most - middle)
    known = [contest.effect.known for contest in pairs.contests]
    return [
        (PairedBootstrap(Interval(point, low, high, level, covers), *test), both)
        for (point, low, high), test, both, covers in zip(
            intervals, tests, ahead, known, strict=True
        )
    ]


def _listed(*columns: Floats) -> list[tuple[Any, ...]]:
    """The rows of ``columns``, no value beyond -1 or 1."""
    return [*zip(*(np.clip(column, -1, 1).tolist() for column in columns), strict=True)]
