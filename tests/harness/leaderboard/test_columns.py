"""Columns are chosen by key, or by the title that a table shows."""

import pytest

from harness.errors import ConfigError
from harness.leaderboard.columns import TEXTS, choose
from harness.leaderboard.measures import MEASURES


def test_a_column_may_be_called_by_the_title_that_a_table_shows():
    chosen = choose(["backend", "F1 unseen", "chars/s", "predict_rate"])
    assert chosen == ("system", "unseen_f1", "predict_rate")


def test_no_two_columns_have_one_title():
    titles = [column.title.casefold() for column in (*TEXTS.values(), *MEASURES)]
    assert len(set(titles)) == len(titles)


def test_what_is_neither_is_refused():
    with pytest.raises(ConfigError, match="no column 'F1 unheard'"):
        choose(["F1 unheard"])
