"""What cannot work is refused before anything is read or started."""

import pytest
import tiny_task
from program import called

from harness.errors import ConfigError
from harness.runs import config, hardware, plan, preflight
from harness.runs.config import Settings


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr(preflight, "accelerators", tuple)


@pytest.mark.parametrize("seeds", [(), (-1,), (2**32,), (1, 2**40), ("13",), (1.0,), (True,)])
def test_a_seed_that_some_library_would_not_take_is_refused(seeds):
    with pytest.raises(ConfigError, match="seed"):
        preflight.refuse_seeds(seeds)


def test_the_smallest_and_the_largest_seed_are_taken():
    preflight.refuse_seeds((0, 2**32 - 1))


def test_a_gpu_where_there_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(ConfigError, match=r"no GPU here \(CUDA_VISIBLE_DEVICES is ''\)"):
        preflight.refuse_machine(Settings(device="cuda"))
    monkeypatch.setattr(preflight, "accelerators", lambda: ("some GPU",))
    preflight.refuse_machine(Settings(device="cuda"))


def test_more_threads_than_cores_are_refused():
    cores = hardware.usable_cores()
    preflight.refuse_machine(Settings(threads=cores))
    with pytest.raises(ConfigError, match=f"may use {cores} cores here"):
        preflight.refuse_machine(Settings(threads=cores + 1))


WRONG = {
    "--seed -1": "seed -1: expected a whole number from 0 to 4294967295",
    "--seed 4294967296": "seed 4294967296",
    "--device cuda": "device cuda: nvidia-smi lists no GPU here",
    "--threads 99999": "threads 99999: the command may use",
    "--set window_limit=3": "window_limit: Input should be greater than or equal to 4",
    "--set window_limit=64 window_margin=32": "set window_limit to 128 or more",
    "--set shortest=1 shortest=2": "shortest is given twice, as 1 and as 2",
    "--threads 1 --set threads=2": "threads is given twice, as 2 and as 1",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_a_mistake_is_told_before_a_folder_is_made(tmp_path, arguments):
    task = tiny_task.make(tmp_path)
    command = ("run", "--backend", "dictionary", "--task", task, *arguments.split())
    _, messages = called(*command, folder=tmp_path, code=2)
    assert WRONG[arguments] in messages
    assert not (tmp_path / "results").exists()


TOO_LONG = {
    "bert-crf": ("window_limit=1000: bert-crf has room for 512 units", "window_limit=512 or less"),
    "gpt": ("window_limit=2000: gpt has room for 1023 units", "set window_limit=1023 or less"),
    "gpt format=echo prompt=echo.zh.v1": ("has room for 671 units", "window_limit=671 or less"),
}


@pytest.mark.parametrize("arguments", TOO_LONG)
def test_windows_beyond_the_positions_of_a_model_are_refused_with_the_limit(tmp_path, arguments):
    task, (backend, *sets) = tiny_task.make(tmp_path), arguments.split()
    limit = 1000 if backend == "bert-crf" else 2000
    command = ("run", "--task", task, "--backend", backend, "--set", f"window_limit={limit}", *sets)
    _, messages = called(*command, folder=tmp_path, code=2)
    for words in TOO_LONG[arguments]:
        assert words in messages
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("sets", [("window_limit=512",), ("window_limit=1000", "max_length=512")])
def test_windows_of_which_a_model_reads_all_that_it_is_to_read_are_taken(tmp_path, sets):
    task = tiny_task.make(tmp_path)
    command = ("run", "--task", task, "--backend", "bert-crf", "--set", *sets, "--dry-run")
    called(*command, folder=tmp_path)


def test_the_remedy_for_a_short_model_is_one_that_works():
    with pytest.raises(ConfigError, match="window_limit=62 or less, with window_margin=15 or less"):
        preflight.refuse_long_windows("x", 62, Settings())
    preflight.refuse_long_windows("x", 62, Settings(window_limit=62, window_margin=15))


def test_what_is_asked_for_twice_is_run_once(tmp_path):
    task = str(tiny_task.make(tmp_path))
    request = plan.Request(
        (task, task), ("dictionary", ":dictionary", "ner-harness:dictionary"), (1,), ("tiny",), (),
        Settings(), tmp_path,
    )  # fmt: skip
    assert len(plan.plan(request)) == 1


def test_equal_values_of_one_name_are_one():
    assert config.assignments(["epochs=3", "epochs=3"], {"threads": None}) == {"epochs": 3}
