"""The public interface: all that the command line does with runs, and no more weight."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import stored_runs
import tiny_task
from program import called

import harness
from harness import api
from harness.errors import ConfigError
from harness.leaderboard.render import SUFFIXES

ROOT = Path(__file__).parents[2]


def python(script, folder, code=0):
    """What a script of a user prints; ``code`` is its exit code."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(path)], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


def test_import_harness_imports_itself_and_the_standard_library(tmp_path):
    code = (
        "import sys; before = set(sys.modules); import harness\n"
        "new = {name for name in set(sys.modules) - before}\n"
        "print(sorted(n for n in new if n.partition('.')[0] not in sys.stdlib_module_names))\n"
        "harness.run\n"
        "print('harness.api' in sys.modules, 'pydantic' in sys.modules, 'torch' in sys.modules)\n"
    )
    first, second = python(code, tmp_path)[0].splitlines()
    assert first == "['harness', 'harness.version']"
    assert second == "True False False"


def test_each_public_name_is_that_of_the_interface_and_says_what_it_does():
    assert set(harness.__all__) <= set(dir(harness))
    for name in set(harness.__all__) - {"__version__", "errors"}:
        assert getattr(harness, name) is getattr(api, name)
        assert getattr(harness, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        harness.train  # noqa: B018


def test_the_errors_that_are_raised_are_at_hand(tmp_path):
    """Also in a program that has imported nothing of the harness but its name."""
    code = (
        "import harness\n"
        "try:\n    harness.plan('demo', 'dictionry')\n"
        "except harness.errors.ConfigError as error:\n    print(error)\n"
    )
    assert "did you mean 'dictionary'" in python(code, tmp_path)[0]


# Not guarded by ``if __name__ == "__main__"``: the child processes must not run it again.
SCRIPT = """
import harness

results = harness.run("tiny.yaml", ["dictionary"], seeds=[13, 42], options={"limit": 3})
print(len(results.runs), {one.run.settings["limit"] for one in results.runs})
print(harness.render(harness.build_leaderboard(results)))
for line in harness.predict(results.runs[0].folder, ["张三在北京。", ""]):
    print(line.entities)
again = harness.plan("tiny.yaml", "dictionary", seeds=[13, 42], options={"limit": 3})
print(again.results() == results, again.run(workers=1) == results)
"""


@pytest.mark.slow
def test_a_run_a_table_and_predictions_from_a_script(tmp_path):
    tiny_task.make(tmp_path)
    printed, messages = python(SCRIPT, tmp_path)
    assert messages == ""
    first, *table, tagged, empty, again = printed.splitlines()
    assert first == "2 {3}"
    assert any(line.startswith("| rank |") or "| backend" in line for line in table)
    assert "Entity(start=0, end=2, label='PER', text='张三', confidence=None)" in tagged
    assert empty == "()"
    assert again == "True True"


FAILING = """
import pathlib
import harness
from harness.errors import HarnessError

experiment = harness.plan(["tiny.yaml", "other/tiny.yaml"], "dictionary", seeds=[13])
pathlib.Path("other/data/test.txt").unlink()
try:
    experiment.run()
except HarnessError as error:
    print(type(error).__name__, "other" in str(error), "test.txt" in str(error))
print([one.run.data.task for one in experiment.results().runs])
"""


@pytest.mark.slow
def test_a_run_that_fails_is_raised_and_the_others_are_kept(tmp_path):
    tiny_task.make(tmp_path)
    other = tiny_task.make(tmp_path / "other")
    other.write_text(other.read_text().replace("name: tiny", "name: other"))
    printed, _ = python(FAILING, tmp_path)
    assert printed.splitlines() == ["GridError True True", "['tiny']"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"backends": "bert-crff"}, "bert-crff"),
        ({"backends": "dictionary", "options": {"limits": 3}}, "limits"),
        ({"backends": "dictionary", "options": {"threads": "two"}}, "threads"),
        ({"backends": "dictionary", "options": {"gpt.epochs": 3}}, "gpt"),
        ({"backends": "dictionary", "preset": "huge"}, "huge"),
    ],
    ids=str,
)
def test_what_was_asked_wrongly_is_one_error_before_anything_is_written(tmp_path, asked, words):
    with pytest.raises(ConfigError, match=words):
        harness.plan("demo", output=tmp_path / "results", **asked)
    assert not (tmp_path / "results").exists()


@pytest.fixture
def results(tmp_path):
    stored_runs.write_row(tmp_path / "results", "dictionary")
    return harness.read(tmp_path / "results")


def test_read_takes_one_folder_or_several(results, tmp_path):
    folders = [one.folder for one in results.runs]
    assert len(folders) == 3
    assert harness.read(folders) == results
    assert harness.read(str(tmp_path / "results")) == results


@pytest.mark.parametrize("form", SUFFIXES)
def test_a_table_is_what_the_command_prints(results, tmp_path, form):
    table = harness.build_leaderboard(results, columns=["system", "f1"], published=False)
    printed, _ = called(
        "leaderboard", "results", "--format", form, "--column", "system", "f1", "--no-published",
        folder=tmp_path,
    )  # fmt: skip
    assert harness.render(table, form) == printed


def test_a_format_that_does_not_exist_is_named_with_those_that_do(results):
    with pytest.raises(ConfigError, match=r"'pdf'.*markdown, latex"):
        harness.render(harness.build_leaderboard(results), "pdf")


@pytest.mark.slow
def test_a_type_checker_sees_the_types_behind_the_names(tmp_path):
    from mypy import api as mypy

    script = tmp_path / "typed.py"
    script.write_text(
        "import harness\n"
        "results = harness.run('demo', 'dictionary')\n"
        "reveal_type(results)\n"
        "reveal_type(harness.build_leaderboard(results))\n"
        "reveal_type(harness.predict('x', ['y'])[0].entities)\n"
        "harness.run('demo', 'dictionary', sedes=[1])\n"
    )
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    found = mypy.run([*config, str(script)])[0]
    assert '"harness.results.reader.Results"' in found
    assert '"harness.leaderboard.table.Leaderboard"' in found
    assert '"tuple[harness.runs.predict.Entity, ...]"' in found
    assert 'Unexpected keyword argument "sedes"' in found


def test_one_seed_may_stand_for_a_list_of_one(tmp_path):
    task = str(tiny_task.make(tmp_path))
    one, listed = (
        api.plan(task, "dictionary", seeds=seeds, output=tmp_path) for seeds in (13, [13])
    )
    assert [cell.digest for cell in one.cells] == [cell.digest for cell in listed.cells]


def test_one_text_is_no_list_of_lines(tmp_path):
    with pytest.raises(ConfigError, match=r"lines: expected several, found one text"):
        api.predict(tmp_path, "张三在北京工作")
