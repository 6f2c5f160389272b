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
    [(name, words)] = line.differing
    assert name.startswith("theirs")
    assert "mine" in words


@pytest.mark.parametrize("kind", [{}, EXTERNAL], ids=["trained", "imported"])
def test_one_model_shown_as_two_seeds(tmp_path, kind):
    made = write_run(tmp_path, "copied", planned_seeds=(13, 42), sentences=12, **kind)
    show_again(made, tmp_path / "again", seed=42, digest="0" * 64)
    line = answers_line(tmp_path)
    name = "copied tiny (scratch)"
    assert line.differing == ((name, f"seed 42 has the answers of {name}, seed 13"),)


def test_two_honest_rows_hold_the_line(tmp_path):
    for name in ("one", "two"):
        write_row(tmp_path, name, sentences=12)
    assert answers_line(tmp_path).ok


def test_a_family_without_luck_in_it_gives_the_same_answers_with_each_seed(tmp_path):
    made = write_run(tmp_path, "lexicon", planned_seeds=(13, 42), sentences=12, weights="none")
    show_again(made, tmp_path / "again", seed=42, digest="0" * 64)
    assert answers_line(tmp_path).ok


def test_answers_without_a_fault_are_all_alike_and_say_nothing(tmp_path):
    for name in ("one", "two"):
        write_run(tmp_path, name, planned_seeds=(13,), rate=0.0, sentences=12)
    assert answers_line(tmp_path).ok
