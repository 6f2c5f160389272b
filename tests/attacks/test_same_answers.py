"""One set of answers shown as two: seen and said, whoever shows it."""

import shutil

import pytest
from stored_runs import change, write_row, write_run

from harness.leaderboard.build import build
from harness.results import reader

EXTERNAL = {"origin": {"distribution": "external"}}


def answers_line(folder):
    table = build(reader.read([folder]), published=False)
    [line] = [line for line in table.blocks[0].certificate if line.name == "answers"]
    return line


def show_again(made, folder, **fields):
    """A run shown a second time, with other words in its record."""
    copy = shutil.copytree(made, folder)
    for name, value in fields.items():
        change(copy / "run.json", name, to=value)


def test_one_file_imported_under_two_names(tmp_path):
    made = write_run(tmp_path, "mine", planned_seeds=(13,), sentences=12, **EXTERNAL)
    show_again(made, tmp_path / "again", backend="theirs", digest="0" * 64)
    line = answers_line(tmp_path)
    assert not line.ok
    words = "seed 13 answered as mine tiny (scratch), seed 13"
    assert line.differing == (("theirs tiny (scratch)", words),)


@pytest.mark.parametrize("kind", [{}, EXTERNAL], ids=["trained", "imported"])
def test_one_model_shown_as_two_seeds(tmp_path, kind):
    made = write_run(tmp_path, "copied", planned_seeds=(13, 42), sentences=12, **kind)
    show_again(made, tmp_path / "again", seed=42, digest="0" * 64)
    line = answers_line(tmp_path)
    words = "seed 42 answered as copied tiny (scratch), seed 13"
    assert line.differing == (("copied tiny (scratch)", words),)


def test_two_honest_rows_hold_the_line(tmp_path):
    for name in ("one", "two"):
        write_row(tmp_path, name, sentences=12)
    assert answers_line(tmp_path).ok


def test_a_family_without_luck_in_it_gives_the_same_answers_with_each_seed(tmp_path):
    made = write_run(tmp_path, "lexicon", planned_seeds=(13, 42), sentences=12, weights="none")
    show_again(made, tmp_path / "again", seed=42, digest="0" * 64)
    line = answers_line(tmp_path)
    assert line.ok
    assert line.value == "no two runs alike; seeds of a row that draws nothing are not compared"


@pytest.mark.parametrize("weights", ["none", "scratch"])
def test_nine_pairs_of_runs_that_are_alike_are_told_once_for_each_row(tmp_path, weights):
    given = {"planned_seeds": (13, 42, 87), "sentences": 12, "weights": weights}
    made = write_run(tmp_path, "mine", **given)
    for number, (name, seed) in enumerate(
        [("mine", 42), ("mine", 87), ("theirs", 13), ("theirs", 42), ("theirs", 87)]
    ):
        again = {"backend": name, "seed": seed, "digest": str(number) * 64}
        show_again(made, tmp_path / f"again{number}", **again)
    told = {
        name.split()[0]: words.split(" as ")[0] for name, words in answers_line(tmp_path).differing
    }
    theirs = {"theirs": "seed 13, 42, 87 answered"}
    assert told == (theirs if weights == "none" else {"mine": "seed 42, 87 answered"} | theirs)


def test_answers_without_a_fault_are_all_alike_and_say_nothing(tmp_path):
    for name in ("one", "two"):
        write_run(tmp_path, name, planned_seeds=(13,), rate=0.0, sentences=12)
    assert answers_line(tmp_path).ok
