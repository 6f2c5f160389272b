"""JSON for programs: values in full precision, scores as fractions, null for what is unknown."""

import json
from dataclasses import asdict
from typing import Any

from harness.leaderboard.table import Block, Cell, Column, Leaderboard

SCHEMA = 1


def render(table: Leaderboard) -> str:
    """``table`` as JSON."""
    content = {
        "schema_version": SCHEMA,
        "blocks": [_block(block) for block in table.blocks],
        "notices": table.notices,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _block(block: Block) -> dict[str, Any]:
    rows = [
        {
            "name": row.name,
            "notes": row.notes,
            "differs": row.differs,
            "highlighted": row.highlighted,
            "cells": {
                column.key: _cell(cell, column)
                for column, cell in zip(block.columns, row.cells, strict=True)
            },
        }
        for row in block.rows
    ]
    return asdict(block) | {"rows": rows}


def _cell(cell: Cell, column: Column) -> dict[str, Any]:
    fields: dict[str, Any] = {"value": cell.value, "text": cell.shown, "bold": cell.bold}
    fields |= {} if cell.spread is None else {"sd": cell.spread}
    fields |= {"mark": cell.mark} if cell.mark else {}
    fields |= {} if cell.interval is None else {"interval": cell.interval}
    return fields if column.support is None else fields | {"n": column.support}
