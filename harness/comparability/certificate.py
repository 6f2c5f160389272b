"""The certificate: what the rows of a table have in common, line by line, checked on result files.

A line is red if a row differs from the ranked ones, or if a run did not record the field.
Rows that differ in a field that ``separates`` are never ranked together, and what was not recorded
equals nothing, not even another thing that was not recorded.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.comparability import ensembles
from harness.comparability.check import Check, Evidence
from harness.comparability.fields import FIELDS, MISSING, NOT_APPLICABLE, Field, Recorded
from harness.numbers import printed


def readings(result: Recorded) -> dict[str, str]:
    """What each line reads for one run."""
    return {field.name: printed(ensembles.value(field, result)) for field in FIELDS}


def may_stand_together(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two runs read alike in all that separates and applies to both."""
    return not differing(one, other)


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """The separating lines in which two runs differ; unknown differs from everything."""
    return tuple(
        field.name
        for field in FIELDS
        if field.separates and not _alike(one[field.name], other[field.name])
    )


def _alike(value: str, other: str) -> bool:
    if NOT_APPLICABLE in (value, other):
        return True
    return value == other and value != MISSING


def unknown(values: Mapping[str, str]) -> tuple[str, ...]:
    """The separating lines that a run did not record."""
    return tuple(f.name for f in FIELDS if f.separates and values[f.name] == MISSING)


@dataclass(frozen=True, slots=True)
class RowReadings:
    """What the lines read for each run of a row."""

    name: str
    runs: tuple[Mapping[str, str], ...]
    imported: bool = False

    def values(self, line: str) -> tuple[str, ...]:
        """The different values of its runs."""
        return tuple(dict.fromkeys(run[line] for run in self.runs))


def certify(ranked: Sequence[RowReadings], others: Sequence[RowReadings]) -> tuple[Check, ...]:
    """The certificate of a table of rows.

    What most of the ``ranked`` rows read is what all rows are held against, however many others
    there are.
    """
    rows = (*ranked, *others)
    return tuple(_line(field, ranked, others) for field in FIELDS if _applies(field, rows))


def _applies(field: Field, rows: Sequence[RowReadings]) -> bool:
    common = field.left_out
    return common is None or any(row.values(field.name) != (common,) for row in rows)


def _line(field: Field, ranked: Sequence[RowReadings], others: Sequence[RowReadings]) -> Check:
    rows = [row for row in (*ranked, *others) if row.values(field.name) != (NOT_APPLICABLE,)]
    if not rows:
        return Check(field.name, "n/a", ok=True, evidence=field.evidence)
    first = [row for row in ranked if row in rows]
    common = Counter(_text(row, field) for row in first or rows).most_common(1)[0][0]
    differing = tuple(
        (row.name, _text(row, field))
        for row in rows
        if _text(row, field) != common or len(row.values(field.name)) > 1
    )
    known = all(MISSING not in row.values(field.name) for row in rows)
    sound = common == (field.must or common)
    return Check(field.name, common, not differing and sound and known, differing,
                 _evidence(field, rows))  # fmt: skip


def _text(row: RowReadings, field: Field) -> str:
    return " / ".join(row.values(field.name))


def _evidence(field: Field, rows: Sequence[RowReadings]) -> Evidence:
    """That of the weakest row: what an import was only told is stated."""
    told = field.told and any(row.imported for row in rows)
    return "stated" if told else field.evidence
