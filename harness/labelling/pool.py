"""Which lines of a pool are nothing to label: blank ones, and those that stood before."""

from collections.abc import Sequence


def blank(texts: Sequence[str]) -> set[int]:
    """The places of texts of nothing but white space."""
    return {place for place, text in enumerate(texts) if not text.strip()}


def repeated(texts: Sequence[str]) -> set[int]:
    """The places of texts that stand before them, too; those that are ``blank`` are not counted."""
    first: dict[str, int] = {}
    seen = {place for place, text in enumerate(texts) if first.setdefault(text, place) != place}
    return seen - blank(texts)
