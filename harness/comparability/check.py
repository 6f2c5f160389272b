"""One line of a certificate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Detail: TypeAlias = Literal["short", "full"]
DETAILS: tuple[Detail, ...] = get_args(Detail)
Evidence: TypeAlias = Literal["proven", "recorded", "stated"]
"""On what a line stands (``harness.comparability.fields``), the strongest first."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a certificate: the common value, the rows that differ, and the evidence.

    A row whose own runs differ is among ``differing`` even if it reads as the others do.
    """

    name: str
    value: str
    ok: bool
    differing: tuple[tuple[str, str], ...] = ()
    evidence: Evidence = "recorded"

    @property
    def words(self) -> str:
        """The line as a sentence."""
        text = f"{'ok' if self.ok else 'DIFFERS'}: {self.name} ({self.evidence}): {self.value}"
        rows = "; ".join(f"{row}: {value}" for row, value in self.differing if value != self.value)
        if self.differing and not rows:
            return f"{text} (from run to run)"
        return f"{text} (but {rows})" if rows else text


def summary(checks: Sequence[Check]) -> str:
    """How many lines hold, and on what evidence."""
    held = [check for check in checks if check.ok]
    counts = Counter(check.evidence for check in held)
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in get_args(Evidence) if counts[kind])
    text = f"Certificate: {len(held)} of {len(checks)} lines hold"
    return f"{text} ({kinds})." if kinds else f"{text}."


def told(checks: Sequence[Check], detail: Detail) -> tuple[str, ...]:
    """The lines below the summary: all of them, or in short those that do not hold."""
    return tuple(check.words for check in checks if detail == "full" or not check.ok)
