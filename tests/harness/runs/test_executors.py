"""Where cells run changes nothing else: GPUs are shared, nodes checked, lost workers replaced."""

import math
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_task

from harness import api
from harness.errors import ConfigError, Interrupted, LockedError
from harness.results import provenance, store
from harness.runs import child, cluster, grid, node, preflight
from harness.runs.child import Event
from harness.runs.config import Settings
from harness.runs.executors import executor_for
from harness.runs.logbook import Logbook
from harness.runs.placement import Placement


@pytest.fixture
def cells(tmp_path):
    task = str(tiny_task.make(tmp_path))
    return api.plan(task, "dictionary", seeds=[1, 2, 3], output=tmp_path / "results").cells


def test_an_unknown_executor_is_refused_with_the_nearest_name(cells):
    with pytest.raises(ConfigError, match=r"no executor is named 'rai' .did you mean 'ray'"):
        api.Experiment(cells).run(executor="rai")


@pytest.mark.parametrize(("runs_per_gpu", "given"), [(1, [0, 1, None]), (2, [0, 1, 0, 1, None])])
def test_runs_share_gpus_evenly_and_no_more_than_asked(runs_per_gpu, given, cells, monkeypatch):
    monkeypatch.setattr(grid, "accelerators", lambda: ("a GPU", "another"))
    made = grid.Grid(cells, 5, print, runs_per_gpu=runs_per_gpu)
    for number, expected in enumerate(given):
        gpu = made._free_gpu()
        assert gpu == expected
        made.children[number] = grid._Child(cells[0], None, None, gpu, math.inf)
    assert grid.workers(cells * 5, 1, runs_per_gpu) == 2 * runs_per_gpu


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no core can be kept from it")
def test_runs_are_as_many_as_the_cores_that_the_command_may_use(cells, monkeypatch):
    monkeypatch.setattr(grid, "accelerators", tuple)
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert grid.workers(cells, 1) == 1
        with pytest.raises(ConfigError, match="threads 2: the command may use 1 cores here"):
            preflight.refuse_machine(Settings(threads=2))
    finally:
        os.sched_setaffinity(0, before)


def test_what_a_run_asks_of_a_node(cells):
    on_gpu = cells[0].settings.model_copy(update={"device": "cuda", "threads": 4})
    needs = cluster._needs(replace(cells[0], settings=on_gpu), Placement("ray", runs_per_gpu=4))
    assert needs == {"num_cpus": 4, "num_gpus": 0.25}
    assert cluster._needs(cells[0], Placement("ray"))["num_gpus"] == 0


class Nodes:
    """What Ray says of a cluster."""

    def __init__(self, *resources):
        self.resources = resources

    def nodes(self):
        return [{"Alive": True, "Resources": one} for one in self.resources]


def test_a_need_that_no_node_meets_is_refused_and_not_waited_for():
    nodes = Nodes({"CPU": 4.0}, {"CPU": 1.0, "GPU": 1.0})
    cluster._require_nodes(nodes, [{"num_cpus": 1, "num_gpus": 1}, {"num_cpus": 4, "num_gpus": 0}])
    with pytest.raises(ConfigError, match=r"asks for 4 core\(s\) and 1 GPU, and no node .*4 CPU"):
        cluster._require_nodes(nodes, [{"num_cpus": 4, "num_gpus": 1}])


@pytest.mark.parametrize("other", ["folder", "version", "code"])
def test_a_node_that_is_not_alike_runs_nothing_and_says_why(other, cells, monkeypatch):
    place = at_work(monkeypatch, cells[0])
    if other == "folder":
        place = replace(place, folder=Path.cwd() / "nowhere")
    if other == "version":
        place = replace(place, software=place.software | {"torch": "0.1"})
    if other == "code":
        unlike = cells[0].code.model_copy(update={"harness": "0" * 64})
        monkeypatch.setattr(node, "code_of", lambda plugin: unlike)
    event = node.run_here(cells[0], place)
    assert event.exit_code == ConfigError.exit_code
    assert {"folder": "has no", "version": "instead of 0.1", "code": "another code"}[
        other
    ] in event.error
    assert not cells[0].folder.exists()


@pytest.mark.slow
def test_a_node_runs_a_cell_as_this_machine_does_and_no_finished_one_again(cells, monkeypatch):
    place = at_work(monkeypatch, cells[0])
    first, again = node.run_here(cells[0], place), node.run_here(cells[0], place)
    assert (first.done, first.error, first.reused) == (True, "", False)
    assert (again.done, again.error, again.reused) == (True, "", True)
    assert first.stored == again.stored == provenance.complete(cells[0].folder)


def test_a_node_looks_for_data_where_the_command_does(cells, monkeypatch):
    monkeypatch.setenv("NER_HARNESS_DATA", "/of/the/command")
    place = at_work(monkeypatch, cells[0])
    monkeypatch.setenv("NER_HARNESS_DATA", "/of/the/node")
    place.enter(cells[0])
    assert os.environ["NER_HARNESS_DATA"] == "/of/the/command"


