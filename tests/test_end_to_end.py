"""The whole program as a user runs it: run, resume, predict; and every kind of bad input."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import tiny_task
from plugin_site import made_plugin
from program import harness


@pytest.fixture
def task(tmp_path):
    return tiny_task.make(tmp_path)


@pytest.fixture
def run_folder(task, tmp_path):
    harness("run", "--backend", "dictionary", "--task", task, "--seed", 13, folder=tmp_path)
    return next((tmp_path / "results" / "tiny").iterdir())


@pytest.fixture
def plugin(tmp_path):
    return made_plugin(tmp_path)


@pytest.mark.slow
def test_a_run_ends_with_a_leaderboard_and_complete_files(run_folder, task, tmp_path):
    names = {path.name for path in run_folder.iterdir()}
    files = {"run.json", "history.jsonl", "predictions.jsonl", "train_facts.json", "metrics.json"}
    assert names - {".lock", "claim.json"} == files | {"model"}
    out, _ = harness("leaderboard", "results", folder=tmp_path)
    assert "dictionary" in out
    assert "100.00" in out


@pytest.mark.slow
def test_the_same_command_again_trains_nothing_and_gives_the_same_table(run_folder, task, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in run_folder.iterdir()}
    command = ("run", "--backend", "dictionary", "--task", task, "--seed", 13)
    _, messages = harness(*command, folder=tmp_path)
    assert "done before" in messages
    after = {path: path.stat().st_mtime_ns for path in run_folder.iterdir()}
    assert {p: t for p, t in before.items() if p.name != ".lock"} == {
        p: t for p, t in after.items() if p.name != ".lock"
    }


@pytest.mark.slow
def test_dry_run_prints_the_resolved_configuration_and_writes_nothing(task, tmp_path):
    out, _ = harness(
        "run", "--backend", "dictionary", "--task", task, "--seed", 1, 2, "--dry-run",
        "--set", "shortest=1", folder=tmp_path,
    )  # fmt: skip
    assert "shortest: 1" in out
    assert out.count("folder:") == 2
    assert "MiB to read them:" in out
    assert "2 runs: 0 finished, 2 to do" in out
    assert not (tmp_path / "results").exists()


def test_a_highlight_that_can_mark_no_row_is_refused_before_anything_is_trained(task, tmp_path):
    wanted = ("--backend", "dictionary", "--task", task, "--highlight", "dictonary")
    _, messages = harness("run", *wanted, folder=tmp_path, code=2)
    assert "--highlight 'dictonary': no such row (did you mean 'dictionary'?)" in messages
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_predict_answers_every_line_empty_and_long_ones_too(run_folder, tmp_path):
    lines = ["张三在北京。", "", "\u200b👍", "甲" * 600 + "上海"]
    (tmp_path / "raw.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    out, _ = harness("predict", run_folder, "raw.txt", folder=tmp_path)
    tags = [line.split(" ") if line else [] for line in out.split("\n")[:-1]]
    assert [len(row) for row in tags] == [len(line) for line in lines]
    assert tags[0] == ["B_PER", "I_PER", "O", "B_LOC", "I_LOC", "O"]
    assert tags[3][-2:] == ["B_LOC", "I_LOC"]
    out, _ = harness("predict", run_folder, "raw.txt", "--json", folder=tmp_path)
    rows = [json.loads(line) for line in out.split("\n")[:-1]]
    assert [row["text"] for row in rows] == lines
    for row in rows:
        for entity in row["entities"]:
            assert row["text"][entity["start"] : entity["end"]] == entity["text"]


@pytest.mark.slow
def test_a_third_party_backend_takes_the_same_road(plugin, task, tmp_path):
    out, _ = harness("list", folder=tmp_path, paths=[plugin])
    assert "ner-gazetteer 0.1" in out
    out, _ = harness(
        "run", "--backend", "gazetteer", "dictionary", "--task", task,
        "--set", "gazetteer.minimum=1", folder=tmp_path, paths=[plugin],
    )  # fmt: skip
    assert "gazetteer" in out
    record = json.loads(next((tmp_path / "results/tiny").glob("gazetteer*/run.json")).read_text())
    assert record["origin"]["distribution"] == "ner-gazetteer"


@pytest.mark.slow
def test_a_killed_run_does_not_look_finished_and_the_same_command_finishes_it(task, tmp_path):
    command = [sys.executable, "-m", "harness", "run", "--backend", "bert-softmax", "--task", task]
    process = subprocess.Popen(
        [*map(str, command), "--set", "epochs=500", "--seed", "13"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        while not list(tmp_path.glob("results/tiny/*/history.jsonl")):
            assert process.poll() is None
            time.sleep(0.1)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    (folder,) = tmp_path.glob("results/tiny/*")
    assert not (folder / "metrics.json").exists()
    out, _ = harness("leaderboard", "results", folder=tmp_path)
    assert "unfinished" in out


def broken(task, name, content):
    (task.parent / "data" / name).write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("test.txt", b"", ["test.txt"]),
        ("test_TAG.txt", b"O O\nO\nO\n", ["test.txt:1", "8 units", "2 tags"]),
        ("dev.txt", "李 四".encode("gb18030") + b"\n", ["dev.txt:1", "GB18030"]),
        ("train_TAG.txt", b"B_XYZ " * 7 + b"O\n", ["train_TAG.txt:1", "XYZ"]),
    ],
    ids=["empty", "lengths", "encoding", "unknown tag"],
)
def test_data_that_is_wrong_is_refused_with_its_place(task, tmp_path, name, content, words):
    broken(task, name, content)
    for command in (["check-data", task], ["run", "--backend", "dictionary", "--task", task]):
        out, messages = harness(*command, folder=tmp_path, code=3)
        assert all(word in out + messages for word in words)
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--backend", "bert-cfr"], 2, ["did you mean 'bert-crf'"]),
        (["--backend", "dictionary", "--set", "shortst=1"], 2, ["did you mean 'shortest'"]),
        (["--backend", "dictionary", "--set", "shortest=many"], 2, ["shortest", "many"]),
        (["--backend", "dictionary", "--preset", "huge"], 2, ["no preset 'huge'"]),
        (["--backend", "dictionary", "--task", "nowhere.yaml"], 2, ["nowhere.yaml"]),
        (["--backend", "bert-crf", "--preset", "base", "--set", "model=no/such"], 4, ["no/such"]),
        (["--backend", "dictionary", "--nonsense"], 2, ["--nonsense"]),
    ],
    ids=["backend", "option", "value", "preset", "task", "weights", "flag"],
)
def test_a_wrong_request_is_one_message_with_the_remedy(task, tmp_path, arguments, code, words):
    if "--task" not in arguments:
        arguments = [*arguments, "--task", task]
    arguments = [*arguments, "--seed", 13, 42]
    _, messages = harness("run", *arguments, folder=tmp_path, code=code)
    assert all(word in messages for word in words)


@pytest.mark.slow
def test_a_plugin_that_fails_to_import_is_named_and_the_others_work(plugin, task, tmp_path):
    (plugin / "ner_gazetteer").unlink()
    harness("list", folder=tmp_path, paths=[plugin])
    run = ("run", "--task", task, "--seed", 13, "--backend")
    _, messages = harness(*run, "gazetteer", folder=tmp_path, code=5, paths=[plugin])
    assert "pip uninstall ner-gazetteer" in messages
    harness(*run, "dictionary", folder=tmp_path, paths=[plugin])


@pytest.mark.slow
def test_a_results_folder_of_another_configuration_is_not_overwritten(run_folder, task, tmp_path):
    record = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps(record | {"digest": "other"}))
    (run_folder / "metrics.json").unlink()
    command = ("run", "--backend", "dictionary", "--task", task, "--seed", 13)
    _, messages = harness(*command, folder=tmp_path, code=2)
    assert "another configuration" in messages
    assert (run_folder / "predictions.jsonl").is_file()
