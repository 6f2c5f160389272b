"""``clean`` removes what is no result, and nothing else."""

import json
import shutil

import pytest
from program import called
from stored_runs import change, write_run

from harness.results import locking


@pytest.fixture
def folder(tmp_path):
    """A folder of each kind."""
    sound = write_run(tmp_path / "results", "sound", sentences=6)
    for name in ("failed", "unfinished", "damaged", "empty"):
        shutil.copytree(sound, sound.with_name(name))
    (sound.with_name("failed") / "metrics.json").unlink()
    (sound.with_name("failed") / "failed.json").write_text(json.dumps({"error": "no memory"}))
    (sound.with_name("unfinished") / "metrics.json").unlink()
    change(sound.with_name("damaged") / "metrics.json", "units", to=1)
    (sound.with_name("empty") / "metrics.json").write_bytes(b"")
    aside = sound.with_name(f"{sound.name}.set-aside-1")
    shutil.copytree(sound, aside)
    (aside / "set_aside.txt").write_text("a byte was changed\n")
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.glob("results/demo/*"))


def test_what_failed_never_ended_or_was_set_aside_goes_and_is_named(folder):
    (sound,) = (name for name in names(folder) if name.endswith("_s13"))
    out, _ = called("clean", "results", folder=folder)
    assert names(folder) == sorted(["damaged", "empty", sound])
    assert "removed: results/demo/failed (" in out
    assert "failed: no memory" in out
    assert "unfinished: no metrics.json" in out
    assert "set aside: a byte was changed" in out
    assert out.endswith("3 folders removed\n")


def test_a_dry_run_removes_nothing(folder):
    before = names(folder)
    out, _ = called("clean", "results", "--dry-run", folder=folder)
    assert out.count("would remove: results/demo/") == 3
    assert names(folder) == before


def test_a_run_that_is_being_written_stays(folder):
    with locking.held(folder / "results" / "demo" / "unfinished"):
        out, _ = called("clean", "results", folder=folder)
    assert "kept, it is being written: results/demo/unfinished" in out
    assert (folder / "results" / "demo" / "unfinished" / "run.json").is_file()


def test_a_run_that_can_go_on_from_its_checkpoints_stays(folder):
    (folder / "results" / "demo" / "unfinished" / "unfinished").mkdir()
    out, _ = called("clean", "results", folder=folder)
    assert out.endswith("2 folders removed\n")
    assert (folder / "results" / "demo" / "unfinished").is_dir()


def test_what_is_not_there_cannot_be_cleaned(folder):
    _, messages = called("clean", "nowhere", folder=folder, code=2)
    assert "no results folder nowhere" in messages
