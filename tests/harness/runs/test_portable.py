"""No path of one machine is stored or printed."""

import json
import os
import re
from pathlib import Path

import pytest
import tiny_task
from program import ROOT

from harness.data.task import load
from harness.registry import Plugin
from harness.results import reader, verify
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
