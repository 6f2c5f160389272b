"""A word is known by its beginning, its end and its shape; a character by nothing but itself."""

import pytest

from backends.tagging.spelling import shape, spelling


def test_a_word_has_affixes_that_leave_something_of_it():
    assert spelling("Ely") == [
        "lower ely", "begins e", "begins el", "ends y", "ends ly", "shape Xx",
    ]  # fmt: skip
    longest = spelling("Hamburg")
    assert "begins hamb" in longest
    assert "ends burg" in longest
    assert not any(one.startswith("begins hambu") for one in longest)


@pytest.mark.parametrize("unit", ["", "a", "7", "中"])
def test_a_character_has_none(unit):
    assert spelling(unit) == []


@pytest.mark.parametrize(
    ("unit", "form"),
    [("McDonald", "XxXx"), ("U.S.", "X.X."), ("B-52", "X-0"), ("2026", "0"), ("北京", "x")],
)
def test_runs_of_one_kind_are_one(unit, form):
    assert shape(unit) == form
