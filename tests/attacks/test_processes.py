"""The processes of a command: how they end when it is ended, dies, or loses patience."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from program import TREE, harness
from same_runs import content

pytestmark = pytest.mark.slow

# It works until there is a file called ``enough``, and counts its steps. What it starts hears no
# signal; if it is ``stubborn``, it does not report either.
SLOW = """
import os, pathlib, signal, subprocess, sys, time
from harness.core import Tags
from harness.protocol import FitReport, Progress

class Backend:
    family = "slow"

    def __init__(self, context, *, stubborn: bool = False):
        self.context, self.stubborn = context, stubborn

    def fit(self, train, dev):
        stream, done = self.context.checkpoints.read(), 0
        if stream:
            with stream:
                done = int(stream.read())
        log = pathlib.Path("log.txt")
        code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        other = subprocess.Popen([sys.executable, "-c", code])
        with log.open("a") as stream:
            stream.write(f"{os.getpid()} {other.pid} {done}\\n")
        while self.stubborn:
            time.sleep(60)
        try:
            while not pathlib.Path("enough").exists():
                time.sleep(0.01)
                done += 1
                self.context.report(Progress("train", done, 0))
        except BaseException:
            self.context.checkpoints.write(lambda stream: stream.write(b"%d" % done))
            raise
        return FitReport("none", 0, 0)

    def predict(self, sentences):
        return [Tags(("O",) * len(s)) for s in sentences]

    def save(self, folder): pass
    def load(self, folder): pass
"""


@pytest.fixture
def site(offer):
    return offer("slow", SLOW)


def command(task, *more):
    return ["run", "--task", task, "--backend", "dictionary", "slow", "--seed", 13, *more]


def continued(folder, task, site, *more):
    """The command again, to its end; gives the step that the backend went on from."""
    (folder / "enough").touch()
    harness(*command(task, *more), folder=folder, paths=[site])
    return begun(folder)[-1][2]


def started(arguments, folder, site):
    """The program in a session of its own, once its slow backend has begun."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (site, TREE)))}
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *map(str, arguments)], cwd=folder, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while not (folder / "log.txt").is_file() or not (folder / "log.txt").read_text():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process


def importing(process):
    """Whether the server of ``process`` is there, which imports what its children need."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    lines = (Path(f"/proc/{number}/cmdline") for number in children)
    return any("multiprocessing.forkserver" in line.read_text() for line in lines)


def begun(folder):
    """The process, its own process, and where it began, of each time that the backend began."""
    return [tuple(map(int, line.split())) for line in (folder / "log.txt").read_text().splitlines()]


def gone(number, patience=60.0):
    """Whether a process ends within ``patience`` seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True  # it has ended, and whoever has to take note of that has not yet
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_ctrl_c_while_libraries_are_imported_shows_no_traceback(task, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "run", "--task", task, "--backend", "bert-crf"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(TREE)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while not importing(process):
        time.sleep(0.01)
    time.sleep(0.3)  # its interpreter has begun
    os.killpg(process.pid, signal.SIGINT)
    _, messages = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in messages


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_a_checkpoint_the_way_on_and_the_table(task, site, tmp_path, number, code):
    process = started(command(task), tmp_path, site)
    while not list(tmp_path.glob("results/tiny/dictionary*/metrics.json")):
        time.sleep(0.05)
    process.send_signal(number)
    out, messages = process.communicate(timeout=120)
    assert process.returncode == code
    assert "interrupted: 1 of 2 runs are finished; the same command goes on" in messages
    assert "Traceback" not in messages
    assert "| dictionary" in out
    ((child, other, _),) = begun(tmp_path)
    assert gone(child)
    assert gone(other)
    if number == signal.SIGTERM:
        assert continued(tmp_path, task, site) > 0


def test_when_the_parent_dies_the_child_keeps_a_checkpoint_and_lets_go_of_its_folder(
    task, site, tmp_path
):
    process = started(command(task), tmp_path, site)
    process.kill()
    process.communicate()
    ((child, other, _),) = begun(tmp_path)
    assert gone(child)
    assert gone(other)
    assert continued(tmp_path, task, site) > 0
    harness(*command(task, "--output", tmp_path / "other"), folder=tmp_path, paths=[site])
    (first,) = tmp_path.glob("results/tiny/slow*")
    (second,) = tmp_path.glob("other/tiny/slow*")
    assert content(first) == content(second)


def test_a_child_that_hears_no_signal_is_ended_and_all_that_it_started(task, site, tmp_path):
    arguments = command(task, "--set", "slow.stubborn=true")
    process = started(arguments, tmp_path, site)
    process.terminate()
    time.sleep(0.5)
    process.terminate()  # asked again, it does not wait any longer
    process.communicate(timeout=120)
    assert process.returncode == 143
    ((child, other, _),) = begun(tmp_path)
    assert gone(child)
    assert gone(other)


def test_a_run_over_its_time_limit_fails_and_goes_on_with_the_same_command(task, site, tmp_path):
    limited = command(task, "--time-limit", 0.05)
    out, messages = harness(*limited, folder=tmp_path, code=7, paths=[site])
    assert "not done within the time limit of 0.05 minutes; the same command goes on" in messages
    assert "| dictionary" in out
    (failed,) = tmp_path.glob("results/tiny/slow*/failed.json")
    assert json.loads(failed.read_text())["exit_code"] == 6
    assert continued(tmp_path, task, site) > 0
    assert not failed.exists()
