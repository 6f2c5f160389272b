"""Across tasks only ranks are comparable: mean ranks, and how far apart they must be."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.statistics.samples import Floats


@dataclass(frozen=True, slots=True)
class AverageRanks:
    """Mean rank of each system over tasks, 1 best, and what separates two of them.

    ``critical_difference`` is Nemenyi's; ``p`` is Friedman's test that all ranks are alike, None
    for fewer than three systems. ``left_out`` are systems that some task lacks.
    """

    ranks: Mapping[str, float]
    tasks: tuple[str, ...]
    critical_difference: float
    p: float | None
    left_out: tuple[str, ...]


def average_ranks(
    scores: Mapping[str, Mapping[str, float]], alpha: float = 0.05
) -> AverageRanks | None:
    """The mean ranks of the systems that every task has; None for under two tasks or systems.

    Demsar 2006, JMLR 7:1, formula for CD: ``q_alpha sqrt(k (k + 1) / 6 N)``, q being the
    studentized range over the square root of 2.

    Args:
        scores: F1 by task, then by system.
        alpha: level of the critical difference.
    """
    everywhere = [set(by_system) for by_system in scores.values()]
    names = list(dict.fromkeys(name for by_system in scores.values() for name in by_system))
    kept = [name for name in names if all(name in some for some in everywhere)]
    if len(scores) < 2 or len(kept) < 2:
        return None
    table = np.array([[by_system[name] for name in kept] for by_system in scores.values()])
    return AverageRanks(
        dict(zip(kept, _ranks(table).mean(axis=0).tolist(), strict=True)),
        tuple(scores),
        _critical_difference(len(kept), len(scores), alpha),
        _friedman(table),
        tuple(name for name in names if name not in kept),
    )


def _ranks(table: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(-table, axis=1))  # (tasks, systems)


def _critical_difference(systems: int, tasks: int, alpha: float) -> float:
    from scipy.stats import studentized_range

    q = studentized_range.ppf(1 - alpha, systems, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(systems * (systems + 1) / (6 * tasks)))


def _friedman(table: Floats) -> float | None:
    from scipy.stats import friedmanchisquare

    if table.shape[1] < 3:
        return None
    if (table == table[:, :1]).all():
        return 1.0  # all tied everywhere: scipy divides 0 by 0
    return float(friedmanchisquare(*table.T).pvalue)
