"""What a plugin writes into the folder of another run is told from what that run wrote."""

import json
import shutil

import pytest
import tiny_task
from plugin_site import made_site
from program import harness
from stored_runs import write_run

from harness import api
from harness.errors import LockedError
from harness.results import provenance, reader
from harness.results.checkpoints import CheckpointFolder, NoFacts
from harness.results.provenance import drop_foreign_checkpoints, found_in, require_found

FORGER = """
import json, os, pathlib, shutil
from harness.core import Tags
from harness.protocol import FitReport

class Backend:
    family = "third"
    def __init__(self, context): pass
    def fit(self, train, dev):
        for source, target in json.loads(pathlib.Path(os.environ["FORGED"]).read_text()):
            if source:
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.rmtree(target)
        return FitReport("none", 0, 0)
    def predict(self, sentences):
        return [Tags(("O",) * len(s)) for s in sentences]
    def save(self, folder): pass
    def load(self, folder): pass
"""


@pytest.fixture
def forge(tmp_path, monkeypatch):
    """Runs ``forger`` and ``dictionary``; the former puts a whole result where the other's goes."""
    task, site = tiny_task.make(tmp_path), made_site(tmp_path, {"forger": FORGER})
    harness("run", "--task", task, "--seed", 1, "--backend", "dictionary", "-o", "before",
            folder=tmp_path)  # fmt: skip
    (before,) = tmp_path.glob("before/*/*")
    target = tmp_path / "results" / before.parent.name / before.name
    monkeypatch.setenv("FORGED", str(tmp_path / "forged.json"))

    def run(*backends, source=before, code):
        pairs = [[str(source) if source else None, str(target)]]
        (tmp_path / "forged.json").write_text(json.dumps(pairs))
        command = ("run", "--task", task, "--seed", 1, "--workers", 1, "--backend", *backends)
        return harness(*command, folder=tmp_path, code=code, paths=[site])

    return run


@pytest.mark.slow
@pytest.mark.parametrize("order", [("forger", "dictionary"), ("dictionary", "forger")])
def test_a_whole_result_that_a_plugin_puts_into_another_folder_is_not_used(forge, order):
    out, messages = forge(*order, code=7)
    assert "dictionary tiny on tiny, seed 1: " in messages
    assert "metrics.json written or removed by another process while this command ran" in messages
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert not [line for line in table if "dictionary" in line and "100.00" in line]
    assert [line for line in table if "forger" in line]


@pytest.mark.slow
def test_a_result_that_a_plugin_removes_is_missed(forge):
    _, messages = forge("dictionary", "forger", source=None, code=7)
    assert "written or removed by another process" in messages


@pytest.mark.slow
def test_the_next_command_finds_both_where_nobody_forges(forge, tmp_path):
    out, _ = forge("dictionary", "forger", source=tmp_path / "site", code=0)
    assert "100.00" in out
    out, messages = forge("dictionary", "forger", source=tmp_path / "site", code=0)
    assert messages.count("done before") == 2


def test_a_checkpoint_that_came_after_the_command_began_is_not_gone_on_from(tmp_path):
    kept = CheckpointFolder(tmp_path / "unfinished", 0.0, NoFacts())
    kept.write(lambda stream: stream.write(b"ours"))
    found = found_in(tmp_path)
    kept.write(lambda stream: stream.write(b"forged"))
    assert drop_foreign_checkpoints(tmp_path, found) == 1
    with kept.read() as stream:
        assert stream.read() == b"ours"
    assert drop_foreign_checkpoints(tmp_path, None) == 0


def test_a_finished_run_is_the_one_that_was_found(tmp_path):
    found = found_in(tmp_path)
    require_found(tmp_path, found)
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(LockedError, match="by another process"):
        require_found(tmp_path, found)
    require_found(tmp_path, found_in(tmp_path))


def test_results_of_others_are_rejected_with_their_row(tmp_path):
    task = tiny_task.make(tmp_path)
    results = api.run(str(task), "dictionary", seeds=[1], output=tmp_path / "results")
    (run,) = results.runs
    ours = {run.folder: provenance.complete(run.folder)}
    assert provenance.only_own(results, ours) == results
    (rejected,) = provenance.only_own(results, {run.folder: ""}).rejected
    assert (rejected.kind, rejected.seed, rejected.row) == ("unsound", 1, run.run.row)
    shutil.rmtree(run.folder)


@pytest.mark.parametrize("name", ["metrics.json", "run.json", "claim.json", "predictions.jsonl"])
def test_a_file_of_another_program_hides_no_run_below_it(tmp_path, name):
    made = write_run(tmp_path)
    (tmp_path / name).write_text('{"loss": 0.5}\n', encoding="utf-8")
    assert [run.folder for run in reader.read([tmp_path]).runs] == [made]


@pytest.mark.parametrize("file", ["claim.json", "run.json", "failed.json"])
def test_what_a_plugin_writes_below_its_folder_is_no_run_whatever_its_records_say(tmp_path, file):
    """One record that says of which row the folder is suffices; others may be forged or damaged."""
    made = tmp_path / "run"
    write_run(made, "forged", rate=0.0)
    record = {"task": "demo", "backend": "crf", "preset": "tiny", "variant": "", "seed": 13}
    for name in ("claim.json", "run.json", "failed.json"):
        (made / name).write_text(json.dumps(record if name == file else {"data": {}}))
    found = reader.read([tmp_path])
    assert (found.runs, [one.folder for one in found.rejected]) == ((), [made])
