r"""LaTeX with booktabs, one table per block, to be included with ``\input``.

A page has little room, so the certificate is in short: its summary and the lines that do not hold.
The caption says what the score is; what else is to be said stands below the table in small print.
pandas' Styler escapes the cells; bold is put around what is escaped already. A character beyond
Latin needs XeLaTeX or LuaLaTeX with a font that has it, which a comment at the top says.
"""

from collections.abc import Sequence

from harness.comparability.check import Check, Detail, summary, told
from harness.leaderboard.table import Block, Cell, Column, Leaderboard, Row

_HEAD = r"% Needs \usepackage{booktabs} and \usepackage{graphicx}."
_BEYOND = r" Holds characters that need XeLaTeX or LuaLaTeX; Chinese ones need \usepackage{ctex}."
# What pandas leaves as it is, though it is beyond ASCII, wrong in the default font, or an argument
# that the end of the row before would take.
_COMMANDS = {
    "±": r"$\pm$", "≤": r"$\leq$", "→": r"$\rightarrow$", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}",
}  # fmt: skip
_FIT = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
MARK = "→ "
LONGEST = 36  # characters of a text in one line of a cell


def escape(text: str) -> str:
    """``text`` as literal text."""
    return _commands(_escaped(text))


def _escaped(text: str) -> str:
    """``text`` as pandas escapes it, with the blanks of any length as one.

    An empty line would end the paragraph of a caption.
    """
    from pandas import DataFrame

    style = DataFrame([[_one_line(text)]]).style.format(escape="latex").hide().hide(axis=1)
    lines = style.to_latex(column_format="l").split("\n")
    return lines[1].removesuffix(r" \\")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _commands(text: str) -> str:
    for character, command in _COMMANDS.items():
        text = text.replace(character, command)
    return text


def render(table: Leaderboard) -> str:
    """``table`` as LaTeX."""
    parts = [_block(block, table.detail or "short") for block in table.blocks]
    parts += [_list(table.notices)] if table.notices else []
    body = "\n".join(parts)
    return f"{_HEAD}{'' if body.isascii() else _BEYOND}\n{body}"


def _block(block: Block, detail: Detail) -> str:
    title, first, *others = (f"{block.title}.", *(block.captions or ("",)))
    caption = escape(f"{title} {first}".rstrip())
    parts = [
        r"\begin{table}[htbp]", r"\centering\small\setlength{\tabcolsep}{4pt}",
        rf"\caption[{escape(title)}]{{{caption}}}", _FIT, _tabular(block.columns, block.rows), "}",
    ]  # fmt: skip
    notes = [*others, *([_certificate(block.certificate, detail)] if block.certificate else [])]
    parts += [_small_print(" ".join(notes))] if notes else []
    return "\n".join((*parts, r"\end{table}")) + "\n"


def _certificate(checks: Sequence[Check], detail: Detail) -> str:
    lines = "; ".join(told(checks, detail))
    return f"{summary(checks)} {lines}." if lines else summary(checks)


def _small_print(text: str) -> str:
    return rf"\par\medskip\parbox{{\linewidth}}{{\footnotesize\raggedright {escape(text)}}}"


def _tabular(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    from pandas import DataFrame

    shown = [
        [_shown(cell, head, row) for cell, head in zip(row.cells, columns, strict=True)]
        for row in rows
    ]
    bold = [["textbf:--rwrap;" if cell.bold else "" for cell in row.cells] for row in rows]
    frame = DataFrame(shown, columns=range(len(columns)))
    style = frame.style.format(escape="latex").hide()
    style = style.relabel_index([_head(column.title) for column in columns], axis=1)
    style = style.apply(lambda _: DataFrame(bold, frame.index, frame.columns), axis=None)
    texts = zip(*shown, strict=True) if shown else [()] * len(columns)
    align = "".join(map(_aligned, columns, texts))
    return _commands(style.to_latex(hrules=True, column_format=align)).rstrip("\n")


def _aligned(column: Column, texts: Sequence[str]) -> str:
    """Numbers to the right; texts to the left, broken where one would shrink the whole table."""
    if column.numeric:
        return "r"
    return "l" if max(map(len, texts), default=0) <= LONGEST else f"p{{{LONGEST / 2:g}em}}"


def _head(title: str) -> str:
    """A head as pandas takes it: as a format string, where a brace stands for one if it is two."""
    return _escaped(title).replace("{", "{{").replace("}", "}}")


def _shown(cell: Cell, column: Column, row: Row) -> str:
    text = _one_line(cell.shown)
    return MARK + text if row.highlighted and column.key == "system" else text


def _list(lines: Sequence[str]) -> str:
    items = "\n".join(rf"\item {escape(text)}" for text in lines)
    return "\\begin{itemize}\n\\footnotesize\n" + items + "\n\\end{itemize}"
