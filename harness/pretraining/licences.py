"""The short names of the licences that a statement mentions, for filters.

A text under several licences is admitted only where each of them is: a repository under Apache does
not free the originals in it. What stands in brackets explains and grants nothing.
"""

import re
from collections.abc import Iterable

from harness.errors import ConfigError, did_you_mean

NOT_STATED = "not-stated"
OTHER = "other"

_NAMES = {
    "public-domain": r"public domain",
    "cc0": r"\bCC ?0\b",
    "cc-by": r"\bCC[ -]BY\b(?![ -](?:SA|NC|ND)\b)",
    "cc-by-sa": r"\bCC[ -]BY[ -]SA\b",
    "cc-by-nc": r"\bCC[ -]BY[ -]NC\b",
    "cc-by-nd": r"\bCC[ -]BY[ -]ND\b",
    "ogdl": r"\bOGDL\b|Open Government Data Licen[cs]e",
    "mit": r"\bMIT\b",
    "apache": r"\bApache\b",
    "bsd": r"\bBSD\b",
    "gpl": r"\b[AL]?GPL\b",
}
NAMES = (*_NAMES, OTHER, NOT_STATED)


def named(statement: str) -> frozenset[str]:
    """The licences that ``statement`` names; ``other`` for one that is not known here."""
    if not statement.strip():
        return frozenset({NOT_STATED})
    granted = re.sub(r"\([^()]*\)", "", statement)
    found = {name for name, form in _NAMES.items() if re.search(form, granted, re.IGNORECASE)}
    return frozenset(found or {OTHER})


def parse(names: str) -> frozenset[str]:
    """The licences of a list such as ``public-domain,cc0,mit``.

    Raises:
        ConfigError: for a name that is not one of ``NAMES``.
    """
    asked = [name.strip().lower() for name in names.split(",") if name.strip()]
    for name in asked:
        if name not in NAMES:
            near = did_you_mean(name, NAMES)
            msg = f"--licence {name}: not known{near}; choose from {', '.join(NAMES)}"
            raise ConfigError(msg)
    if not asked:
        msg = f"--licence names none; choose from {', '.join(NAMES)}"
        raise ConfigError(msg)
    return frozenset(asked)


def admitted(statement: str, allowed: Iterable[str]) -> bool:
    """Whether every licence that ``statement`` names is among ``allowed``."""
    return named(statement) <= frozenset(allowed)
