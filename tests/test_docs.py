"""The documents say what the tree holds."""

import re
from pathlib import Path

import pytest

from harness.data.task import load
from harness.errors import DataError
from harness.resources import folder
from harness.studies.foreign_rules import RULES
from harness.studies.rule_ceilings import lines

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_contributing_prints_the_plugin_that_the_tests_install():
    plugin = ROOT / "tests" / "plugin"
    assert (plugin / "ner_gazetteer" / "__init__.py").read_text(encoding="utf-8") in CONTRIBUTING
    assert (plugin / "pyproject.toml").read_text(encoding="utf-8") in CONTRIBUTING


def test_the_tree_in_readme_is_the_tree():
    block = re.search(r"```\n(README\.md .*?)```", README, re.DOTALL).group(1)
    named = {line.split()[0].rstrip("/") for line in block.splitlines() if line[:1].strip()}
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert named <= there
    for needed in ("harness", "backends", "prompts", "configs", "results", "tests", "benchmarks"):
        assert needed in named


def test_every_file_that_readme_links_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_file_that_the_first_page_of_docs_links_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", DOCS):
        assert (ROOT / "docs" / target).exists(), target


def columns(table):
    """The columns of a pipe table by their heads."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {head: cells for head, _, *cells in zip(*rows, strict=True)}


COMMAND, *TABLE = re.search(r"<!-- (python .*?)<!-- end -->", DOCS, re.DOTALL)[1].splitlines()
TASKS = list(columns(TABLE))[1:]


def test_the_table_of_docs_has_the_tasks_of_the_command_above_it():
    assert f"python -m harness oracle --rules --task {' '.join(TASKS)} -->" == COMMAND
    assert TASKS[0] == "demo"


@pytest.mark.parametrize(
    "task", ["demo", *(pytest.param(t, marks=pytest.mark.slow) for t in TASKS[1:])]
)
def test_the_table_of_docs_holds_what_the_command_prints(task):
    """The demo everywhere, the other sets where they are."""
    try:
        load(task)
    except DataError:
        assert task != "demo"
        pytest.skip(f"the data of {task} is not here")
    printed = columns(list(lines([task], None))[: len(RULES) + 3])
    shown = columns(TABLE)
    assert shown["rule"] == printed["rule"]
    assert shown[task] == printed[task]


def test_docs_say_what_each_rule_does_in_the_words_of_the_program():
    described = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", DOCS, re.MULTILINE)
    assert described[-len(RULES) :] == [(rule.name, rule.meaning) for rule in RULES]


def test_readme_sets_up_with_two_commands_and_the_second_is_what_ci_runs():
    commands = re.findall(r"^(pip install .*)$", README, re.MULTILINE)
    assert len(commands) == 2
    assert "python -m harness run --backend" in commands[0]
    assert "pytest" in commands[1]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((folder("configs") / "backends").glob("*.yaml")), ids=str)
def test_every_preset_is_accepted_by_its_backend(path):
    from harness import registry
    from harness.runs import config

    name, preset, _ = path.name.split(".")
    options = config.options(name, registry.find(name).load(), preset, ())
    assert options.preset == preset
