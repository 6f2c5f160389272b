"""``clean`` removes what is no result, and nothing else."""

import json
import shutil
from pathlib import Path

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


def test_folders_outside_of_the_working_directory_are_named_whole(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for arguments in (("--dry-run",), ()):
        out, _ = called("clean", folder / "results", *arguments, folder=elsewhere)
        assert f": {folder / 'results' / 'demo' / 'failed'} (0.0 MiB; failed: no memory" in out


def test_a_run_that_is_being_written_stays(folder):
    with locking.held(folder / "results" / "demo" / "unfinished"):
        out, _ = called("clean", "results", folder=folder)
    assert "kept, it is being written: results/demo/unfinished" in out
    assert (folder / "results" / "demo" / "unfinished" / "run.json").is_file()


def test_a_file_that_another_process_takes_away_meanwhile_keeps_nothing_from_being_cleaned(
    folder, monkeypatch
):
    (folder / "results" / "demo" / "unfinished" / "half-written").touch()
    look = Path.lstat

    def taken_away(path):
        if path.name == "half-written":
            path.unlink(missing_ok=True)
        return look(path)

    monkeypatch.setattr(Path, "lstat", taken_away)
    out, _ = called("clean", "results", folder=folder)
    assert out.endswith("3 folders removed\n")


def test_a_run_that_can_go_on_from_its_checkpoints_stays(folder):
    (folder / "results" / "demo" / "unfinished" / "unfinished").mkdir()
    out, _ = called("clean", "results", folder=folder)
    assert out.endswith("2 folders removed\n")
    assert (folder / "results" / "demo" / "unfinished").is_dir()


def test_what_is_not_there_cannot_be_cleaned(folder):
    _, messages = called("clean", "nowhere", folder=folder, code=2)
    assert "no results folder nowhere" in messages


@pytest.fixture
def finished(tmp_path):
    """A folder of results with a finished run in it."""
    write_run(tmp_path / "results", "sound", sentences=6)
    return tmp_path


STRAY = ("predictions.jsonl", "metrics.json", "run.json", "claim.json", "failed.json",
         "set_aside.txt")  # fmt: skip


@pytest.mark.parametrize("name", STRAY)
@pytest.mark.parametrize("place", ["results", "results/demo"])
def test_a_file_that_is_called_as_those_of_runs_are_makes_no_folder_a_run(finished, name, place):
    (finished / place / name).write_text('{"loss": 0.5}\n', encoding="utf-8")
    before = sorted(finished.rglob("*"))
    out, _ = called("clean", "results", folder=finished)
    assert out == "0 folders removed\n"
    assert sorted(finished.rglob("*")) == before


@pytest.mark.parametrize("name", STRAY)
def test_the_working_directory_stays(finished, name):
    (finished / name).write_text("{}", encoding="utf-8")
    out, _ = called("clean", ".", folder=finished)
    assert out == "0 folders removed\n"
    assert len(names(finished)) == 1


def test_finished_weights_of_pretraining_stay(tmp_path):
    """They have a claim and no ``metrics.json``, as runs have that never ended."""
    weights = tmp_path / "weights" / "mine"
    weights.mkdir(parents=True)
    (weights / "claim.json").write_text(json.dumps({"digest": "d", "sittings": []}))
    (weights / "pretraining.json").write_text("{}")
    out, _ = called("clean", "weights", folder=tmp_path)
    assert out == "0 folders removed\n"
    assert (weights / "pretraining.json").is_file()


def test_a_run_that_is_named_itself_goes(folder):
    out, _ = called("clean", "results/demo/failed", folder=folder)
    assert out.endswith("1 folders removed\n")
    assert "failed" not in names(folder)


def test_a_failed_run_that_one_works_in_stays_and_is_named(folder):
    inside = folder / "results" / "demo" / "failed"
    for more, verb in (((), "kept"), (("--dry-run",), "would keep")):
        out, _ = called("clean", ".", *more, folder=inside)
        assert f"{verb}, it is the working directory: . (" in out
    assert (inside / "failed.json").is_file()


def test_a_failed_run_that_others_lie_in_stays_and_is_named(folder):
    write_run(folder / "results" / "demo" / "failed" / "more", "sound", 42, sentences=6)
    out, _ = called("clean", "results", folder=folder)
    assert "kept, other runs lie in it: results/demo/failed (" in out
    assert out.endswith("2 folders removed\n")
    assert list(folder.glob("results/demo/failed/more/*/*/metrics.json"))
