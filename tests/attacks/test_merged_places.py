"""Two runs that would have one place: nothing is written over, and what cannot be done is not."""

import json
import shutil
from pathlib import Path

import pytest
from program import called
from stored_runs import write_run

from harness.archive.merging import merge
from harness.errors import ConfigError, LockedError
from harness.results import locking, reader, store


def contents(folder):
    """All files in and below ``folder``, but for locks, as they are."""
    locks = (locking.LOCK, locking.HOLDER)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*") if path.is_file() and path.name not in locks
    }  # fmt: skip


def about(seed=42, backend="bert-crf"):
    return {"digest": "d", "task": "demo", "backend": backend, "preset": "tiny", "variant": "",
            "seed": seed, "planned_seeds": [13, 42]}  # fmt: skip


def failed(folder, name, **changes):
    """What is left of a seed that failed, in ``folder``."""
    made = folder / "demo" / name
    made.mkdir(parents=True)
    (made / "claim.json").write_text(json.dumps(about(**changes)), encoding="utf-8")
    (made / "failed.json").write_text(json.dumps(about(**changes) | {"error": "nan"}))
    return made


@pytest.fixture
def finished(tmp_path):
    """Seed 42, finished on the second machine."""
    return write_run(tmp_path / "m2", seed=42, sentences=6, planned_seeds=(13, 42))


def test_a_seed_that_failed_on_one_machine_and_finished_on_the_other_has_finished(
    finished, tmp_path
):
    failed(tmp_path / "m1", finished.name)
    out, _ = called("merge", "m1", "m2", "-o", "all", folder=tmp_path)
    assert out == "1 runs copied to all, 0 were there before\n"
    assert contents(tmp_path / "all" / "demo") == contents(tmp_path / "m2" / "demo")


@pytest.mark.parametrize("order", [("m1", "m2"), ("m2", "m1")])
def test_a_seed_that_failed_on_both_machines_failed_once(tmp_path, order):
    for machine in order:
        failed(tmp_path / machine, "run1")
    assert len(merge([tmp_path / machine for machine in order], tmp_path / "all").lost) == 1
    assert merge([tmp_path / "m1"], tmp_path / "all").lost == ()


def renamed(run, name="run1"):
    return run.rename(run.with_name(name))


def test_two_runs_in_folders_of_one_name_are_named_and_nothing_is_copied(tmp_path):
    runs = [renamed(write_run(tmp_path / f"m{seed}", seed=seed, sentences=6)) for seed in (1, 2)]
    _, messages = called("merge", "m1", "m2", "-o", "all", folder=tmp_path, code=2)
    assert all(str(run) in messages for run in runs)
    assert "nothing was copied: rename one of the two folders" in messages
    assert contents(tmp_path / "all") == {}


def test_a_failed_seed_is_not_left_behind_for_another_run_in_a_folder_of_its_name(tmp_path):
    renamed(write_run(tmp_path / "m1", seed=13, sentences=6))
    failed(tmp_path / "m2", "run1", seed=42)
    with pytest.raises(ConfigError, match=r"m2/demo/run1 and .*m1/demo/run1 are not the same run"):
        merge([tmp_path / "m1", tmp_path / "m2"], tmp_path / "all")
    assert contents(tmp_path / "all") == {}


@pytest.mark.parametrize("there", ["finished", "failed", "notes"])
def test_what_is_there_and_is_another_one_stays(tmp_path, there):
    renamed(write_run(tmp_path / "m1", seed=13, sentences=6))
    place = tmp_path / "all" / "demo" / "run1"
    if there == "finished":
        renamed(write_run(tmp_path / "all", seed=42, sentences=6))
    elif there == "failed":
        failed(tmp_path / "all", "run1", seed=42)
    else:
        place.mkdir(parents=True)
        (place / "notes.txt").write_text("years of work")
    before = contents(tmp_path / "all")
    with pytest.raises(ConfigError, match="all/demo/run1 are not the same run"):
        merge([tmp_path / "m1"], tmp_path / "all")
    assert contents(tmp_path / "all") == before


def test_a_run_that_another_process_is_writing_stays_with_its_checkpoints(finished, tmp_path):
    write_run(tmp_path / "m2", seed=13, sentences=6)
    place = tmp_path / "all" / "demo" / finished.name
    with store.claim(place, about()):
        (place / "unfinished").mkdir()
        (place / "unfinished" / "1.state").write_text("hours of work")
        before = contents(tmp_path / "all")
        _, messages = called("merge", "m2", "-o", "all", folder=tmp_path, code=75)
        assert "is being written by process" in messages
        assert contents(tmp_path / "all") == before
        locking.require(place)
    assert len(merge([tmp_path / "m2"], tmp_path / "all").copied) == 2


def test_a_run_that_is_finished_there_meanwhile_is_not_written_over(
    finished, tmp_path, monkeypatch
):
    """Between the look and the lock."""
    place = failed(tmp_path / "all", finished.name)
    hold = locking.held

    def late(folder):
        (place / "metrics.json").write_text("{}")
        return hold(folder)

    monkeypatch.setattr(locking, "held", late)
    with pytest.raises(LockedError, match="was finished by another process meanwhile"):
        merge([tmp_path / "m2"], tmp_path / "all")
    assert (place / "failed.json").is_file()


@pytest.fixture(params=[0, 1, 2])
def runs_of_three(request, tmp_path):
    """Three finished runs, the remains of one of them in the target, and one that is refused."""
    runs = [write_run(tmp_path / "m2", seed=seed, sentences=6) for seed in (13, 42, 87)]
    failed(tmp_path / "all", runs[1].name)
    return runs[request.param]


def refusing(refused, place, real):
    """``real``, which has no room for the run ``refused`` where its other name is in ``place``."""

    def refuse(path, other, *more, **options):
        if Path(other).parent.parent.name == place and refused.name in Path(other).name:
            raise OSError(28, "No space left on device")
        return real(path, other, *more, **options)

    return refuse


@pytest.mark.parametrize("step", ["copytree", "rename"])
def test_a_disk_that_refuses_one_run_leaves_none_and_nothing_hidden(
    runs_of_three, tmp_path, monkeypatch, step
):
    before, where = contents(tmp_path / "all"), {"copytree": shutil, "rename": Path}[step]
    monkeypatch.setattr(where, step, refusing(runs_of_three, "all", getattr(where, step)))
    _, messages = called("merge", "m2", "-o", "all", folder=tmp_path, code=6)
    assert "No space left on device" in messages
    assert contents(tmp_path / "all") == before
    assert not list((tmp_path / "all" / "demo").glob(".*"))


def test_merging_a_folder_into_itself_changes_nothing(finished, tmp_path):
    left = failed(tmp_path / "m2", "run1", seed=13)
    (left / "unfinished").mkdir()
    (left / "unfinished" / "1.state").write_text("hours of work")
    before = contents(tmp_path / "m2")
    done = merge([tmp_path / "m2"], tmp_path / "m2")
    assert (done.copied, done.known, done.lost) == ((), (finished,), ())
    assert contents(tmp_path / "m2") == before


def test_a_finished_run_takes_the_place_of_its_own_remains(finished, tmp_path):
    failed(tmp_path / "all", finished.name)
    merge([tmp_path / "m2"], tmp_path / "all")
    assert len(reader.read([tmp_path / "all"]).runs) == 1
