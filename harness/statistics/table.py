"""The systems of one table, resampled together: what is shared by all that is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice

import numpy as np

from harness.statistics.bootstrap import Interval, resampled, score_interval
from harness.statistics.outlying import outlying
from harness.statistics.samples import Floats, Sample
from harness.statistics.seeds import Contest, Luck, luck, seed_effect, steadied
from harness.statistics.significance import ALPHA

RESOLVED = 190  # pairs, those of 20 rows: more are not told apart by draws alone


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The systems of a table with their resampled scores and the luck of their trainings.

    ``fallen`` are the places of the seeds of each system that fell out.
    """

    samples: Mapping[str, Sample]
    replicates: Mapping[str, Floats]
    fallen: Mapping[str, tuple[int, ...]]
    lucks: Mapping[str, Luck]

    @property
    def size(self) -> int:
        """How many pairs it has."""
        return _pairs(self.samples)

    @property
    def units(self) -> int:
        """How many sentences or documents hold an entity, in gold or found."""
        return int(np.any([one.holding for one in self.samples.values()], axis=0).sum())

    @property
    def is_large(self) -> bool:
        """Whether it has more pairs than draws resolve."""
        return self.size > RESOLVED

    def contest(self, first: str, second: str) -> Contest:
        """Two systems, and what their seeds add to the difference."""
        effect = seed_effect([self.lucks[first], self.lucks[second]])
        return Contest(self.samples[first], self.samples[second], effect)

    def contests(self) -> dict[tuple[str, str], Contest]:
        """Every pair, in the order of the systems."""
        return {pair: self.contest(*pair) for pair in combinations(self.samples, 2)}

    def intervals(self, seed: int, level: float) -> dict[str, Interval]:
        """The interval of each system."""
        return {
            name: score_interval(sample, self.replicates[name], seed, level)
            for name, sample in self.samples.items()
        }


def tables_of(parts: Sequence[Mapping[str, Sample]], draws: int, seed: int) -> list[Table]:
    """Tables over test sets of one size, all with the same draws: ``draws`` or ``enough``."""
    draws = max(draws, enough(max(map(_pairs, parts), default=0)))
    drawn = iter(resampled([*chain.from_iterable(part.values() for part in parts)], draws, seed))
    return [_table(part, dict(zip(part, islice(drawn, len(part)), strict=True))) for part in parts]


def _table(samples: Mapping[str, Sample], replicates: Mapping[str, Floats]) -> Table:
    fallen = {name: outlying(sample) for name, sample in samples.items()}
    return Table(samples, replicates, fallen, _lucks(samples, fallen))


def enough(pairs: int) -> int:
    """How many draws it takes for the smallest p, corrected for ``pairs``, to be well below 0.05.

    The smallest p is 2 in draws, and Holm multiplies it by the number of pairs. A table of more
    than ``RESOLVED`` needs none for that (``harness.statistics.large_tables``).
    """
    return round(3 * pairs / ALPHA) if pairs <= RESOLVED else 0


def _pairs(systems: Mapping[str, Sample]) -> int:
    return len(systems) * (len(systems) - 1) // 2


def _lucks(samples: Mapping[str, Sample], fallen: Mapping[str, tuple[int, ...]]) -> dict[str, Luck]:
    """The luck of each system, steadied by the others; one with a fallen seed is on its own."""
    own = {name: luck(sample) for name, sample in samples.items()}
    whole = [name for name in samples if not fallen[name]]
    return own | dict(zip(whole, steadied([own[name] for name in whole]), strict=True))
