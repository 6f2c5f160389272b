"""``leaderboard`` prints what has room on its page, and says where there is nothing to print."""

import re

import pytest
from program import called
from stored_runs import write_row

from harness.leaderboard.build import SCREEN

HASH = re.compile("[0-9a-f]{12}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two rows that may stand together."""
    folder = tmp_path_factory.mktemp("board")
    write_row(folder / "results", "bert-crf")
    write_row(folder / "results", "dictionary", rate=0.5)
    return folder


def board(folder, *options):
    return called("leaderboard", "results", *options, folder=folder)[0]


def test_latex_has_the_columns_that_a_run_prints_and_no_hashes(folder):
    text = board(folder, "--format", "latex")
    (head,) = (line for line in text.splitlines() if line.startswith("rank &"))
    assert len(head.split(" & ")) == len(set(SCREEN) - {"unseen_f1", "nested_f1", "sets"})
    assert re.search(r"Certificate: \d+ of \d+ lines hold", text)
    assert "fingerprint" not in text
    assert not HASH.search(text)


def test_latex_has_all_columns_and_the_whole_certificate_on_request(folder):
    text = board(folder, "--format", "latex", "--column", "all", "--certificate", "full")
    (head,) = (line for line in text.splitlines() if line.startswith("rank &"))
    assert len(head.split(" & ")) > 20
    assert "ok: data fingerprint" in text


def test_a_certificate_in_short_names_what_does_not_hold(folder):
    whole, short = board(folder), board(folder, "--certificate", "short")
    fails = [line for line in whole.splitlines() if line.startswith("- DIFFERS")]
    holds = [line for line in whole.splitlines() if line.startswith("- ok")]
    assert len(holds) > 20
    assert [line for line in short.splitlines() if line.startswith("- ")] == fails


def test_latex_in_short_keeps_the_lines_that_do_not_hold(tmp_path):
    write_row(tmp_path / "results", "bert-crf")
    write_row(tmp_path / "results", "dictionary", rate=0.5, versions={"python": "3.12"})
    text = board(tmp_path, "--format", "latex")
    assert "DIFFERS: libraries" in text
    assert "ok:" not in text


def test_no_certificate_of_another_length_is_known(folder):
    _, told = called("leaderboard", "results", "--certificate", "brief", folder=folder, code=2)
    assert "choose one of short, full" in told


@pytest.mark.parametrize(
    "command",
    [("leaderboard",), ("score",), ("rescore", "--policy", "strict", "-o", "other")],
    ids=lambda command: command[0],
)
def test_a_folder_without_a_run_is_said_to_be_one(tmp_path, command):
    name, *options = command
    (tmp_path / "empty").mkdir()
    out, told = called(name, "empty", *options, folder=tmp_path, code=3)
    assert out == ""
    assert "no run in empty: name the folder that `run` wrote" in told
