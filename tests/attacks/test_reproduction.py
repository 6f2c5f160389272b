"""A result run again: what an earlier run left is never taken for the new one."""

import shutil

import pytest
import tiny_task
from program import called, harness
from stored_runs import change, seal

pytestmark = pytest.mark.slow


@pytest.fixture
def made(task, tmp_path):
    """One finished run of the dictionary, in ``results``."""
    harness("run", "--backend", "dictionary", "--task", task, "--seed", 13, folder=tmp_path)
    [folder] = (tmp_path / "results" / "tiny").iterdir()
    return folder


def test_a_folder_in_which_the_result_lies_already_is_not_the_new_run(made, task, tmp_path):
    shutil.copytree(tmp_path / "results", tmp_path / "again")
    tiny_task.write_split(task.parent / "data", "train", tiny_task.SENTENCES[2:3])
    out, _ = harness("reproduce", made, "-o", "again", folder=tmp_path)
    outcome, scores, *reasons = out.splitlines()
    assert outcome == "within the interval"  # three sentences can be anything
    assert scores.startswith("F1 100.00 claimed and given by its answers, 0.00 now; 95 % interval")
    assert any(reason.startswith("data: ") for reason in reasons)
    assert list((tmp_path / "again-2").rglob("metrics.json"))


def test_what_changed_around_an_equal_result_is_named_too(made, tmp_path):
    change(made / "run.json", "versions", "torch", to="1.0")
    change(made / "run.json", "harness", to="0.0.1")
    change(made / "run.json", "code", "backend", to="0" * 64)
    seal(made)
    out, _ = harness("reproduce", made, folder=tmp_path)
    outcome, _, *reasons = out.splitlines()
    assert outcome == "equal"
    assert any(reason.startswith("torch: 1.0 then, ") for reason in reasons)
    assert any(reason.startswith("harness: 0.0.1 then, ") for reason in reasons)
    assert any(reason.startswith("code of the backend: 000000000000 then, ") for reason in reasons)


def test_a_result_that_claims_more_than_its_answers_give_is_not_run_at_all(made, tmp_path):
    change(made / "metrics.json", "types", "conlleval", "PER", to=[9, 0, 0])
    _, messages = called("reproduce", made, folder=tmp_path, code=3)
    assert "types: metrics.json says" in messages
    assert not (tmp_path / "results" / "reproduced").exists()
