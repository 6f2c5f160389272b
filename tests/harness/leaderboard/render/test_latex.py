"""LaTeX: it compiles whatever the names are; where no TeX is, the escaping alone is held."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from made_tables import EVIL, HOSTILE, NAMES, table

from harness.leaderboard.render import FORMATS
from harness.leaderboard.render.latex import escape

ASCII = HOSTILE.replace("张三", "")
DOCUMENT = (
    "\\documentclass{article}\n\\usepackage{booktabs}\n\\usepackage{graphicx}\n"
    "\\begin{document}\n\\input{board}\n\\end{document}\n"
)
ENGINES = [name for name in ("pdflatex", "xelatex", "tectonic") if shutil.which(name)]


def compiled(engine: str, folder, text: str) -> str:
    """The log of a compilation; its errors end the test."""
    (folder / "board.tex").write_text(text, encoding="utf-8")
    (folder / "main.tex").write_text(DOCUMENT, encoding="utf-8")
    options = [] if engine == "tectonic" else ["-interaction=nonstopmode", "-halt-on-error"]
    done = subprocess.run([engine, *options, "main.tex"], cwd=folder, capture_output=True,
                          text=True, errors="replace", check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not ENGINES, reason="no TeX is installed; the escaping tests below hold it")
def test_it_compiles_with_names_of_all_specials(tmp_path):
    board = table(ASCII, "[2pt] x", "*", "-1", "\\\\", "{", "~^", text=ASCII)
    compiled(ENGINES[0], tmp_path, FORMATS["latex"](board))
    assert (tmp_path / "main.pdf").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.skipif("xelatex" not in ENGINES, reason="Chinese names need XeLaTeX")
def test_chinese_names_compile_where_the_comment_says(tmp_path):
    text = FORMATS["latex"](table(HOSTILE))
    assert "XeLaTeX" in text.split("\n")[0]
    compiled("xelatex", tmp_path, text)


def test_a_table_of_ascii_asks_for_no_other_engine():
    head = FORMATS["latex"](table("one", text="plain")).split("\n")[0]
    assert head == r"% Needs \usepackage{booktabs} and \usepackage{graphicx}."


def test_booktabs_bold_and_highlight():
    text = FORMATS["latex"](table("one", "two"))
    assert r"\toprule" in text
    assert r"\hline" not in text
    assert r"\textbf{91.56 $\pm$ 0.93}" in text
    assert r"$\rightarrow$ one" in text
    assert r"$\rightarrow$ two" not in text


def test_heads_are_escaped_and_may_be_alike():
    assert FORMATS["latex"](table("one")).count(r"a\textbar{}b\_\%") == 2


def balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def bodies(text: str) -> list[tuple[str, list[str]]]:
    """Of each table, the columns that it declares and the lines of its rows."""
    found = re.findall(r"\\begin\{tabular\}\{((?:[lr]|p\{\d+em\})+)\}\n(.*?)\\end\{tabular\}", text,
                       re.DOTALL)  # fmt: skip
    return [
        (re.sub(r"p\{\d+em\}", "p", columns),
         [line for line in body.split("\n") if line.endswith(r"\\")])
        for columns, body in found
    ]  # fmt: skip


@given(NAMES | EVIL)
def test_braces_balance_and_each_row_has_the_columns_that_are_declared(name):
    text = FORMATS["latex"](table(name, "P{x} & 张三", text=name))
    assert balanced(text)
    tables = bodies(text)
    assert len(tables) == text.count(r"\begin{table}") > 0
    for columns, rows in tables:
        assert rows
        for row in rows:
            assert len(re.findall(r"(?<!\\)(?:\\\\)*&", row)) == len(columns) - 1


def test_a_label_with_braces_and_a_chinese_one_come_through():
    board = table("P{x}", "张三")
    first, *others = board.blocks
    titles = ("P{x}", "地点", "{", "}}")
    heads = tuple(map(titled, first.columns, (*titles, *titles)))
    text = FORMATS["latex"](replace(board, blocks=(replace(first, columns=heads), *others)))
    assert r"P\{x\} & 地点 & \{ & \}\} &" in text
    assert r" P\{x\} {[}limit 5{]} &" in text
    assert "& 张三 {[}limit 5{]} &" in text


def titled(column, title):
    return replace(column, title=title)


def test_a_long_name_is_broken_and_leaves_the_others_their_size():
    (short, _), *_ = bodies(FORMATS["latex"](table("one")))
    (long, _), *_ = bodies(FORMATS["latex"](table("a name that is longer than others, option=5")))
    assert (short[1], long[1]) == ("l", "p")


def test_a_list_of_tables_has_the_title_alone_and_the_rest_is_below():
    text = FORMATS["latex"](table("one", text="told"))
    assert r"\caption[one.]{one. told}" in text
    assert text.index(r"\end{tabular}") < text.index("Two. Certificate")


@given(NAMES | EVIL)
def test_no_special_character_is_left_bare(name):
    text = escape(name)
    commands = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum|space) ?", "", text)
    commands = re.sub(r"\\text(less|greater|bar)\{\}|\$\\(pm|rightarrow)\$|\{[\[\]*]\}", "",
                      commands)  # fmt: skip
    assert not re.search(r"(?<!\\)[&%$#_{}~^]", commands)
    assert not re.search(r"\\(?![&%$#_{}])", commands)
    assert balanced(text)


@pytest.mark.parametrize(("text", "escaped"), [
    ("50%", r"50\%"), ("a & b", r"a \& b"), ("[2pt]", "{[}2pt{]}"), ("*", "{*}"),
    ("a\n\nb", "a b"), ("±", r"$\pm$"), ("<x>", r"\textless{}x\textgreater{}"),
])  # fmt: skip
def test_each_special(text, escaped):
    assert escape(text) == escaped
