"""A place that a command cannot write to is one message and code 2, not a full disk."""

import re

import pytest
import tiny_task
from program import called
from stored_runs import write_row

from harness.errors import ConfigError
from harness.results import store

# Nobody, the owner of the system included, makes a file or a folder in it.
CLOSED = "/proc"


@pytest.fixture
def folder(tmp_path):
    """A task, two finished runs, a file and a folder."""
    tiny_task.make(tmp_path)
    write_row(tmp_path / "results", "bert-crf")
    write_row(tmp_path / "results", "dictionary", rate=0.5)
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    return tmp_path


TUNE = ("tune", "--task", "tiny.yaml", "--backend", "dictionary", "--trials", "1", "-o")
MADE = {
    "schema": ("schema", "-o"),
    "figures": ("figures", "results", "-o"),
    "tune": TUNE,
    "check-data --fix": ("check-data", "tiny.yaml", "--fix"),
    "new-backend": ("new-backend", "mine", "-o"),
    "export-data": ("export-data", "tiny.yaml", "--to", "jsonl", "-o"),
}


@pytest.mark.parametrize("place", [f"{CLOSED}/new", "file/new"])
@pytest.mark.parametrize("name", MADE)
def test_a_folder_that_cannot_be_made_is_one_message(folder, name, place):
    _, messages = called(*MADE[name], place, folder=folder, code=2)
    assert re.search("cannot (make the folder|write) .*; name a", messages)
    assert "are free there" not in messages


@pytest.mark.parametrize("name", ["schema", "figures", "tune"])
def test_a_file_in_the_place_of_a_folder_is_one_message_and_stays(folder, name):
    _, messages = called(*MADE[name], "file", folder=folder, code=2)
    assert "cannot make the folder file" in messages
    assert (folder / "file").read_text(encoding="utf-8") == "kept"


WRITTEN = {
    "suspects": ("csv", "suspects", "results", "-o"),
    "leaderboard": ("md", "leaderboard", "results", "-o"),
    "leaderboard --pareto": ("svg", "leaderboard", "results", "--pareto"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_that_cannot_be_written_is_one_message_that_speaks_of_no_room(folder, name):
    suffix, *command = WRITTEN[name]
    (folder / f"folder.{suffix}").mkdir()
    for stem in ("missing/new", "file/new", f"{CLOSED}/new", "folder"):
        _, messages = called(*command, f"{stem}.{suffix}", folder=folder, code=2)
        assert f"cannot write {stem}.{suffix}: " in messages
        assert "name a file or folder that can be written to" in messages
        assert "are free there" not in messages


def test_an_analysis_that_cannot_be_stored_is_printed(folder, monkeypatch):
    monkeypatch.setattr(store, "write_json", closed)
    out, messages = called("analyse", "results", folder=folder)
    assert "missed" in out
    assert "not stored: cannot write analysis.json" in messages


def closed(path, value):
    msg = f"cannot write {path.name}: Read-only file system"
    raise ConfigError(msg)


def test_a_link_to_nothing_is_named(folder):
    (folder / "link").symlink_to("missing")
    _, messages = called("run", "--task", "tiny.yaml", "--backend", "dictionary", "--seed", 1,
                         "-o", "link", folder=folder, code=2)  # fmt: skip
    assert "link is a link to nothing" in messages


def test_a_page_in_the_place_of_a_folder_is_one_message(folder):
    _, messages = called("report", "results", "-o", "folder", folder=folder, code=2)
    assert "cannot write folder: Is a directory; name a file" in messages


def test_a_mended_copy_is_whole_or_not_there_and_the_next_one_is_not_in_its_way(
    folder, monkeypatch
):
    """A disk that is full once the first file is written leaves nothing that blocks the next."""
    from harness.data.lint import fix

    def full(copies, file, made):
        made.parent.mkdir(exist_ok=True)
        (made.parent / "test.txt").write_text("cut o", encoding="utf-8")
        raise OSError(28, "No space left on device")

    before = sorted(folder.iterdir())
    with monkeypatch.context() as patched:
        patched.setattr(fix, "_stored", full)
        _, messages = called("check-data", "tiny.yaml", "--fix", "new", folder=folder, code=6)
    assert "cannot write new: No space left on device; " in messages
    assert sorted(folder.iterdir()) == before
    called("check-data", "tiny.yaml", "--fix", "new", folder=folder)
    assert (folder / "new" / "tiny.yaml").is_file()
