"""One line of a certificate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a certificate: the common value, and the rows that differ, with theirs."""

    name: str
    value: str
    ok: bool
    differing: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        """The line as a sentence."""
        text = f"{'ok' if self.ok else 'DIFFERS'}: {self.name}: {self.value}"
        rows = "; ".join(f"{row}: {value}" for row, value in self.differing)
        return f"{text} (but {rows})" if rows else text
