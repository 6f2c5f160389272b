"""Why an entry of a structured format is not a sentence, raised before its line is known."""

from collections.abc import Sequence


class EntryError(Exception):
    """Why an entry is no sentence; the reader catches it and adds the line."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def check_units(units: Sequence[str], joiner: str) -> None:
    """Refuse units that are empty, or hold what no file of text can hold.

    Raises:
        EntryError: for the first such unit.
    """
    for position, unit in enumerate(units):
        if not unit:
            why = f"two {joiner!r} in a row, or one at an end" if joiner else "a token is empty"
            raise EntryError("empty-unit", f"unit {position + 1} is empty: {why}")
        if "\0" in unit:
            raise EntryError("nul", f"unit {position + 1} is a NUL character; remove it")
        if not unit.isascii() and any("\ud800" <= character <= "\udfff" for character in unit):
            raise EntryError("surrogate", f"unit {position + 1} is half a character: {unit!r}")
