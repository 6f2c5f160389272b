"""CSV for spreadsheets: every field quoted, one header, one line for each row of each block.

Numbers are printed ones; a spread stands in a column of its own. A text that a spreadsheet would
run as a formula gets a leading apostrophe (OWASP, CSV injection).
"""

import csv
import io

from harness.leaderboard.table import Block, Cell, Column, Leaderboard, Row
from harness.numbers import percent
from harness.spreadsheets import escape

_LEAD = ("block", "task", "highlighted", "notes", "differs in")


def render(table: Leaderboard) -> str:
    """``table`` as CSV."""
    heads = dict.fromkeys(_LEAD)
    rows = [_row(block, row) for block in table.blocks for row in block.rows]
    for row in rows:
        heads |= dict.fromkeys(row)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(heads), restval="", quoting=csv.QUOTE_ALL)
    writer.writerow({head: escape(head) for head in heads})
    writer.writerows(rows)
    return out.getvalue()


def _row(block: Block, row: Row) -> dict[str, str]:
    lead = (block.kind, block.task, "yes" if row.highlighted else "", "; ".join(row.notes),
            "; ".join(row.differs))  # fmt: skip
    fields = {head: escape(text) for head, text in zip(_LEAD, lead, strict=True)}
    for column, cell in zip(block.columns, row.cells, strict=True):
        fields |= _fields(column, cell)
    return fields


def _fields(column: Column, cell: Cell) -> dict[str, str]:
    if isinstance(cell.value, tuple):
        low, _, high = cell.text.partition(" to ")
        return {f"{column.key} low": low, f"{column.key} high": high}
    fields = {column.key: _number(cell) if column.numeric else escape(cell.text)}
    if cell.interval:
        low, high = map(percent, cell.interval)
        fields |= {f"{column.key} low": low, f"{column.key} high": high}
    fields |= {f"{column.key} sd": cell.spread_text} if cell.spread_text else {}
    return fields | ({f"{column.key} mark": cell.mark} if cell.mark else {})


def _number(cell: Cell) -> str:
    """A number as a spreadsheet reads it: without thousands, and 3.4M in full."""
    text = cell.text.replace(",", "")
    if isinstance(cell.value, int | float) and text[-1:].isalpha():
        return f"{cell.value:.0f}"
    return text
