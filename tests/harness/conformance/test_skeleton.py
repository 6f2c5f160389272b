"""``new-backend`` writes a distribution that installs, is checked, and whose own tests pass."""

import subprocess
import sys

import pytest
from plugin_site import installed
from program import OFFLINE, TREE, called, harness

from harness.errors import ConfigError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What the command wrote for ``my-model``, and a folder in which it is installed."""
    folder = tmp_path_factory.mktemp("new")
    out, messages = called("new-backend", "my-model", folder=folder)
    assert "pip install -e ner-my-model && python -m harness check --backend my-model" in messages
    written = [folder / line for line in out.split()]
    return written, installed(folder / "site", folder / "ner-my-model")


@pytest.mark.slow
def test_it_writes_what_a_distribution_has(made):
    written, site = made
    assert [path.name for path in written] == [
        "pyproject.toml", "README.md", "__init__.py", "test_my_model.py",
    ]  # fmt: skip
    assert not [path for path in written if "$" in path.read_text(encoding="utf-8")]
    assert (site / "ner_my_model" / "__init__.py").is_file()


@pytest.mark.slow
def test_its_own_tests_pass_and_they_are_the_checks(made, tmp_path):
    written, site = made
    path = ":".join(map(str, (OFFLINE, site, TREE)))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", written[-1]],
        cwd=tmp_path, env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.slow
def test_it_is_listed_with_its_option(made, tmp_path):
    out, _ = harness("list", "my-model", folder=tmp_path, paths=[made[1]])
    assert "least     int >= 1  1          how often a unit must have been seen" in out


@pytest.mark.slow
def test_the_code_is_what_the_house_asks_of_code(made):
    command = [sys.executable, "-m", "ruff", "check", "--config", TREE / "pyproject.toml", "-q"]
    source = made[0][2]
    done = subprocess.run([*command, source], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_a_name_that_cannot_be_one_or_is_taken_is_refused(tmp_path):
    for name, said in (
        ("My Model", "cannot be the name of a backend"),
        ("all", "'all' cannot be the name of a backend: it means something else"),
        ("none", "'none' cannot be the name of a backend: it means something else"),
        ("dictionary", "offers a backend 'dictionary' already; choose another name"),
    ):
        _, messages = called("new-backend", name, folder=tmp_path, code=ConfigError.exit_code)
        assert said in messages
    assert not list(tmp_path.iterdir())


def test_nothing_that_is_there_is_written_over(tmp_path):
    (tmp_path / "ner-mine").mkdir()
    (tmp_path / "ner-mine" / "notes").write_text("mine")
    _, messages = called("new-backend", "mine", folder=tmp_path, code=ConfigError.exit_code)
    assert "ner-mine is there already; name another one with -o FOLDER" in messages
    assert [path.name for path in (tmp_path / "ner-mine").iterdir()] == ["notes"]
    called("new-backend", "mine", "-o", "other", folder=tmp_path)
    assert (tmp_path / "other" / "pyproject.toml").is_file()
