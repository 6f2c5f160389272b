"""A run that is killed, or whose disk is full, at its first write, and at each further one.

Whatever happens where: no run looks finished that is not, and the same command finishes the job.
After SQLite's anomaly tests, https://www.sqlite.org/testing.html#i_o_error_testing.
"""

import errno
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys

import pytest
import tiny_task

from harness.data.task import load
from harness.errors import HarnessError, ResourceError
from harness.registry import Plugin
from harness.results import reader, store, verify
from harness.runs.config import Options, Settings
from harness.runs.failures import failure_of, record
from harness.runs.plan import Request, cells_of
from harness.runs.run import execute

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("os.rename", "os.mkdir", "os.truncate", "os.link", "os.symlink")
DONE, REFUSED, UNTOUCHED = 0, 3, 9
TOLD = "told.json"


@pytest.fixture
def cell(tmp_path):
    task = str(tiny_task.make(tmp_path))
    plugin = Plugin("dictionary", "backends.dictionary:Dictionary", "ner-harness", "0.1.0")
    request = Request((task,), ("dictionary",), (1,), "tiny", (), Settings(), tmp_path / "results")
    pairs = [(plugin, Options("tiny", {"shortest": 2}, ""))]
    return next(cells_of(request, task, load(task), pairs))


def break_at(number, kind, folder):
    """Let the write ``number`` below ``folder`` of this process fail, counted from 0."""
    seen = [0]

    def hook(event, arguments):
        if not is_write(event, arguments, folder):
            return
        seen[0] += 1
        if seen[0] == number + 1 or (kind == "full" and seen[0] > number):
            if kind == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sys.addaudithook(hook)
    return seen


def is_write(event, arguments, folder):
    if event == "open":
        path, _, flags = arguments
        return (
            isinstance(path, str | os.PathLike) and bool(flags & WRITING) and inside(path, folder)
        )
    return event in CHANGES and inside(arguments[0], folder)


def inside(path, folder):
    return os.fspath(path).startswith(str(folder))


def attempt(cell, number, kind):
    """The body of a process that runs ``cell`` with a fault; its exit code says what came of it."""
    folder = cell.folder.parent.parent
    seen = break_at(number, kind, folder)
    code = DONE
    try:
        execute(cell, lambda progress: None)
    except (HarnessError, OSError) as error:
        failure = failure_of(error, cell.folder)
        record(cell, failure)  # the disk may refuse that, too; the process goes on all the same
        told = [failure.exit_code, failure.message]
        (folder.parent / TOLD).write_text(json.dumps(told), encoding="utf-8")
        code = REFUSED
    os._exit(UNTOUCHED if seen[0] <= number else code)


def attempted(cell, number, kind):
    process = multiprocessing.get_context("fork").Process(target=attempt, args=(cell, number, kind))
    process.start()
    process.join()
    return process.exitcode


def answers(cell):
    return (cell.folder / store.PREDICTIONS).read_bytes()


def scores(cell):
    content = json.loads((cell.folder / store.COMPLETE).read_text(encoding="utf-8"))
    return content["types"], content["predictions_sha256"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kill", "once", "full"])
def test_a_fault_at_any_write_leaves_a_whole_result_or_none(cell, tmp_path, kind):
    assert attempted(cell, 10_000, "once") == UNTOUCHED
    right = answers(cell), scores(cell)
    number, codes = 0, set()
    while (code := remade(cell, number, kind)) != UNTOUCHED:
        codes.add(code)
        if code == REFUSED:
            assert_one_line_of_the_free_space(tmp_path)
        if store.is_complete(cell.folder):
            assert (answers(cell), scores(cell)) == right
            assert verify.check(reader.read([cell.folder])).runs
        execute(cell, lambda progress: None)
        assert (answers(cell), scores(cell)) == right
        number += 1
    assert number >= 12, "each file of a run is opened and renamed, and folders are made"
    assert codes <= ({-signal.SIGKILL} if kind == "kill" else {DONE, REFUSED})


def assert_one_line_of_the_free_space(folder):
    """What was told of a full disk is what a user can act on."""
    code, message = json.loads((folder / TOLD).read_text(encoding="utf-8"))
    assert code == ResourceError.exit_code
    assert "No space left on device" in message
    assert "\n" not in message
    told = float(re.search(r"; ([\d,.]+) MiB are free there$", message)[1].replace(",", ""))
    free = shutil.disk_usage(folder).free / 2**20
    assert told == pytest.approx(free, rel=0.2)  # others write to it too


def remade(cell, number, kind):
    """An attempt in an empty results folder."""
    shutil.rmtree(cell.folder.parent.parent, ignore_errors=True)
    return attempted(cell, number, kind)


@pytest.mark.slow
def test_metrics_are_the_last_file_that_a_run_writes(cell, monkeypatch):
    written = []
    write = store.write

    def noted(path, content):
        assert not (cell.folder / store.COMPLETE).exists()
        written.append(path.name)
        write(path, content)

    monkeypatch.setattr(store, "write", noted)
    execute(cell, lambda progress: None)
    assert written[-1] == store.COMPLETE
    assert {store.RUN, store.PREDICTIONS, store.HISTORY} < set(written)


def test_a_write_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, type(tmp_path).replace
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda *a: (order.append("replace"), replace(*a))[1]
    )
    store.write(tmp_path / "x", "content")
    assert order[:2] == ["fsync", "replace"]
