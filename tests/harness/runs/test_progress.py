"""Progress as a person sees it: plain lines where there is no terminal, data never as markup."""

from types import SimpleNamespace

import pytest

from harness.protocol import Progress
from harness.runs.child import Event
from harness.runs.progress import Display, _Phase

CELL = SimpleNamespace(name="bert-crf on demo, seed 13")


def test_lines_go_to_stderr_and_bars_only_to_a_terminal(capsys):
    with Display() as display:
        display(Event(CELL, Progress("train", 10, 100)))
        display(Event(CELL, Progress("train", 100, 100, "epoch 1/1  dev F1 81.40", line=True)))
        display(Event(CELL, done=True))
    out, messages = capsys.readouterr()
    assert out == ""
    assert messages == f"{CELL.name}: epoch 1/1  dev F1 81.40\n{CELL.name}: done\n"


@pytest.mark.parametrize("colour", [True, False])
def test_no_color_leaves_no_code_that_moves_a_cursor(capsys, monkeypatch, colour):
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, to rich
    if colour:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    with Display() as display:
        display(Event(CELL, Progress("train", 10, 100)))
        display(Event(CELL, done=True))
    assert ("\x1b" in capsys.readouterr().err) is colour


def test_quiet_says_nothing(capsys):
    with Display(quiet=True) as display:
        display(Event(CELL, done=True))
    assert capsys.readouterr() == ("", "")


def test_markup_and_control_characters_of_data_do_nothing(capsys):
    with Display() as display:
        display.line("张[bold]三[/x]\x1b]0;title\x07")
    assert capsys.readouterr().err == "张[bold]三[/x]]0;title\n"


def test_a_rate_counts_from_where_its_bar_began(monkeypatch):
    monkeypatch.setattr("harness.runs.progress.time", SimpleNamespace(monotonic=lambda: 12.0))
    assert _Phase(0, "train", 10.0, 500).rate(700) == "100"
    assert _Phase(0, "train", 10.0, 500).rate(500) == ""
