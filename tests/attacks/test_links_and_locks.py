"""Folders that are links, and locks that were removed: nothing of others is lost or mixed."""

import json
import multiprocessing
import os
import signal
import socket

import pytest
from filelock import FileLock
from stored_runs import write_run

from harness.archive.merging import merge
from harness.errors import ConfigError, DataError, LockedError
from harness.protocol import UNFINISHED
from harness.results import locking, reader, set_aside, store, verify
from harness.results.locking import HOLDER, LOCK

D1 = {"digest": "d1", "seed": 13}


def kept(folder):
    return {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("there", [True, False], ids=["to a folder", "to nothing"])
def test_a_run_folder_that_is_a_link_is_refused_and_what_it_points_at_stays(there, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    if there:
        elsewhere.mkdir()
        (elsewhere / "thesis.txt").write_text("years of work")
    (tmp_path / "run").symlink_to(elsewhere)
    with (
        pytest.raises(ConfigError, match="run is a symbolic link"),
        store.claim(tmp_path / "run", D1),
    ):
        pass
    assert elsewhere.exists() == there
    assert not there or kept(elsewhere) == {"thesis.txt": "years of work"}


@pytest.mark.parametrize("name", [UNFINISHED, "model", "predictions.jsonl"])
def test_links_in_a_run_folder_are_cleared_and_what_they_point_at_stays(name, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "1.state").write_text("of somebody else")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(elsewhere)
    with store.claim(tmp_path / "run", D1) as todo:
        assert todo
        assert not (tmp_path / "run" / name).is_symlink()
    assert kept(elsewhere) == {"1.state": "of somebody else"}


def _hold(folder, ready):
    with store.claim(folder, D1):
        ready.set()
        signal.pause()  # until it is killed


@pytest.fixture
def writer(tmp_path):
    """A process at work in a run folder."""
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path / "run", ready))
    process.start()
    ready.wait()
    yield process
    process.kill()
    process.join()


def claimed(folder):
    with store.claim(folder, D1) as todo:
        return todo


def test_whoever_comes_second_is_told_the_host_and_the_process(writer, tmp_path):
    told = f"process {writer.pid} on {socket.gethostname()}"
    with pytest.raises(LockedError, match=f"is being written by {told}; wait for it"):
        claimed(tmp_path / "run")


def test_a_removed_lock_lets_no_second_writer_in(writer, tmp_path):
    (tmp_path / "run" / LOCK).unlink()
    with pytest.raises(LockedError, match=f"still being written by process {writer.pid}"):
        claimed(tmp_path / "run")
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert claimed(tmp_path / "run")


def test_a_writer_whose_folder_was_taken_stores_nothing(tmp_path):
    """Somebody removed all that said so: the first one sees the second."""
    folder = tmp_path / "run"
    with store.claim(folder, D1):
        locking.require(folder)
        (folder / LOCK).unlink()
        (folder / HOLDER).unlink()
        context = multiprocessing.get_context("fork")
        ready = context.Event()
        second = context.Process(target=_hold, args=(folder, ready))
        second.start()
        ready.wait()
        with pytest.raises(LockedError, match=f"process {second.pid} on .* has taken it"):
            locking.require(folder)
        second.kill()
        second.join()


@pytest.mark.parametrize("change", ["another host", "another start", "no process", "damaged"])
def test_a_name_that_a_killed_writer_left_holds_nobody_up(change, tmp_path):
    folder = tmp_path / "run"
    with store.claim(folder, D1):
        name = (folder / HOLDER).read_text()
    ours, started = socket.gethostname(), name.rpartition('"started": ')[2]
    left = {
        "another host": name.replace(ours, "elsewhere"),
        "another start": name.replace(started, '"1"}'),
        "no process": name.replace(f'"process": {os.getpid()}', '"process": 4194305'),
        "damaged": name[:9],
    }[change]
    assert left != name
    (folder / HOLDER).write_text(left)
    assert claimed(folder)
    assert not (folder / HOLDER).exists()


@pytest.mark.parametrize("inside", ["predictions.jsonl", "model/weights.bin"])
def test_a_run_with_a_link_in_it_is_not_merged(inside, tmp_path):
    run = write_run(tmp_path / "here", sentences=12)
    secret = tmp_path / "secret.txt"
    secret.write_text((run / inside).read_text() if (run / inside).is_file() else "a password")
    (run / inside).parent.mkdir(exist_ok=True)
    (run / inside).unlink(missing_ok=True)
    (run / inside).symlink_to(secret)
    with pytest.raises(DataError, match=f"{inside} is a symbolic link; nothing was copied"):
        merge([tmp_path / "here"], tmp_path / "there")
    assert not list((tmp_path / "there").iterdir())


def test_what_a_merge_would_write_over_is_no_link(tmp_path):
    run = write_run(tmp_path / "here", sentences=12)
    place = tmp_path / "there" / reader.one(run).run.data.task / run.name
    place.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="is a symbolic link"):
        merge([tmp_path / "here"], tmp_path / "there")
    assert place.is_symlink()


@pytest.fixture
def closed(monkeypatch):
    """Folders in which the system lets nobody make a file, whoever runs the tests."""

    def refuse(lock, **given):
        raise PermissionError(13, "Permission denied", lock.lock_file)

    monkeypatch.setattr(FileLock, "acquire", refuse)


@pytest.mark.usefixtures("closed")
def test_finished_runs_in_an_archive_that_is_closed_to_writing_are_done(tmp_path):
    folder = write_run(tmp_path)
    digest = json.loads((folder / store.RUN).read_text(encoding="utf-8"))["digest"]
    before = kept(folder)
    assert not set_aside.move_unusable(folder, verify.unusable)
    with store.claim(folder, {"digest": digest}) as todo:
        assert not todo
    assert not locking.is_held(folder)
    assert kept(folder) == before
    with pytest.raises(ConfigError, match="another configuration"), store.claim(folder, D1):
        pass


@pytest.mark.usefixtures("closed")
def test_a_run_that_is_to_be_done_where_nothing_can_be_written_is_one_message(tmp_path):
    message = r"cannot write .*\.lock: Permission denied; name a file or folder that can be written"
    with pytest.raises(ConfigError, match=message), store.claim(tmp_path / "run", D1):
        pass
    folder = write_run(tmp_path)
    with pytest.raises(ConfigError, match=message):
        set_aside.move_unusable(folder, set_aside.anything)
