"""Tables for a terminal: whatever a cell holds, a row is a row, and markup is text."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.plain_table import literal, table

BORDER = re.compile(r"(?<!\\)(?:\\\\)*\|")


@given(st.lists(st.text(max_size=20), min_size=3, max_size=3))
def test_every_row_has_every_cell_and_nothing_more(cells):
    lines = table(cells, [cells, cells]).split("\n")
    assert len(lines) == 4
    assert {len(BORDER.findall(line)) for line in lines} == {4}


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_what_is_escaped_can_be_read_back(text):
    assert html.unescape(re.sub(r"\\([\\|])", r"\1", literal(text))) == text


def test_names_stay_as_a_person_reads_them():
    assert literal("bert-crf [limit 5] NS_PER*") == "bert-crf [limit 5] NS_PER*"


def test_control_characters_are_seen_and_not_obeyed():
    assert literal("a\x1b[2Jb\u202ec") == "a\\\\u001b[2Jb\\\\u202ec"
