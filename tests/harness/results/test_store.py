"""Run folders: atomic writes, one writer, completion only at the end."""

import json
import multiprocessing
import os
import re
import signal
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from filelock import FileLock

from harness.errors import ConfigError, LockedError, ResourceError
from harness.results import store
from harness.results.locking import HOLDER, LOCK, Holder

D1 = {"digest": "d1", "seed": 13}


def test_a_write_replaces_the_whole_file(tmp_path):
    path = tmp_path / "x.json"
    store.write_json(path, {"a": 1})
    store.write_json(path, {"b": "二"})
    assert path.read_text(encoding="utf-8") == '{\n "b": "二"\n}\n'
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_refused_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "x.json"
    store.write(path, "old")
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.write_json(path, {"a": float("nan")})
    assert path.read_text(encoding="utf-8") == "old"


def test_a_write_that_breaks_off_keeps_the_old_file_and_leaves_nothing_beside(
    tmp_path, monkeypatch
):
    path = tmp_path / "x.json"
    store.write(path, "old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="No space left on device"):
        store.write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["x.json"]


def test_a_claimed_folder_says_what_for(tmp_path):
    with store.claim(tmp_path / "run", D1):
        content = (tmp_path / "run" / store.CLAIM).read_text(encoding="utf-8")
    assert json.loads(content) == D1


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    store.write(pipe, "text")
    assert os.read(reader, 99) == b"text"
    assert pipe.is_fifo()
    os.close(reader)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
def test_a_device_that_takes_nothing_is_one_message(tmp_path):
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(ResourceError, match=r"cannot write to .*: No space left on device"):
        store.write(tmp_path / "full", "text")


def test_a_place_that_takes_no_file_is_not_called_a_full_disk(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (Path("/proc/x.json"), tmp_path / "missing" / "x.json", tmp_path / "folder"):
        with pytest.raises(ConfigError, match=r"cannot write .*; name a file or folder that"):
            store.write(path, "data")


def _write_for_ever(path):
    value = 0
    while True:
        value += 1
        store.write_json(path, {"value": [value] * 20000})


@pytest.mark.slow
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "x.json"
    for delay in (0, 0.01, 0.03):  # wherever in a write that is
        store.write_json(path, {"value": [0]})
        process = multiprocessing.get_context("fork").Process(target=_write_for_ever, args=(path,))
        process.start()
        while json.loads(path.read_text(encoding="utf-8"))["value"] == [0]:
            assert process.is_alive()
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        values = json.loads(path.read_text(encoding="utf-8"))["value"]
        assert len(set(values)) == 1


def test_what_a_killed_run_left_is_cleared_and_a_finished_run_is_kept(tmp_path):
    folder = tmp_path / "run"
    with store.claim(folder, D1) as todo:
        assert todo
        store.write(folder / "half.txt", "half")
    with store.claim(folder, D1) as todo:
        assert todo
        assert not (folder / "half.txt").exists()
        store.write_json(folder / "run.json", {"digest": "d1"})
        store.write_json(folder / store.COMPLETE, {})
    with store.claim(folder, D1) as todo:
        assert not todo
    assert store.is_complete(folder)


def test_a_folder_of_another_configuration_is_refused_untouched(tmp_path):
    folder = tmp_path / "run"
    with store.claim(folder, D1):
        store.write_json(folder / "run.json", {"digest": "d1"})
    with (
        pytest.raises(ConfigError, match="another configuration"),
        store.claim(folder, {"digest": "d2"}),
    ):
        pass
    assert (folder / "run.json").is_file()


def _hold(folder, ready):
    with store.claim(folder, D1):
        ready.set()
        signal.pause()  # until it is killed


@pytest.mark.slow
def test_a_second_process_is_told_that_the_folder_is_held(tmp_path):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path / "run", ready))
    process.start()
    ready.wait()
    with (
        pytest.raises(LockedError, match=rf"by process {process.pid} on "),
        store.claim(tmp_path / "run", D1),
    ):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with store.claim(tmp_path / "run", D1) as todo:
        assert todo


def test_the_lock_alone_holds_a_folder(tmp_path):
    """As where its holder is on another machine, whose processes nobody here can look at."""
    folder = tmp_path / "run"
    folder.mkdir()
    lock = FileLock(folder / LOCK)
    with lock, pytest.raises(LockedError, match="by another process"), store.claim(folder, D1):
        pass
    elsewhere = Holder("another-host", 7, "1")
    (folder / HOLDER).write_text(json.dumps(asdict(elsewhere)), encoding="utf-8")
    with lock, pytest.raises(LockedError, match="7 on another-host"), store.claim(folder, D1):
        pass
    with store.claim(folder, D1) as todo:
        assert todo


@pytest.mark.parametrize("name", ["legal=True, epochs=5", "../x", "a/b", "词典", ""])
def test_folder_names_are_plain(name):
    assert re.fullmatch(r"[A-Za-z0-9._-]+", store.slug(name))
    assert not store.slug(name).startswith(".")
