"""Text that no spreadsheet runs as a formula."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def escape(text: str) -> str:
    """``text`` with an apostrophe before what would begin a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text
