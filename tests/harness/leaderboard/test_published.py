"""Published rows: every one has its source, and a file that cannot be read is named by line."""

import pytest

from harness.errors import DataError
from harness.leaderboard import published

HEAD = "task,model,f1,remark,source,year\n"


def test_the_thirty_rows_of_conll_2003_are_there_best_first():
    rows = published.references("conll2003")
    assert len(rows) == 30
    assert (rows[0].model, rows[0].printed, rows[0].year) == (
        "ACE + document-context",
        "94.6",
        2021,
    )
    assert rows[-1].printed == "93.04"
    assert all(one.source and one.year for one in rows)


@pytest.mark.parametrize(("task", "rows"), [("msra", 8), ("weibo", 4), ("resume", 6),
                                            ("cluener", 5), ("people_daily_1998", 3)])  # fmt: skip
def test_the_chinese_sets_have_their_rows(task, rows):
    found = published.references(task)
    assert len(found) == rows
    assert all(one.source and 0 < one.f1 < 1 for one in found)
    assert [one.f1 for one in found] == sorted((one.f1 for one in found), reverse=True)


@pytest.mark.parametrize("task", ["CoNLL-2003", "conll_2003", "CONLL2003"])
def test_the_spelling_of_a_task_does_not_matter(task):
    assert len(published.references(task)) == 30


def test_a_task_without_rows_has_none():
    assert published.references("demo") == ()


def test_f1_keeps_the_decimals_of_its_source_and_is_a_fraction(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "t,m,70.0,,s,\n", encoding="utf-8")
    [one] = published.read(path)
    assert (one.printed, one.f1, one.year) == ("70.0", 0.7, None)


@pytest.mark.parametrize("line", ["t,m,ninety,,s,2020", "t,m,101,,s,2020", "t,m,-1,,s,2020",
                                  "t,m,NaN,,s,2020", "t,m,90,,s,then", "t,m,90,,,2020",
                                  "t,,90,,s,2020", "t,m,90", "t,m,90,,s,2020,more"])  # fmt: skip
def test_a_row_that_cannot_be_read_is_named_by_file_and_line(tmp_path, line):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "t,m,90,,s,2020\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"own\.csv, line 3"):
        list(published.read(path))


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("model,f1\nm,90\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1: expected the columns task, model"):
        list(published.read(path))
