"""CSV: one header, every field quoted, nothing that a spreadsheet would run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tables import EVIL, HOSTILE, NAMES, table

from harness.leaderboard.render import FORMATS
from harness.leaderboard.render.csv import escape


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_every_block_gives_its_rows_under_one_header():
    first, second = rows(FORMATS["csv"](table("one")))
    assert first["block"] == "ranked"
    assert (first["f1"], first["f1 sd"]) == ("91.56", "0.93")
    assert (first["interval low"], first["interval high"]) == ("88.00", "94.60")
    assert first["parameters"] == "3412345"
    assert (first["highlighted"], first["notes"], first["differs in"]) == (
        "yes",
        "limit 5",
        "split",
    )
    assert (second["block"], second["system"], second["source"]) == ("published", "'=p", "'-x")
    assert second["rank"] == ""


def test_every_field_is_quoted():
    for line in FORMATS["csv"](table("one")).split("\r\n")[:-1]:
        assert line.startswith('"')
        assert line.endswith('"')
        assert '",,"' not in line


@given(st.lists(NAMES | EVIL, min_size=1, max_size=3, unique=True))
def test_names_come_back_and_none_begins_a_formula(names):
    for name, row in zip(names, rows(FORMATS["csv"](table(*names))), strict=False):
        assert row["system"].removeprefix("'") == f"{name} [limit 5]".removeprefix("'")
        assert not row["system"].startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("character", "=+-@\t\r")
def test_the_starts_of_formulas_are_defused(character):
    assert escape(f"{character}1") == f"'{character}1"


def test_other_text_is_left_alone():
    assert escape(HOSTILE) == HOSTILE