@pytest.mark.slow
def test_a_node_waits_for_the_lock_of_a_lost_worker_and_takes_what_it_left(cells, monkeypatch):
    place = at_work(monkeypatch, cells[0])
    (cell,) = Logbook().opened(cells[:1])
    assert node.run_here(cells[0], place).done
    lock = store.locked(cell.folder, cell.digest)
    lock.__enter__()
    waits = []

    def wait(seconds):
        waits.append(seconds)
        lock.__exit__(None, None, None)

    monkeypatch.setattr(node.time, "sleep", wait)
    event = node.run_here(cell, place)
    assert (event.error, event.reused, len(waits)) == ("", True, 1)


@pytest.mark.slow
def test_a_result_that_nobody_was_seen_to_write_is_no_result_on_a_node(cells, monkeypatch):
    (cell,) = Logbook().opened(cells[:1])
    place = at_work(monkeypatch, cell)
    assert node.run_here(cells[0], place).done, "as another process would"
    event = node.run_here(cell, place)
    assert event.exit_code == LockedError.exit_code
    assert "written or removed by another process" in event.error


def at_work(monkeypatch, cell):
    """This place, to which the test comes back."""
    monkeypatch.chdir(Path.cwd())
    return node.place_for(cell, math.inf)


class LosesWorkers:
    """Ray, as far as handing out tasks goes, where the first so many workers are lost."""

    class exceptions:  # noqa: N801
        RayError = type("RayError", (Exception,), {})
        RayTaskError = type("RayTaskError", (RayError,), {})

    def __init__(self, losses, error="RayError"):
        self.losses, self.given = losses, []
        self.error = getattr(self.exceptions, error)

    def remote(self, **how):
        assert how == {"max_calls": 1, "max_retries": 0}
        return lambda body: self

    def options(self, **needs):
        return type("Task", (), {"remote": self.hand_out})

    def hand_out(self, cell, place):
        self.given.append(cell)
        return len(self.given)

    def wait(self, references, num_returns, timeout):
        return references[:num_returns], references[num_returns:]

    def get(self, reference):
        if reference <= self.losses:
            raise self.error("gone")
        return Event(self.given[reference - 1], done=True, stored="of its own")


def handed_out(cells, losses, error="RayError"):
    """What Ray was given, what was told, and what failed, where so many workers are lost."""
    ray, heard, logbook = LosesWorkers(losses, error), [], Logbook()
    (cell,) = logbook.opened(cells[:1])
    cluster._Tasks(ray, Placement("ray"), [cluster._Try(cell)], heard.append, logbook).run()
    return ray.given, heard, logbook


def test_a_cell_whose_worker_was_lost_is_handed_out_again_and_what_it_left_is_its_own(cells):
    given, heard, logbook = handed_out(cells, losses=3)
    assert [cell.found is None for cell in given] == [False, True, True, True]
    assert [event.done for event in heard] == [False] * 3 + [True]
    assert "handed out again" in heard[0].progress.note
    assert (logbook.failed, *logbook.stored.values()) == ([], "of its own")


def test_all_that_ended_before_a_signal_came_is_noted(cells):
    ray, logbook, heard = LosesWorkers(losses=0), Logbook(), []

    def interrupted(event):
        heard.append(event)
        if len(heard) == 1:
            raise Interrupted(signal.SIGTERM)

    tries = [cluster._Try(cell) for cell in logbook.opened(cells)]
    with pytest.raises(Interrupted):
        cluster._Tasks(ray, Placement("ray"), tries, interrupted, logbook).run()
    assert len(heard) == len(cells) == 3
    assert set(logbook.stored.values()) == {"of its own"}


@pytest.mark.parametrize(("error", "tries"), [("RayError", 4), ("RayTaskError", 1)])
def test_a_cell_that_loses_every_worker_fails_and_one_that_raises_at_once(error, tries, cells):
    given, _, logbook = handed_out(cells, losses=9, error=error)
    assert len(given) == tries
    (failed,) = logbook.failed
    assert (failed.exit_code, "gone" in failed.error) == (6, True)


def test_without_a_cluster_the_message_says_how_to_start_one(cells, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")  # where nobody is: the port of discard
    with pytest.raises(ConfigError, match=r"127.0.0.1:9 .*ray start --head"):
        executor_for(Placement("ray")).run(cells, print, Logbook())


def test_a_run_sees_the_gpu_that_it_was_given_alone(cells, monkeypatch):
    monkeypatch.setattr(os, "setsid", lambda: None)
    monkeypatch.setattr(os, "dup2", lambda *given: None)
    monkeypatch.setattr(child.Line, "listen", lambda line: None)
    monkeypatch.setattr(child, "_outcome", lambda cell, report: os.environ["CUDA_VISIBLE_DEVICES"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    told = []
    monkeypatch.setattr(child.Line, "tell", lambda line, event: told.append(event))
    child.work(cells[0], "5", None)
    assert told == ["5"]
