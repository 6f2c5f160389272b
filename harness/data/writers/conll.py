"""CoNLL columns: unit, tab, BIO tag; a blank line ends a sentence, a line begins a document."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.data.readers.conll import DOCUMENT
from harness.data.writers.annotated import NEAR, Annotated
from harness.errors import DataError
from harness.tags import encode


def write(path: Path, items: Sequence[Annotated]) -> None:
    """Write ``items`` into the file ``path``.

    Raises:
        DataError: for a unit that a column cannot hold.
    """
    path.write_text("".join(_lines(items)), encoding="utf-8", newline="\n")


def _lines(items: Sequence[Annotated]) -> Iterator[str]:
    document = None
    for one in items:
        if one.document != document:
            document = one.document
            yield f"{DOCUMENT}\tO\n\n"
        tags = encode(one.spans, len(one.sentence))
        for unit, tag in zip(one.sentence.units, tags, strict=True):
            _require_column(unit, one)
            yield f"{unit}\t{tag}\n"
        yield "\n"


def _require_column(unit: str, one: Annotated) -> None:
    if unit.startswith(DOCUMENT) or any(mark in unit for mark in "\t\n\r"):
        msg = f"{one.sentence.id}: the unit {unit!r} cannot stand in a column; {NEAR}"
        raise DataError(msg)
