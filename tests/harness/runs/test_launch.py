"""Under a launcher the first process keeps the run, the others train with it and leave no trace."""

import math
import subprocess
import sys
from pathlib import Path

import program
import pytest
import tiny_task

from harness import api
from harness.errors import ConfigError, HarnessError, LockedError
from harness.protocol import UNFINISHED, Progress
from harness.results import provenance, store
from harness.results.checkpoints import CheckpointFolder, NoFacts
from harness.runs import failures, grid, hardware, launch
from harness.runs.failures import Failure
from harness.runs.run import execute


@pytest.fixture
def launched(monkeypatch):
    """What sets this process in a launch: its number, of two."""

    def number(rank):
        monkeypatch.setenv("WORLD_SIZE", "2")
        monkeypatch.setenv("RANK", str(rank))

    return number


def planned(tmp_path, seeds=(1,)):
    return api.plan(str(tiny_task.make(tmp_path)), "dictionary", seeds=seeds,
                    output=tmp_path / "results")  # fmt: skip


def unheard(progress: Progress) -> None:
    """Nobody waits."""


def test_a_launch_is_for_one_run(launched, tmp_path):
    experiment = planned(tmp_path, seeds=(1, 2, 3))
    launched(0)
    with pytest.raises(ConfigError, match="2 processes for one run, and this command has 3"):
        experiment.run()


def test_a_variable_that_no_launcher_set_is_named_or_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "")
    assert launch.processes() == 1
    monkeypatch.setenv("WORLD_SIZE", "many")
    task = tiny_task.make(tmp_path)
    _, said = program.called(
        "run", "--backend", "dictionary", "--task", task, folder=tmp_path, code=2
    )
    assert "WORLD_SIZE=many" in said


COMMANDS = ["study layers", "tune --backend crf", "reproduce nothing", "formats --backend t5"]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_starts_its_own_processes_is_not_launched(command, launched, tmp_path):
    launched(0)
    _, said = program.called(*command.split(), folder=tmp_path, code=2)
    assert f"{command.split()[0]} starts its own processes" in said


def test_the_first_process_takes_the_lock_and_the_others_do_not(launched, tmp_path):
    (cell,) = planned(tmp_path).cells
    with store.locked(cell.folder, cell.digest):
        before = {path: path.stat().st_mtime_ns for path in cell.folder.rglob("*")}
        launched(1)
        assert execute(cell, unheard)
        failures.record(cell, Failure("lost its first process", 1, "trace"))
        assert {path: path.stat().st_mtime_ns for path in cell.folder.rglob("*")} == before
        launched(0)
        with pytest.raises(LockedError):
            execute(cell, unheard)


def test_what_is_done_is_followed_by_nobody(launched, tmp_path):
    (cell,) = planned(tmp_path).cells
    launched(0)
    assert execute(cell, unheard)
    launched(1)
    assert not execute(cell, unheard)
    (cell.folder / store.PREDICTIONS).write_text("{}\n", encoding="utf-8")
    assert execute(cell, unheard), "the first process will do it again"


def test_the_number_of_processes_is_recorded_and_part_of_the_identity(launched, tmp_path):
    (alone,) = planned(tmp_path).cells
    assert "processes" not in hardware.describe()
    launched(0)
    (two,) = planned(tmp_path).cells
    assert hardware.describe()["processes"] == "2"
    assert two.digest != alone.digest


def test_a_launcher_gives_each_process_its_gpu(launched, tmp_path, monkeypatch):
    monkeypatch.setattr(grid, "accelerators", lambda: ("a GPU", "another"))
    made = grid.Grid(planned(tmp_path).cells, 1, print)
    assert made._free_gpu() == 0
    launched(1)
    assert made._free_gpu() is None


def test_one_who_follows_goes_on_from_the_checkpoints_that_the_command_found(tmp_path):
    theirs, own = tmp_path / "run", tmp_path / "scratch"
    own.mkdir()
    kept = CheckpointFolder(theirs / UNFINISHED, 0.0, NoFacts())
    kept.write(lambda stream: stream.write(b"state"))
    found = provenance.found_in(theirs)
    kept.write(lambda stream: stream.write(b"of somebody else"))
    provenance.copy_checkpoints(theirs, own, found)
    with CheckpointFolder(own / UNFINISHED, math.inf, NoFacts()).read() as stream:
        assert stream.read() == b"state"
    assert len(list((theirs / UNFINISHED).iterdir())) == 4, "what the first process has stays"


@pytest.mark.parametrize("rank", [0, 1])
def test_only_one_who_follows_lets_others_store_the_result(rank, launched, tmp_path):
    """The first process may have stored it by the time that the other one ends."""
    (cell,) = planned(tmp_path).cells
    launched(rank)
    made = grid.Grid((cell,), 1, lambda event: stored_by_another(event, cell))
    if rank:
        made.run()
    else:
        with pytest.raises(HarnessError, match="written or removed by another process"):
            made.run()


def stored_by_another(event, cell):
    if event.done:
        cell.folder.mkdir(parents=True, exist_ok=True)
        store.write_json(cell.folder / store.COMPLETE, {})


SMALL = {"epochs": 3, "batch_units": 40, "layers": 1, "width": 16, "attention_heads": 2,
         "dropout": 0, "word_dropout": 0, "init": "scratch", "average": 0}  # fmt: skip
# Without the first flag accelerate starts one process where there is no GPU.
LAUNCH = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1",
          "--main_process_port", "0", "--mixed_precision", "no", "--dynamo_backend", "no",
          "--num_processes", "2"]  # fmt: skip


def harness(task, output, *seeds, launcher=()):
    command = [sys.executable, *launcher, "-m", "harness", "run", "--task", str(task), "--backend",
               "bert-softmax", "--seed", *seeds, "-o", str(output),
               "--set", *(f"{option}={value}" for option, value in SMALL.items())]  # fmt: skip
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )


@pytest.mark.slow
def test_a_model_is_trained_by_two_processes_as_by_one(launched, tmp_path):
    task = tiny_task.make(tmp_path)
    assert harness(task, tmp_path / "one", "13").returncode == 0
    two = harness(task, tmp_path / "two", "13", launcher=LAUNCH)
    assert two.returncode == 0, two.stderr
    assert two.stdout.count("Certificate:") == 1, "one process prints"
    (there,), (here,) = (api.read(tmp_path / name).runs for name in ("two", "one"))
    assert there.run.hardware["processes"] == "2"
    files = [sorted(p.relative_to(r.folder) for p in r.folder.rglob("*")) for r in (there, here)]
    assert [p for p in files[0] if "events" not in p.name] == [
        p for p in files[1] if "events" not in p.name
    ]
    pairs = list(zip(there.history(), here.history(), strict=True))
    for ours, alone in pairs:
        assert (ours.updates, ours.units) == (alone.updates, alone.units)
        assert ours.loss == pytest.approx(alone.loss, rel=1e-3)
    launched(0)
    (again,) = api.plan(str(task), "bert-softmax", seeds=[13], options=SMALL,
                        output=tmp_path / "two").cells  # fmt: skip
    assert again.folder == there.folder, "the same command would run it twice"


@pytest.mark.slow
def test_the_exit_code_of_a_refusal_goes_through_the_launcher(tmp_path):
    refused = harness(tiny_task.make(tmp_path), tmp_path / "two", "13", "42", launcher=LAUNCH)
    assert refused.returncode != 0
    assert f"exitcode  : {ConfigError.exit_code}" in refused.stderr
    assert "and this command has 2" in refused.stderr
    assert not (tmp_path / "two").exists()
