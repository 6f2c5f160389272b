"""Markdown: whatever a cell holds, a row is a row and a cell is a cell."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tables import COLUMNS, EVIL, HOSTILE, NAMES, table

from harness.leaderboard.render import FORMATS
from harness.leaderboard.render.markdown import escape

BORDER = re.compile(r"(?<!\\)(?:\\\\)*\|")


def grid(text: str) -> list[str]:
    """The lines of the first table."""
    lines = text.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    return lines[start : lines.index("", start)]


def test_bold_highlight_and_spread():
    text = FORMATS["markdown"](table("one", "two"))
    first, second = grid(text)[2:]
    assert "| → one \\[limit 5\\] |" in re.sub(" +", " ", first)
    assert "**91.56 ± 0.93**" in first
    assert "→" not in second


def test_numbers_stand_right_and_names_left():
    assert re.fullmatch(
        r"\|-+:\|:-+\|-+:\|-+:\|-+:\|-+:\|-+:\|", grid(FORMATS["markdown"](table("a")))[1]
    )


@given(st.lists(NAMES | EVIL, min_size=1, max_size=3, unique=True))
def test_every_row_has_every_cell_and_nothing_more(names):
    lines = grid(FORMATS["markdown"](table(*names)))
    assert len(lines) == 2 + len(names)
    assert {len(BORDER.findall(line)) for line in lines} == {len(COLUMNS) + 1}


def test_wide_characters_are_aligned_by_what_they_take():
    from wcwidth import wcswidth

    lines = grid(FORMATS["markdown"](table("张三的模型", "ab")))
    assert len({wcswidth(line) for line in lines}) == 1


@pytest.mark.parametrize("character", "|<>`*_[]\\~#$")
def test_what_markdown_reads_is_escaped(character):
    assert escape(f"a{character}b") != f"a{character}b"


def test_line_breaks_stay_in_their_cell():
    assert escape("a\nb\r\nc\rd") == "a<br>b<br>c<br>d"


def test_markup_in_a_name_is_text():
    text = FORMATS["markdown"](table(HOSTILE))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_the_certificate_and_the_notices_stand_below():
    text = FORMATS["markdown"](table("one"))
    assert "Certificate: 1 of 2 lines hold (1 recorded)." in text
    assert "- ok: split (recorded): test" in text
    assert "- DIFFERS: " in text
    assert text.endswith("=1+1\n")
