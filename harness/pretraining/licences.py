"""The short names of the licences that a statement mentions, for filters.

A text under several licences is admitted only where each of them is: a repository under Apache does
not free the originals in it. So each part of a statement counts, and one that names nothing known
is under another licence. What stands in brackets or at an address explains and grants nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from harness.errors import ConfigError, did_you_mean

NOT_STATED = "not-stated"
OTHER = "other"

_NAMES = {
    "public-domain": r"public domain",
    "cc0": r"\bCC ?0\b",
    "cc-by": r"\bCC[ -]BY\b(?![ -](?:(?:SA|NC|ND)\b|Share|Non|No[ -]?Deriv))",
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
_EXPLAINED = re.compile(r"\([^()]*\)|https?://\S+")
_BETWEEN = re.compile(r"[;,/+&|]| - |\b(?:and|or|plus|with|but)\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|no|non|never|without|except|excluding)\b|n't\b", re.IGNORECASE)
# Parts of a statement that name no licence: which version, whose text, by which law, and where.
_SILENT = re.compile(
    r"(?:version|v)?[ .]*\d[\d.]*(?:[ -]clause)?"
    r"|copyright\b(?!.*reserved).*"
    r"|[\w-]+(?:\.[\w-]+)*\.[a-z]+",
    re.IGNORECASE,
)


def named(statement: str) -> frozenset[str]:
    """The licences that ``statement`` names; ``other`` for one that is not known here."""
    if not statement.strip():
        return frozenset({NOT_STATED})
    found = frozenset[str]().union(*map(_named_in, _parts(statement)))
    return found or frozenset({OTHER})


def _parts(statement: str) -> Iterator[str]:
    """What ``statement`` says one after the other, without what only explains."""
    for part in _BETWEEN.split(_EXPLAINED.sub("", _plain(statement))):
        if part.strip() and not _SILENT.fullmatch(part.strip()):
            yield part


def _plain(statement: str) -> str:
    """``statement`` with one kind of dash, single spaces, and nothing that nobody sees."""
    text = unicodedata.normalize("NFKC", statement)
    seen = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return " ".join(re.sub(r"[\u2010-\u2015\u2212]", "-", seen).split())


def _named_in(part: str) -> frozenset[str]:
    found = {name for name, form in _NAMES.items() if re.search(form, part, re.IGNORECASE)}
    return frozenset(found if found and not _DENIED.search(part) else {OTHER})


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
