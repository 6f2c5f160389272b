"""A damaged file is one notice, whatever the file, the damage and the command.

Each file meets each damage here, and each command each of the two; ``python tests/long/damage.py``
tries all three together.
"""

import shutil
from pathlib import Path

import pytest
from damaging import COMMANDS, DAMAGE, FILES, damaged, made, tried

# Commands that give something for all sound runs together, and those that refuse or need one run.
BOARDS = ("leaderboard", "score", "analyse", "compare", "suspects", "verify")
WRITING = ("rescore", "merge", "predict", "reproduce")


@pytest.fixture(params=[(file, damage) for file in FILES for damage in DAMAGE], ids="-".join)
def broken(request, tmp_path):
    file, damage = request.param
    return damaged(tmp_path, file, damage), list(FILES).index(file) + list(DAMAGE).index(damage)


def test_a_damaged_file_is_one_notice(broken, tmp_path):
    run, number = broken
    board = BOARDS[number % len(BOARDS)]
    out, messages = tried(tmp_path, run, board)
    said = out + messages
    if board not in ("suspects", "verify"):  # they name no run that is sound
        assert "electra" in said
        assert "dictionary" in said
    tried(tmp_path, run, WRITING[number % len(WRITING)])


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_work_where_nothing_is_damaged(command, tmp_path):
    """Or every command of the matrix could fail for a reason of its own."""
    run = made(tmp_path)
    code = {"predict": 4, "reproduce": 2}.get(command, 0)  # a run without a model, of no task
    assert tried(tmp_path, run, command, codes=[code])


def test_the_matrix_notices_a_traceback(monkeypatch, tmp_path):
    from harness.results import reader

    run = damaged(tmp_path, "metrics.json", "deep")
    monkeypatch.setattr(reader, "_json", lambda path: {}["fault"])
    with pytest.raises(KeyError, match="fault"):
        tried(tmp_path, run, "score")
    shutil.rmtree(Path(tmp_path / "results"))
