"""From p-values to groups and letters: which systems cannot be separated."""

from collections.abc import Callable, Mapping, Sequence
from string import ascii_letters

import numpy as np

Separable = Callable[[str, str], bool]
MOST_LETTERS = 64  # more cannot be read


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
    absorb; ``a`` goes to the best. Empty where more than ``MOST_LETTERS`` would be needed.
    """
    names = best_first(scores)
    columns = _columns(names, separable)
    if len(columns) > MOST_LETTERS:
        return dict.fromkeys(names, "")
    ordered = sorted(columns, key=_members)
    return {
        name: "".join(_letter(i) for i, column in enumerate(ordered) if column >> place & 1)
        for place, name in enumerate(names)
    }


def _columns(names: Sequence[str], separable: Separable) -> list[int]:
    """The largest sets of systems of which no two are separable, each as the bits of its places.

    Stops where there are more than can be shown.
    """
    columns = [(1 << len(names)) - 1]
    for place, name in enumerate(names):
        apart = [j for j in range(place + 1, len(names)) if separable(name, names[j])]
        rivals = sum(1 << other for other in apart)
        if len(columns) > MOST_LETTERS:
            break
        columns = _inserted(columns, 1 << place, rivals)
    return columns


def _inserted(columns: list[int], one: int, rivals: int) -> list[int]:
    """The columns with none that holds both ``one`` and a rival, and none inside another."""
    split: dict[int, None] = {}
    for column in columns:
        both = column & one and column & rivals
        split.update(dict.fromkeys((column & ~one, column & ~rivals) if both else (column,)))
    return [
        column
        for column in split
        if not any(column != other and column & other == column for other in split)
    ]


def _members(column: int) -> list[int]:
    """The places of a column, ascending."""
    return [place for place in range(column.bit_length()) if column >> place & 1]


def _letter(number: int) -> str:
    return ascii_letters[number] if number < len(ascii_letters) else f"[{number + 1}]"


def best_first(scores: Mapping[str, float]) -> list[str]:
    """The names by falling score, ties in the given order."""
    return sorted(scores, key=lambda name: -scores[name])
