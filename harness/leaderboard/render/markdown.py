"""GitHub Markdown. A cell can hold anything: what Markdown or HTML would interpret is escaped."""

import re
from collections.abc import Iterable, Sequence

from harness.comparability.check import Check, Detail, summary, told
from harness.leaderboard.table import Block, Cell, Column, Leaderboard, Row

_SPECIAL = re.compile(r"([\\`*_\[\]|~#$])")
MARK = "→ "


def escape(text: str) -> str:
    """``text`` as literal text inside a cell."""
    literal = _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
    literal = literal.replace("<", "&lt;").replace(">", "&gt;")
    return literal.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>")


def render(table: Leaderboard) -> str:
    """``table`` as Markdown."""
    parts = [_block(block, table.detail or "full") for block in table.blocks]
    if table.notices:
        parts.append(_list(table.notices))
    return "\n\n".join(parts) + "\n"


def _block(block: Block, detail: Detail) -> str:
    parts = [f"### {escape(block.title)}", grid(block.columns, block.rows)]
    parts += ["\n".join(f"{escape(caption)}  " for caption in block.captions).rstrip()]
    parts += [_certificate(block.certificate, detail)] if block.certificate else []
    return "\n\n".join(part for part in parts if part)


def grid(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """The rows as a pipe table."""
    from tabulate import tabulate

    cells = [[_cell(cell, column, row) for cell, column in zip(row.cells, columns, strict=True)]
             for row in rows]  # fmt: skip
    heads = [escape(column.title) for column in columns]
    align = ["right" if column.numeric else "left" for column in columns]
    # As heads, tabulate would pad each by two; without heads its rule comes first.
    lines = tabulate([heads, *cells], (), "pipe", colalign=align, disable_numparse=True).split("\n")
    return "\n".join((lines[1], lines[0], *lines[2:]))


def _cell(cell: Cell, column: Column, row: Row) -> str:
    text = escape(cell.shown)
    text = f"**{text}**" if cell.bold else text
    return MARK + text if row.highlighted and column.key == "system" else text


def _certificate(checks: Sequence[Check], detail: Detail) -> str:
    return f"{summary(checks)}\n\n{_list(told(checks, detail))}".rstrip("\n")


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {escape(text)}" for text in lines)
