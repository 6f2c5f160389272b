"""The one table object that every format renders. It is frozen: no format can change it.

A cell keeps its printed text beside the value in full precision. Scores are fractions as values
and percent, two decimals, half-up, as text; what is undefined or was not measured reads n/a.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.comparability.check import Check, Detail
from harness.comparability.naming import require_distinct

Value: TypeAlias = float | int | str | tuple[float, float] | None
Kind: TypeAlias = Literal["ranked", "apart", "wide", "published"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is printed, and the value behind it.

    ``spread`` is a standard deviation, ``interval`` between what a score of one type lies at 95 %.
    ``mark`` stands behind a value that a caption explains, and that is not compared with others.
    """

    text: str
    value: Value = None
    spread: float | None = None
    spread_text: str = ""
    bold: bool = False
    interval: tuple[float, float] | None = None
    mark: str = ""

    @property
    def key(self) -> float | int | str:
        """What the cell sorts by; empty if nothing is known."""
        value = self.value[0] if isinstance(self.value, tuple) else self.value
        return "" if value is None else value

    @property
    def shown(self) -> str:
        """The text with its spread and its mark."""
        return (f"{self.text} ± {self.spread_text}" if self.spread_text else self.text) + self.mark


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``note`` says in full what it holds, ``numeric`` that it is set to the right.

    ``support`` is the number of gold entities behind a score of one type.
    """

    key: str
    title: str
    note: str = ""
    numeric: bool = True
    support: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One system: its cells in the order of the columns, its watermarks, and where it differs."""

    name: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    highlighted: bool = False


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two rows of a block: first minus second in F1, its interval, and two tests.

    ``*_holm`` are corrected over all pairs of the block; ``separable`` is what groups and letters
    go by.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    bootstrap_p: float
    bootstrap_holm: float
    permutation_p: float
    permutation_holm: float
    separable: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one heading, each with a name of its own, by which all else speaks of it.

    Only blocks of the kind ``ranked`` carry ranks. A published model may have several results.
    """

    kind: Kind
    task: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    captions: tuple[str, ...] = ()
    certificate: tuple[Check, ...] = ()
    contrasts: tuple[Contrast, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two rows of one name."""
        if self.kind != "published":
            require_distinct([row.name for row in self.rows], self.title)


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """All blocks, and what was found but could not be used.

    ``detail`` is how much of a certificate is printed; without, a format prints what suits it.
    """

    blocks: tuple[Block, ...]
    notices: tuple[str, ...] = ()
    detail: Detail | None = None
