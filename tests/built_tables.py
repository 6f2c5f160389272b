"""Leaderboards of stored runs, and their cells by the keys of their columns."""

from harness.leaderboard.build import build
from harness.leaderboard.table import Block, Cell, Leaderboard, Row
from harness.results import reader


def built(folder, **asked) -> Leaderboard:
    return build(reader.read([folder]), **({"published": False} | asked))


def cells(block: Block, row: Row) -> dict[str, Cell]:
    return dict(zip([column.key for column in block.columns], row.cells, strict=True))


def row_of(block: Block, name: str) -> dict[str, Cell]:
    return cells(block, next(row for row in block.rows if row.name.startswith(name)))


def blocks(table: Leaderboard, kind: str) -> list[Block]:
    return [block for block in table.blocks if block.kind == kind]
