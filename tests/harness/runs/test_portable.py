"""No path of one machine is stored or printed."""

import json
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny_task
from program import ROOT, called
from stored_runs import change, seal, write_run

from harness.data.task import load
from harness.registry import Plugin
from harness.results import reader, verify
from harness.runs import failures
from harness.runs.config import Options, Override, Settings, options
from harness.runs.plan import Request, cells_of
from harness.runs.portable import portable
from harness.runs.run import execute

TEXTS = {".md", ".json", ".jsonl", ".csv", ".html", ".yaml", ".txt", ".tex"}
OF_A_MACHINE = re.compile(r"(?<![\w.])/(home|root|Users|mnt|tmp|opt|work|var)/\w")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("bert-base-chinese", "bert-base-chinese"), ("weights/bert", "weights/bert"), (3, 3),
        ("/data/secret/bert", "bert"), ("~/secret/bert", "bert"), ("", ""), (None, None),
    ],
)  # fmt: skip
def test_an_absolute_path_is_known_by_its_last_name(value, shown):
    assert portable(value) == shown


def test_a_name_that_is_no_utf8_is_shown_by_its_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode("任务.yaml".encode("gbk"))
    for value in (name, str(tmp_path / name), f"/elsewhere/{name}"):
        assert portable(value) == r"\udcc8\udcce\udcce\udcf1.yaml"


def test_below_the_working_directory_it_is_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert portable(str(tmp_path / "weights" / "bert")) == "weights/bert"


class Model:
    def __init__(self, context, *, model: str = "") -> None: ...


def test_the_name_of_a_row_holds_none(tmp_path):
    made = options("model", Model, "tiny", [Override("", "model", str(tmp_path / "bert"))])
    assert made.variant == "model=bert"
    assert made.values["model"] == str(tmp_path / "bert"), "the run itself needs it"


def test_no_page_that_is_published_holds_one():
    """Results, tables and tasks of this tree; a place in a sentence about paths is none."""
    pages = [path for top in ("results", "configs", "prompts") for path in (ROOT / top).rglob("*")]
    pages = [path for path in pages if path.suffix in TEXTS and path.is_file()]
    assert len(pages) > 20
    for path in pages:
        assert not OF_A_MACHINE.search(path.read_text(encoding="utf-8")), path


def test_no_file_of_a_run_and_no_folder_holds_one(tmp_path):
    task = str(tiny_task.make(tmp_path / "secret"))
    plugin = Plugin("dictionary", "backends.dictionary:Dictionary", "ner-harness", "0.1.0")
    request = Request((task,), (), (1,), ("tiny",), (), Settings(), tmp_path / "results")
    pairs = [(plugin, Options("tiny", {"shortest": 2}, ""))]
    (cell,) = cells_of(request, task, load(task), pairs)
    execute(cell, lambda progress: None)
    for path in cell.folder.rglob("*.json*"):
        assert str(tmp_path) not in path.read_text(encoding="utf-8"), path.name
    record = json.loads((cell.folder / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["task_file"] == "tiny.yaml"
    assert "secret" not in str(cell.folder.relative_to(tmp_path))


def _twice(run, other):
    shutil.copytree(run, other)


def _seed_again(run, other):
    shutil.copytree(run, other)
    change(other / "run.json", "digest", to="f" * 64)


def _another_answer(run, other):
    write_run(other.parent.parent, rate=0.4, sentences=6).rename(other)


def _another_seed(run, other):
    shutil.copytree(run, other)
    change(other / "run.json", "seed", to=42)


def _another_answer_of_the_row(run, other):
    _another_answer(run, other)
    change(other / "run.json", "digest", to="f" * 64)


def _unreadable_answers(run, other):
    _twice(run, other)
    (other / "predictions.jsonl").write_text("{", encoding="utf-8")


def _unreadable_history(run, other):
    shutil.move(run, other)
    (other / "history.jsonl").write_text("{", encoding="utf-8")
    seal(other)


def _failure(run, other):
    """As a run with an absolute folder of results recorded it."""
    _twice(run, other)
    (other / "metrics.json").unlink()
    (other / "failed.json").write_text(
        json.dumps({"error": f"no (traceback in {other}/error.log)"})
    )


ODDITIES = (_twice, _seed_again, _another_answer, _another_seed, _another_answer_of_the_row,
            _unreadable_answers, _failure)  # fmt: skip


@pytest.fixture
def pair(tmp_path, request):
    """A run, another one in a folder of the same name that goes ill with it, and a third folder."""
    run = write_run(tmp_path / "a", sentences=6)
    other = tmp_path / "b" / "demo" / run.name
    other.parent.mkdir(parents=True)
    request.param(run, other)
    (tmp_path / "elsewhere").mkdir()
    return run.name


@pytest.mark.parametrize("pair", ODDITIES, indirect=True)
@pytest.mark.parametrize("form", ["markdown", "html", "json", "csv", "latex"])
def test_no_table_holds_one(tmp_path, pair, form):
    out, _ = called("leaderboard", tmp_path, "--format", form, folder=tmp_path / "elsewhere")
    assert "demo" in out
    assert str(tmp_path) not in out.replace("\\", "")


@pytest.mark.parametrize("pair", ODDITIES[:5], indirect=True)
@pytest.mark.parametrize("here", [".", "elsewhere"])
def test_two_folders_of_one_name_are_told_apart(tmp_path, pair, here):
    out, _ = called("leaderboard", tmp_path, folder=tmp_path / here)
    (notice, *_) = (line for line in out.splitlines() if "Not used: " in line)
    told = notice.replace("\\", "").partition(": ")[2]
    assert f" in a/demo/{pair}" in told or f" in b/demo/{pair}" in told


def test_no_notice_of_the_analysis_holds_one(tmp_path):
    for seed in (1, 2):
        write_run(tmp_path / "a", seed=seed, sentences=6)
    run = next((tmp_path / "a" / "demo").iterdir())
    _unreadable_history(run, run.with_name("odd"))
    _, messages = called("analyse", tmp_path, folder=tmp_path)
    assert "history.jsonl, line 1" in messages
    assert str(tmp_path) not in messages


def test_no_record_of_a_failure_holds_the_place_of_its_folder(tmp_path):
    cell = SimpleNamespace(folder=tmp_path / "demo" / "run", about={})
    cell.folder.mkdir(parents=True)
    failures.record(cell, failures.failure_of(ValueError("loss is nan"), cell.folder))
    record = (cell.folder / "failed.json").read_text(encoding="utf-8")
    assert "traceback in run/error.log" in record
    assert str(tmp_path) not in record


def test_a_run_on_a_file_whose_name_is_no_utf8_is_stored_and_read(tmp_path):
    named = Path(os.fsdecode(bytes(tmp_path) + b"/\xc8\xce.yaml"))
    try:
        tiny_task.make(tmp_path).rename(named)
    except OSError:
        pytest.skip("this file system takes no such name")
    plugin = Plugin("dictionary", "backends.dictionary:Dictionary", "ner-harness", "0.1.0")
    request = Request((str(named),), (), (1,), ("tiny",), (), Settings(), tmp_path / "results")
    pairs = [(plugin, Options("tiny", {"shortest": 2}, ""))]
    (cell,) = cells_of(request, str(named), load(str(named)), pairs)
    execute(cell, lambda progress: None)
    assert verify.check(reader.read([cell.folder])).runs
