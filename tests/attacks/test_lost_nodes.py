"""Runs on a real Ray cluster of two nodes, one of which is killed: the table of a quiet day.

``python tests/long/nodes.py`` kills the command, too, and again.
"""

import pytest
import ray_nodes
import tiny_task
import waiting_backend
from same_runs import content
from waiting_backend import PATIENCE, SEEDS, counts, rows, wait_for

from harness import api


@pytest.fixture
def place(tmp_path, monkeypatch):
    return waiting_backend.installed(tmp_path, monkeypatch)


@pytest.mark.slow
def test_a_lost_node_loses_no_cell_runs_none_twice_to_its_end_and_changes_no_table(place):
    task = tiny_task.make(place)
    quiet = api.plan(str(task), "waits", seeds=SEEDS, output=place / "quiet")
    with (
        ray_nodes.cluster(1, 1) as (address, lose),
        waiting_backend.study(address, task, place / "cluster") as process,
    ):
        wait_for("begun", 2, process, place)  # both nodes are at work
        lose()
        wait_for("left", 1, process, place)
        (place / "go").touch()
        _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, error
    assert counts("ended", place) == dict.fromkeys(SEEDS, 1), "lost, or run twice to its end"
    assert sum(counts("begun", place).values()) == len(SEEDS) + 1, "one more, with its node"

    there, here = api.read(place / "cluster"), quiet.run(workers=2)
    for ours, same in zip(there.runs, here.runs, strict=True):
        assert content(ours.folder) == content(same.folder)
    assert rows(there) == rows(here)
