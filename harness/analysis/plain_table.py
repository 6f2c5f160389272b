"""Tables for a terminal that are GitHub Markdown too, whatever names and texts stand in them.

Only what would end a cell or open markup is escaped, so that a person reads names as they are.
"""

import re
from collections.abc import Iterable, Sequence

from harness.numbers import printed

_ENDS_A_CELL = re.compile(r"([\\|])")


def literal(text: str) -> str:
    """``text`` on one line, without markup or control characters."""
    one_line = printed(" ".join(text.split()))
    marked = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ENDS_A_CELL.sub(r"\\\1", marked)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """``rows`` under ``head``, every cell as ``literal``."""
    from tabulate import tabulate

    cells = [[literal(str(cell)) for cell in row] for row in rows]
    return tabulate(cells, [*map(literal, head)], tablefmt="github", disable_numparse=True)
