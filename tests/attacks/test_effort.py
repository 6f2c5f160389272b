"""More effort for one's own row, or less for another's: training that was cut, hidden trials."""

import json

import pytest
from built_tables import built
from program import harness
from stored_runs import SETTINGS, change, write_row, write_run

from harness.leaderboard.build import build
from harness.results import reader


def first_block(folder):
    block = built(folder).blocks[0]
    return block, {check.name: check for check in block.certificate}


def each(folder, backend):
    for path in folder.glob("*/*/run.json"):
        if f'"{backend}"' in path.read_text(encoding="utf-8"):
            yield path


@pytest.fixture
def rows(tmp_path):
    for backend in ("bert-crf", "electra"):
        write_row(tmp_path, backend, (13, 42), planned_seeds=(13, 42), sentences=6)
    return tmp_path


def test_a_row_that_was_cut_while_it_still_rose_is_marked_with_its_slope(rows):
    for path in each(rows, "electra"):
        change(path, "training", "dev_f1", to=[0.1, 0.3, 0.4, 0.45, 0.5, 0.55])
    block, lines = first_block(rows)
    (row,) = [row for row in block.rows if "electra" in row.name]
    (note,) = row.notes
    assert note == "development F1 still rose by 5.00 per epoch"
    assert not lines["end of training"].ok
    assert dict(lines["end of training"].differing) == {row.name: "still rose by 5.00 per epoch"}


def test_two_epochs_for_somebody_elses_row_are_too_few_to_tell(rows):
    for path in each(rows, "electra"):
        change(path, "training", "dev_f1", to=[0.1, 0.3])
    assert "too few epochs to tell" in str(first_block(rows)[1]["end of training"].differing)


def test_options_tried_on_the_same_data_are_counted_and_shown(rows):
    for path in each(rows, "bert-crf"):
        change(path, "trials", to=40)
    check = first_block(rows)[1]["trials of tuning"]
    assert not check.ok
    assert {check.value, *dict(check.differing).values()} == {"1", "40"}


def test_options_that_stand_in_the_table_itself_count_whatever_was_recorded(rows):
    write_row(rows, "bert-crf", (13, 42), planned_seeds=(13, 42), sentences=6, variant="epochs=9",
              options={"epochs": 9})  # fmt: skip
    values = first_block(rows)[1]["trials of tuning"]
    assert {values.value, *dict(values.differing).values()} == {"1", "2"}


def test_trials_that_were_stated_are_added_to_those_that_were_counted(rows):
    for path in each(rows, "bert-crf"):
        change(path, "settings", "tuning_trials", to=40)
    check = first_block(rows)[1]["trials of tuning"]
    assert (check.ok, check.evidence) == (False, "stated")
    assert {check.value, *dict(check.differing).values()} == {"1", "41"}


def test_weights_of_other_content_under_one_name_are_other_trials(tmp_path):
    for number in range(4):
        for seed in (13, 42):
            write_run(tmp_path, "bert-crf", seed, planned_seeds=(13, 42), sentences=6,
                      weights="/a/weights", weights_digest={"model": f"sha256:{number}"},
                      rate=0.1 + number / 10, digest=f"{number}{seed}" * 20)  # fmt: skip
    block, lines = first_block(tmp_path)
    assert len(block.rows) == 4
    assert lines["trials of tuning"].value == "4"


def test_what_was_tried_after_the_run_that_is_shown_counts_too(tmp_path):
    write_row(tmp_path, "bert-crf", (13, 42), planned_seeds=(13, 42), sentences=6)
    shown = list(tmp_path.glob("*/*"))
    for epochs in (5, 7, 9):
        write_row(tmp_path, "bert-crf", (13, 42), planned_seeds=(13, 42), sentences=6,
                  variant=f"epochs={epochs}", options={"epochs": epochs})  # fmt: skip
    table = build(reader.read(shown), published=False)
    lines = {check.name: check for check in table.blocks[0].certificate}
    assert len(table.blocks[0].rows) == 1
    assert lines["trials of tuning"].value == "4"


def test_a_search_on_most_of_the_test_set_is_a_search_on_the_test_set(tmp_path):
    shown = tmp_path / "results"
    write_row(shown, "bert-crf", (13, 42), planned_seeds=(13, 42), sentences=6)
    for window in (64, 128):
        made = write_run(shown, "bert-crf", 13, planned_seeds=(13,), sentences=5,
                         settings=SETTINGS | {"window_limit": window, "limit": 5})  # fmt: skip
        change(made / "run.json", "data", "fingerprint", to=f"{window}")
        change(made / "run.json", "data", "limit", to=5)
    whole = [path for path in shown.glob("*/*") if '"limit":null' in _record(path)]
    [block] = build(reader.read(whole), published=False).blocks
    assert {check.name: check.value for check in block.certificate}["trials of tuning"] == "3"


def _record(folder):
    return (folder / "run.json").read_text(encoding="utf-8").replace(": ", ":")


def test_trials_that_nobody_counted_are_not_zero(rows):
    for path in rows.glob("*/*/run.json"):
        change(path, "trials", to=None)
    check = first_block(rows)[1]["trials of tuning"]
    assert (check.ok, check.value) == (False, "not measured")


@pytest.mark.slow
def test_a_run_counts_the_options_that_its_folder_has_seen(task, tmp_path):
    run = ("run", "--backend", "dictionary", "--task", task, "--seed", 1, "--set")
    harness(*run, "shortest=1", folder=tmp_path)
    harness(*run, "shortest=2", folder=tmp_path)
    records = [json.loads(path.read_text()) for path in tmp_path.glob("results/tiny/*/run.json")]
    assert {one["options"]["shortest"]: one["trials"] for one in records} == {1: 1, 2: 2}


@pytest.mark.slow
def test_a_run_counts_what_was_tried_with_other_limits_and_windows(task, tmp_path):
    run = ("run", "--backend", "dictionary", "--task", task, "--seed", 1)
    harness(*run, "--limit", 2, "--set", "shortest=1", folder=tmp_path)
    harness(*run, "--set", "window_limit=128", folder=tmp_path)
    harness(*run, folder=tmp_path)
    records = [json.loads(path.read_text()) for path in tmp_path.glob("results/tiny/*/run.json")]
    assert sorted(one["trials"] for one in records) == [1, 2, 3]
