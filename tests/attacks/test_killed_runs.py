"""A run that was killed, at whatever moment, and continued is the run that was not."""

import json
import signal

import pytest
import tiny_task
from killing import Moment, Nursery
from same_runs import content

from harness import api

SMALL = {
    "epochs": 3, "batch_units": 40, "layers": 1, "width": 16, "attention_heads": 2,
    "average": 0.9, "init": "scratch", "checkpoint_minutes": 0.0,
}  # fmt: skip
# Each process goes on where the one before died.
DEATHS = [
    Moment("load"),
    Moment("train", nth=2),
    Moment("fsync", ".state"),
    Moment("replace", ".json"),
    Moment("unlink", ".state"),
    Moment("predict"),
    Moment("train", "epoch 3/3"),
    Moment("fsync", "predictions.jsonl"),
    Moment("fsync", "metrics.json"),
]


@pytest.fixture(scope="module")
def exit_of():
    with Nursery() as nursery:
        yield nursery.exit_of


def cell_of(task, output, backend):
    (cell,) = api.plan(str(task), backend, seeds=[13], options=SMALL, output=output).cells
    return cell


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["bert-crf", "t5", "gpt"])
def test_a_run_killed_at_each_kind_of_moment_ends_with_the_same_bytes(backend, exit_of, tmp_path):
    task = tiny_task.make(tmp_path)
    whole = cell_of(task, tmp_path / "whole", backend)
    assert exit_of(whole) == 0
    killed = cell_of(task, tmp_path / "killed", backend)
    for moment in DEATHS:
        assert exit_of(killed, moment) == -signal.SIGKILL, moment
        assert not (killed.folder / "metrics.json").exists(), moment
    assert exit_of(killed) == 0
    assert content(killed.folder) == content(whole.folder)
    cost = json.loads((killed.folder / "run.json").read_text())["cost"]
    assert cost["sittings"] > 4
    assert cost["seconds"]["train"] > 0
    assert not (killed.folder / "unfinished").exists()
