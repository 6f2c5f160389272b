"""Commands that set systems side by side say on what, and who has no other beside it."""

import csv

import pytest
from program import called
from stored_runs import write_row


@pytest.fixture
def results(tmp_path):
    """Two systems on one task, one on another."""
    for backend, task in (("crf", "one"), ("bert-crf", "one"), ("crf", "two")):
        write_row(tmp_path / "results" / task, backend, task=task)
    return tmp_path


def test_a_comparison_leaves_out_data_with_one_system_and_says_so(results):
    out, said = called("compare", "results", folder=results)
    assert out.startswith("on one\n")
    assert "on two" not in out
    assert said == "on two, crf is alone\n"


def test_where_no_data_have_two_systems_there_is_no_comparison(results):
    _, said = called("compare", "results/two", folder=results, code=3)
    assert "crf: a comparison needs two systems" in said


def test_suspects_are_told_by_task_and_those_of_one_system_are_said_to_be_its_mistakes(results):
    _, said = called("suspects", "results", "-o", "suspects.csv", folder=results)
    assert "on two, crf is alone: nobody agrees with it" in said
    with (results / "suspects.csv").open(encoding="utf-8") as stream:
        assert {row["task"] for row in csv.DictReader(stream)} >= {"two"}


def test_suspects_are_written_by_how_the_file_is_called_and_as_nothing_else(results):
    called("suspects", "results", "-o", "suspects.CSV", folder=results)
    assert (results / "suspects.CSV").read_text(encoding="utf-8").startswith('"rank"')
    _, said = called("suspects", "results", "-o", "suspects.txt", folder=results, code=2)
    assert "suspects.txt: suspects are written as .jsonl or .csv" in said
    assert not (results / "suspects.txt").exists()
