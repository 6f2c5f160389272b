"""What is left if unsure entities are dropped: risk and coverage.

As in Geifman and El-Yaniv 2017, "Selective classification for deep neural networks".

Coverage is the share of found entities that is kept, the most confident first; risk, the share of
those kept that is wrong. Entities of equal confidence are kept in no order: they share their risk.
"""

from dataclasses import dataclass

import numpy as np

from harness.scoring.calibration import Judged


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Keeping entities of ``threshold`` confidence and more: fractions of entities found, of gold.

    ``recall`` is the share of gold entities that is found and kept.
    """

    threshold: float
    coverage: float
    risk: float
    recall: float | None


def risk_coverage(judged: Judged, gold: int) -> tuple[RiskPoint, ...]:
    """A point for each threshold that makes a difference, the highest first.

    Args:
        judged: the entities found.
        gold: how many entities there are to find.
    """
    values, group, sizes = np.unique(judged.confidence, return_inverse=True, return_counts=True)
    right = np.bincount(group, judged.right, minlength=len(values))
    kept, true = np.cumsum(sizes[::-1]), np.cumsum(right[::-1])
    return tuple(
        RiskPoint(float(value), int(n) / len(judged), float(1 - t / n), t / gold if gold else None)
        for value, n, t in zip(values[::-1], kept, true, strict=True)
    )


def area_under_risk(judged: Judged) -> float | None:
    """The mean risk over all coverages, one for each entity kept (AURC); None without entities."""
    if not len(judged):
        return None
    order = np.argsort(-judged.confidence, kind="stable")
    wrong = np.cumsum(1 - judged.shares()[order])
    return float((wrong / np.arange(1, len(order) + 1)).mean())
