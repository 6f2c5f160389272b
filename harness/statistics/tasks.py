"""Across tasks only ranks are comparable: mean ranks, how far apart, and between what they lie.

The interval of a mean rank is over the sentences and seeds of these tasks, not over other tasks. In
a task, a system is surely below those that the paired bootstrap calls better, and surely above
those that it calls worse; between these its rank may be anything (Mogstad, Romano, Shaikh and
Wilhelm 2024, Review of Economic Studies 91:476). Ranking each draw of the bootstrap and taking
percentiles would cover far less than it says: a rank is not smooth, and where scores are close the
draws move all ranks to the middle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import TypeAlias

import numpy as np

from harness.statistics.samples import Floats
from harness.statistics.significance import ALPHA

Scores: TypeAlias = Mapping[str, Mapping[str, float]]  # by task, then by system
Tests: TypeAlias = Mapping[str, Mapping[frozenset[str], float]]  # p by task, then by pair


@dataclass(frozen=True, slots=True)
class AverageRanks:
    """Mean rank of each system over tasks, 1 best, and what separates two of them.

    ``critical_difference`` is Nemenyi's; ``p`` is Friedman's test that all ranks are alike, None
    for fewer than three systems. ``left_out`` are systems that some task lacks. ``intervals`` hold
    the mean rank on these tasks at 95 %; empty if a task has no tests.
    """

    ranks: Mapping[str, float]
    tasks: tuple[str, ...]
    critical_difference: float
    p: float | None
    left_out: tuple[str, ...]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def average_ranks(
    scores: Scores, tests: Tests | None = None, alpha: float = ALPHA
) -> AverageRanks | None:
    """The mean ranks of the systems that every task has; None for under two tasks or systems.

    Demsar 2006, JMLR 7:1, formula for CD: ``q_alpha sqrt(k (k + 1) / 6 N)``, q being the
    studentized range over the square root of 2.

    Args:
        scores: F1 by task, then by system.
        tests: p of the paired bootstrap by task, then by pair; uncorrected.
        alpha: level of the critical difference and of the intervals.
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
        rank_intervals({task: {name: scores[task][name] for name in kept} for task in scores},
                       tests or {}, alpha),
    )  # fmt: skip


def rank_intervals(scores: Scores, tests: Tests, alpha: float) -> dict[str, tuple[float, float]]:
    """Between what the mean rank of each system lies, by Bonferroni over its rivals and tasks."""
    names = [*next(iter(scores.values()))]
    pairs = [frozenset(pair) for pair in permutations(names, 2)]
    if any(pair not in tests.get(task, {}) for task in scores for pair in pairs):
        return {}
    level = alpha / (len(scores) * (len(names) - 1))
    bounds = {
        name: np.mean([_bounds(name, scores[t], tests[t], level) for t in scores], axis=0)
        for name in names
    }
    return {name: (float(low), float(high)) for name, (low, high) in bounds.items()}


def _bounds(
    name: str, scores: Mapping[str, float], tests: Mapping[frozenset[str], float], level: float
) -> tuple[int, int]:
    """The best and the worst rank that a system may have in one task."""
    apart = [one for one in scores if one != name and tests[frozenset((one, name))] < level]
    better = sum(scores[one] > scores[name] for one in apart)
    worse = sum(scores[one] < scores[name] for one in apart)
    return 1 + better, len(scores) - worse


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
