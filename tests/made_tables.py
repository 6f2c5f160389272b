"""Tables for the tests of formats: one block with hostile text, and random ones."""

from hypothesis import strategies as st

from harness.comparability.check import Check
from harness.leaderboard.table import Block, Cell, Column, Leaderboard, Row

HOSTILE = "a|b_{c}%<script>&#$~^\\ `*[x](y)* 张三 =1+1"
COLUMNS = (
    Column("rank", "rank"), Column("system", "backend", "which", numeric=False),
    Column("f1", "F1"), Column("f1:a|b", "a|b_%"), Column("f1:same", "a|b_%"),
    Column("interval", "95 %"), Column("parameters", "params"),
)  # fmt: skip


def row(name: str, *, bold: bool = False, highlighted: bool = False) -> Row:
    """A row of every kind of cell."""
    score = Cell("91.56", 0.9156123, 0.0093, "0.93", bold)
    return Row(
        name,
        (Cell("1", 1), Cell(f"{name} [limit 5]", name), score, Cell("n/a"), Cell("0.00", 0.0),
         Cell("88.00 to 94.60", (0.88, 0.946)), Cell("3.4M", 3_412_345.0)),
        ("limit 5",), ("split",), highlighted,
    )  # fmt: skip


def table(*names: str, text: str = HOSTILE) -> Leaderboard:
    """A ranked block of ``names``, all bold and the first one marked, and a published one.

    ``text`` stands in captions, certificate and notices.
    """
    rows = tuple(row(name, bold=True, highlighted=not i) for i, name in enumerate(names))
    checks = (Check("split", "test", ok=True), Check(text, "x", False, ((names[0], text),)))
    main = Block("ranked", "t", names[0], COLUMNS, rows, (text, "Two."), checks)
    source = Column("source", "source", numeric=False)
    paper = Row("p", (Cell("=p"), Cell("68.2", 0.682), Cell("-x")))
    other = Block("published", "t", "t: published", (*COLUMNS[1:3], source), (paper,), (text,))
    return Leaderboard((main, other), (text,))


# Text that has been through ``harness.numbers.printed`` holds no control characters.
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
EVIL = st.text("|_{}%<>&#$~^\\`*[]()=+-@\"',; \u5f20a", min_size=1, max_size=20).filter(str.strip)
