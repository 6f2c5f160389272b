"""From p-values to groups and letters: which systems cannot be separated."""

from collections.abc import Callable, Mapping, Sequence
from string import ascii_letters

import numpy as np

Separable = Callable[[str, str], bool]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values corrected for their number (Holm 1979), in their order.

    The chance that any true null is rejected stays at the level, under any dependence.
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1.0)
    return tuple(corrected.tolist())


def rank_groups(scores: Mapping[str, float], separable: Separable) -> dict[str, int]:
    """The group of each system: 1 is the best one and all that are not separable from it.

    Group 2 is made in the same way of what is left, and so on. A group is about its best member:
    two of its members may well be separable from each other, which the letters show.
    """
    groups: dict[str, int] = {}
    left = best_first(scores)
    while left:
        number = max(groups.values(), default=0) + 1
        members = [name for name in left if name == left[0] or not separable(left[0], name)]
        groups.update(dict.fromkeys(members, number))
        left = [name for name in left if name not in groups]
    return groups


def letters(scores: Mapping[str, float], separable: Separable) -> dict[str, str]:
    """Letters such that two systems share one exactly when they are not separable.

    The compact letter display of Piepho 2004 (J. Comput. Graph. Stat. 13:456), by insert and
    absorb; ``a`` goes to the best.
    """
    names = best_first(scores)
    columns = [frozenset(names)]
    for number, first in enumerate(names):
        for second in names[number + 1 :]:
            if separable(first, second):
                columns = _inserted(columns, first, second)
    place = {name: number for number, name in enumerate(names)}
    ordered = sorted(columns, key=lambda column: sorted(place[name] for name in column))
    return {
        name: "".join(_letter(i) for i, column in enumerate(ordered) if name in column)
        for name in names
    }


def _inserted(columns: list[frozenset[str]], first: str, second: str) -> list[frozenset[str]]:
    """The columns with no column holding both, and none inside another."""
    both = frozenset((first, second))
    split: dict[frozenset[str], None] = {}
    for column in columns:
        parts = [column - {first}, column - {second}] if both <= column else [column]
        split.update(dict.fromkeys(parts))
    return [column for column in split if not any(column < other for other in split)]


def _letter(number: int) -> str:
    return ascii_letters[number] if number < len(ascii_letters) else f"[{number + 1}]"


def best_first(scores: Mapping[str, float]) -> list[str]:
    """The names by falling score, ties in the given order."""
    return sorted(scores, key=lambda name: -scores[name])
