"""How a word is spelled: affixes and shape, which a new name shares with names that are known.

Ratnaparkhi 1996 (EMNLP, 133) for affixes; Bikel et al. 1999 (Machine Learning 34:211) for shapes.
A unit of one character has no spelling beside itself, so that tasks of characters have no such
features.
"""

import re

LONGEST_AFFIX = 4
_RUNS = re.compile(r"(.)\1+", re.DOTALL)


def spelling(unit: str) -> list[str]:
    """The features of ``unit``: itself in lower case, its affixes, and its shape; none of one."""
    if len(unit) < 2:
        return []
    small = unit.lower()
    sizes = range(1, min(LONGEST_AFFIX, len(small) - 1) + 1)
    begins = [f"begins {small[:size]}" for size in sizes]
    ends = [f"ends {small[-size:]}" for size in sizes]
    return [f"lower {small}", *begins, *ends, f"shape {shape(unit)}"]


def shape(unit: str) -> str:
    """``unit`` with X for capitals, x for small letters, 0 for digits, runs of one as one."""
    return _RUNS.sub(r"\1", "".join(map(_kind, unit)))


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    if character.isupper():
        return "X"
    return "x" if character.isalpha() else character
