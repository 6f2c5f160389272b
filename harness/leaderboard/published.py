"""Published results, as their sources state them: reference rows, never ranked with runs.

The files are ``configs/published/*.csv``, one row a result: task, model, F1 in percent as printed
there, remark, source, and year if the source gives one.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from harness.errors import DataError
from harness.resources import folder

FIELDS = ("task", "model", "f1", "remark", "source", "year")
HIGHEST = 100


@dataclass(frozen=True, slots=True)
class Reference:
    """One published result; ``printed`` is F1 in percent, with the decimals of its source."""

    task: str
    model: str
    printed: str
    remark: str
    source: str
    year: int | None

    @property
    def f1(self) -> float:
        """F1 as a fraction."""
        return float(Decimal(self.printed) / HIGHEST)


def references(task: str) -> tuple[Reference, ...]:
    """The published results on ``task``, best first; spelling of the name does not matter.

    Raises:
        DataError: for a file with a row that cannot be read.
    """
    paths = sorted((folder("configs") / "published").glob("*.csv"))
    found = [one for path in paths for one in read(path) if _plain(one.task) == _plain(task)]
    return tuple(sorted(found, key=lambda one: (-one.f1, one.model)))


def read(path: Path) -> Iterator[Reference]:
    """The rows of one file.

    Raises:
        DataError: with file and line, for a row that cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        if tuple(rows.fieldnames or ()) != FIELDS:
            msg = f"{path}, line 1: expected the columns {', '.join(FIELDS)}"
            raise DataError(msg)
        for row in rows:
            yield _reference(row, f"{path}, line {rows.line_num}")


def _reference(row: Mapping[str, str | None], where: str) -> Reference:
    texts = {key: row.get(key) or "" for key in FIELDS}
    short_or_long = len(row) != len(FIELDS) or None in row.values()
    if short_or_long or not all(texts[key] for key in ("task", "model", "source")):
        msg = f"{where}: expected six values, with a task, a model and a source"
        raise DataError(msg)
    try:
        value = Decimal(texts["f1"])
    except InvalidOperation:
        value = Decimal("NaN")
    readable = value.is_finite() and 0 <= value <= HIGHEST
    if not readable or not (texts["year"].isdecimal() or not texts["year"]):
        msg = f"{where}: F1 is a percentage from 0 to 100 and year a number or empty"
        raise DataError(msg)
    year = int(texts["year"]) if texts["year"] else None
    names = {key: texts[key] for key in ("task", "model", "remark", "source")}
    return Reference(**names, printed=texts["f1"], year=year)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
