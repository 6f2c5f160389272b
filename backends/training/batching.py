"""Which examples share a batch: neighbours in length, within a budget of positions with padding.

Units over computed positions is the speed of training, so sentences are sorted by length before
they are cut into batches; ties are drawn, borders move from epoch to epoch, and batches come in
random order. A plan is a pure function of the lengths, the budget and the generator.
"""

from collections.abc import Iterable, Sequence

import numpy as np

# Sorting happens within a pool this large: the waste of sorting everything, on text of the usual
# size, while a corpus of millions of sentences still mixes its lengths.
POOL = 16_384


def batches(
    lengths: Sequence[int], budget: int, rng: np.random.Generator, pool: int = POOL
) -> list[list[int]]:
    """Random batches of neighbours in length, each at most ``budget`` positions.

    Args:
        lengths: positions of each example.
        budget: the longest of a batch times its size stays below it; an example that is longer
            alone is a batch of its own.
        rng: draws ties, borders and order.
        pool: how many examples are sorted together.
    """
    order = rng.permutation(len(lengths))
    plan: list[list[int]] = []
    for start in range(0, len(order), pool):
        drawn = order[start : start + pool]
        ranked = drawn[np.argsort([lengths[i] for i in drawn], kind="stable")]
        plan += cut(ranked.tolist(), lengths, budget, first=int(rng.integers(budget // 2, budget)))
    return [plan[i] for i in rng.permutation(len(plan))]


def by_length(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Batches for prediction, longest first, so that a lack of memory shows at once."""
    ranked = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    return cut(ranked, lengths, budget)


def cut(
    order: Iterable[int], lengths: Sequence[int], budget: int, first: int | None = None
) -> list[list[int]]:
    """Consecutive batches of ``order`` within ``budget`` positions, the first within ``first``."""
    plan: list[list[int]] = []
    longest, room = 0, 0
    for index in order:
        longest = max(longest, lengths[index])
        if not plan or longest * (len(plan[-1]) + 1) > room:
            room = budget if plan or first is None else first
            longest = lengths[index]
            plan.append([])
        plan[-1].append(index)
    return plan


def area(batch: Sequence[int], lengths: Sequence[int]) -> int:
    """The positions of a padded batch."""
    return len(batch) * max(lengths[i] for i in batch)
