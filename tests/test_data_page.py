"""The page on data holds the keys and checks that the program has, and examples that it reads."""

import re
from pathlib import Path

import pytest
import refresh
import yaml
from program import called

from harness.data import readers
from harness.data.cutting import cut, words
from harness.data.lint.registry import CHECKS
from harness.data.readers import jsonl
from harness.data.taskfile import Carve, Files, Hub, TaskFile, load

PAGE = refresh.DATA.read_text(encoding="utf-8")


def fenced(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_its_tables_are_made_of_the_program():
    assert refresh.data_page(PAGE) == PAGE, "run `python docs/refresh.py`"
    assert all(f"| `{name}` |" in PAGE for name in CHECKS)


@pytest.mark.parametrize("model", [TaskFile, Files, Carve, Hub])
def test_every_key_of_a_task_file_says_what_it_is(model):
    assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize("text", fenced("yaml"))
def test_its_task_files_can_be_loaded(text, tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(text, encoding="utf-8")
    assert load(path).name == yaml.safe_load(text)["name"]


def test_its_lines_of_json_are_read_without_a_problem(tmp_path):
    (text,) = fenced("json")
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    found = readers.read(jsonl.JsonlSource(tmp_path / "a.jsonl"))
    assert found.problems == ()
    assert len(found.records) == len(text.splitlines())


@pytest.mark.parametrize("example", "".join(fenced("text")).splitlines())
def test_lines_are_cut_as_it_says(example):
    line, units = re.split(" {2,}", example)
    assert "|".join(cut(line, words).units) == units


# What asks a hub needs a network: ``tests/harness/data/test_hub_task.py``.
COMMANDS = [line for line in "".join(fenced("bash")).splitlines() if "hub:" not in line]


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run(command, tmp_path):
    called(*command.removeprefix("python -m harness ").split(), folder=tmp_path)


def test_every_file_that_it_links_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (Path(refresh.DATA).parent / target).exists(), target
