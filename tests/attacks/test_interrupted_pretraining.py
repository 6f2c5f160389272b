"""Pretraining that signals end keeps a last checkpoint, and goes on as if there had been none."""

import json
import os
import signal
import subprocess
import sys

import pytest
from program import TREE, harness
from raw_text import SHAPE, patterned

from harness.errors import Interrupted
from harness.protocol import Progress
from harness.results.pretraining import COMPLETE
from harness.runs.stopping import Stopping

PROGRESS = Progress("pretrain", 1, 2)
COSTS = ("seconds", "curve", "sittings")


def command(output):
    sizes = [f"{name}={value}" for name, value in SHAPE.items()]
    return [
        "pretrain", "text.txt", "--backend", "bert-crf", "-o", output, "--task", "demo",
        "--window", 32, "--characters", 51_200, "--passes", 99, "--set", *sizes, "batch_windows=8",
    ]  # fmt: skip


def interrupted(folder, number):
    """The command, ended by a signal once it learns; gives its exit code and what it said last."""
    arguments = [sys.executable, "-m", "harness", *map(str, command("weights"))]
    environment = os.environ | {"PYTHONPATH": str(TREE)}
    with subprocess.Popen(
        arguments, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        next(line for line in process.stderr if "% " in line and "loss" in line)
        process.send_signal(number)
        said = process.stderr.read()
    return process.returncode, said.splitlines()[-1]


def files(folder):
    """The files that pretraining left, without costs."""
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}
    record = json.loads(found.pop(COMPLETE))
    found.pop("claim.json")
    return found, {name: value for name, value in record.items() if name not in COSTS}


@pytest.mark.slow
def test_each_signal_leaves_a_checkpoint_and_the_end_is_that_of_one_sitting(tmp_path):
    (tmp_path / "text.txt").write_text(patterned(), encoding="utf-8")
    codes = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}
    told, way = set(), "the same command goes on from the last checkpoint in weights"
    for number, code in codes.items():
        assert interrupted(tmp_path, number) == (code, f"interrupted: {way}")
        (state, *_) = sorted((tmp_path / "weights" / "unfinished").glob("*.state"))[::-1]
        told.add(state.name)
    assert len(told) == 3, "each left a checkpoint of its own"
    for output in ("weights", "whole"):
        _, messages = harness(*command(output), folder=tmp_path)
        assert ("going on after" in messages) == (output == "weights")
    assert files(tmp_path / "weights") == files(tmp_path / "whole")


@pytest.mark.slow
def test_a_signal_before_anything_is_learned_says_that_nothing_is_kept(tmp_path):
    (tmp_path / "text.txt").write_text(patterned(), encoding="utf-8")
    program = (
        "import os, signal, sys\n"
        "from harness.pretraining import corpus\n"
        "corpus.gather = lambda *read: os.kill(os.getpid(), signal.SIGTERM)\n"
        f"sys.argv = ['harness', *{list(map(str, command('weights')))!r}]\n"
        "from harness.cli import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(TREE)},
    )  # fmt: skip
    assert done.returncode == 143
    assert done.stderr == "interrupted: the same command begins again: nothing is in weights\n"
    assert not (tmp_path / "weights").exists()


def test_a_signal_ends_work_at_its_next_report_and_not_before():
    heard = []

    def work():
        with Stopping() as stopping:
            report = stopping.after(heard.append)
            report(PROGRESS)
            os.kill(os.getpid(), signal.SIGTERM)
            heard.append("worked on")
            report(PROGRESS)
            heard.append("worked too long")

    with pytest.raises(Interrupted) as caught:
        work()
    assert heard == [PROGRESS, "worked on", PROGRESS]
    assert caught.value.exit_code == 143


def test_a_second_signal_ends_it_at_once():
    heard = []

    def work():
        with Stopping():
            os.kill(os.getpid(), signal.SIGTERM)
            heard.append("worked on")
            os.kill(os.getpid(), signal.SIGTERM)
            heard.append("worked too long")

    with pytest.raises(Interrupted):
        work()
    assert heard == ["worked on"]


def test_what_is_ignored_stays_ignored_and_what_was_there_comes_back():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with Stopping() as stopping:
            os.kill(os.getpid(), signal.SIGHUP)
            stopping.after(lambda progress: None)(PROGRESS)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGHUP, before)
