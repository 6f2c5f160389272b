"""Two systems of one name: whatever rows are called, each has its own scores and ranks."""

import shutil

import pytest
from built_tables import blocks, built, cells
from stored_runs import change, write_row, write_run

from harness.errors import DataError
from harness.leaderboard.table import Block, Row

GOOD, POOR = 2, 6  # the option of two versions of one preset


def dictionary(folder, task, shortest, rate):
    """The three seeds of a version of the preset."""
    for seed in (13, 42, 87):
        write_run(folder, "dictionary", seed, task=task, rate=rate, weights="none",
                  options={"shortest": shortest}, digest=f"{task} {shortest} {seed}")  # fmt: skip


def f1_by_task(wide):
    """F1 and the average rank of each row of the table over all tasks."""
    columns = ("f1@ta", "f1@tb", "average_rank")
    found = (cells(wide, row) for row in wide.rows)
    return [tuple(one[key].value for key in columns) for one in found]


def test_two_versions_of_a_preset_keep_their_names_in_all_tasks_whatever_their_paths(tmp_path):
    for task, good, poor in (("ta", "1", "2"), ("tb", "2", "1")):
        dictionary(tmp_path / good, task, GOOD, 0.05)
        dictionary(tmp_path / poor, task, POOR, 0.6)
    (wide,) = blocks(built(tmp_path), "wide")
    (good, poor) = f1_by_task(wide)
    assert good[0] > poor[0] + 0.3
    assert good[1] > poor[1] + 0.3
    assert (good[2], poor[2]) == (1.0, 2.0)


def test_of_two_systems_with_one_name_in_two_tasks_no_rank_is_averaged(tmp_path):
    for task, version in (("ta", GOOD), ("tb", POOR)):
        dictionary(tmp_path, task, version, 0.05)
        for other in ("crf", "lexicon"):
            write_row(tmp_path, other, task=task, weights="none")
    table = built(tmp_path)
    (wide,) = blocks(table, "wide")
    ranks = {row.name: cells(wide, row)["average_rank"].value for row in wide.rows}
    assert ranks["dictionary"] is ranks["dictionary #2"] is None
    assert None not in (ranks["crf"], ranks["lexicon"])
    assert (
        "dictionary (ta) and dictionary #2 (tb) are different systems, which differ in: option "
        "shortest. No average rank for dictionary, dictionary #2, which some task lacks."
    ) in wide.captions
    assert [row.name for row in table.blocks[1].rows if "dict" in row.name] == ["dictionary #2"]


def test_a_name_that_looks_like_a_numbered_one_takes_no_interval_and_no_rank(tmp_path):
    dictionary(tmp_path, "demo", GOOD, 0.3)
    dictionary(tmp_path, "demo", POOR, 0.6)
    write_row(tmp_path, "dictionary #2", rate=0.02, weights="none")
    (block,) = built(tmp_path).blocks
    found = [cells(block, row) for row in block.rows]
    assert len({row.name for row in block.rows}) == 3
    assert [one["rank"].value for one in found] == [1, 2, 3]
    assert [one["f1"].bold for one in found] == [True, False, False]
    for one in found:
        low, high = one["interval"].value
        assert low <= one["f1"].value <= high


def test_an_import_called_like_a_backend_is_no_trial_of_it(tmp_path):
    dictionary(tmp_path, "demo", GOOD, 0.3)
    for seed in (13, 42, 87):
        write_run(tmp_path, "dictionary", seed, weights="none", options={"format": "conll"},
                  origin={"distribution": "external"}, digest=f"import {seed}")  # fmt: skip
    (block, *_) = built(tmp_path).blocks
    (line,) = [one for one in block.certificate if one.name == "trials of tuning"]
    assert {line.value, *(words for _, words in line.differing)} == {"1", "not measured"}


def test_names_that_print_alike_are_numbered_too(tmp_path):
    for name in ("a b", "a  b", "a b "):
        write_row(tmp_path, name, (13,), planned_seeds=(13,), weights="none")
    (block,) = built(tmp_path).blocks
    assert {row.name for row in block.rows} == {"a b", "a b #2", "a b #3"}


def test_a_table_with_two_rows_of_one_name_cannot_be_made():
    rows = (Row("dictionary", ()), Row("dictionary", ()))
    with pytest.raises(DataError, match="two rows of ta are called 'dictionary'"):
        Block("ranked", "ta", "ta", (), rows)


def test_the_answers_of_a_seed_are_not_taken_for_those_of_a_row_of_that_number(tmp_path):
    """Seed 2 of a row is no row `copied #2`, of which nothing can be said."""
    seeds = {"planned_seeds": (1, 2), "sentences": 20, "weights": "x/copied"}
    made = write_run(tmp_path, "copied", 1, **seeds)
    shown = shutil.copytree(made, tmp_path / "again")
    change(shown / "run.json", "seed", to=2)
    change(shown / "run.json", "digest", to="0" * 64)
    write_row(tmp_path, "copied tiny (x/copied) #2", (1, 2), **seeds | {"weights": "none"})
    rows = {row.name: row for block in built(tmp_path).blocks for row in block.rows}
    assert "answers" not in rows["copied tiny (x/copied) #2"].differs
    assert "answers" in rows["copied tiny (x/copied)"].differs
