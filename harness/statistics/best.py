"""Which system is the best, and by how much the others may be behind it.

Both are read off the draws that vary sentences and seeds. A share of draws is no claim: two equal
systems of many share what one of them would have, and that is how the column reads. The bound is
one: with 95 % confidence, for all rows of the table at once, no row is further behind the best
(multiple comparisons with the best: Hsu 1984, Annals of Statistics 12:1136; a bound on the worst
of several differences needs no correction for their number, Berger 1982, Technometrics 24:295;
the rows do, by Bonferroni). A bound below a margin is the test of non-inferiority to that margin,
so that "within 1 F1" holds without a test of its own (Schuirmann 1987).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from harness.statistics.samples import Floats


def chance_of_best(scores: Mapping[str, Floats]) -> dict[str, float]:
    """The share of draws in which each system is first; systems that tie in a draw share it.

    Args:
        scores: by name, (draws,), of the same draws.
    """
    if not scores:
        return {}
    table = np.stack([*scores.values()])  # (systems, draws)
    first = table == table.max(axis=0)
    return dict(zip(scores, (first / first.sum(axis=0)).mean(axis=1).tolist(), strict=True))


def behind_best(names: Sequence[str], ahead: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """The most by which each system may be behind the best, 0 for one that is surely best.

    Args:
        names: all systems.
        ahead: by (other, name), the upper bound of how far other is ahead of name.
    """
    return {
        name: max([0.0, *(ahead[other, name] for other in names if other != name)])
        for name in names
    }


def bound_level(systems: int, level: float) -> float:
    """The level of each one-sided bound, for all rows but the best to hold together."""
    return 1 - (1 - level) / max(1, systems - 1)
