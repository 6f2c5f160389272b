"""The rooms of the house hold: each wrong import that was once planted and passed is refused."""

import ast
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = "Rooms of harness"
FAMILIES = "Rooms of backends"
KNOWN = "Backends know"
MODELS = "The fair part knows no model library"
CIRCLE = "No circle"

PLANTED = [
    ("harness.core", "harness.leaderboard.render", ROOMS),
    ("harness.statistics.ranking", "harness.report.page", ROOMS),
    ("harness.comparability.certificate", "harness.leaderboard.build", ROOMS),
    ("harness.generation.repair", "harness.scoring.counting", ROOMS),
    ("harness.data.windows", "harness.results.record", ROOMS),
    ("harness.results.store", "harness.runs.plan", ROOMS),
    ("harness.analysis.taxonomy", "harness.archive.merging", ROOMS),
    ("harness.runs.run", "harness.leaderboard.table", ROOMS),
    ("harness.pretraining.stream", "harness.archive.merging", ROOMS),
    ("harness.pretraining.stream", "torch", MODELS),
    ("harness.scoring.score", "torch", MODELS),
    ("backends.dictionary", "harness.archive.external", KNOWN),
    ("backends.training.loop", "harness.results.record", KNOWN),
    ("backends.decoder", "backends.encoder", FAMILIES),
    ("backends.training.losses", "backends.tagging.crf", FAMILIES),
    ("harness.data.schemes", "harness.data.task", CIRCLE),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the tree's Python files, to plant imports in."""
    folder = tmp_path_factory.mktemp("house")
    only_python = shutil.ignore_patterns("__pycache__", "*.j2", "*.json", "*.js", "*.css")
    for package in ("harness", "backends"):
        shutil.copytree(ROOT / package, folder / package, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken(folder):
    """The contracts that import-linter reports as broken in ``folder``."""
    code = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{code}; lint_imports_command()"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if " BROKEN" in line]


def test_the_tree_as_it_stands_keeps_every_contract(house):
    assert broken(house) == []


@pytest.mark.parametrize(("module", "imported", "contract"), PLANTED)
def test_a_planted_import_is_refused(house, module, imported, contract):
    path = house.joinpath(*module.split(".")).with_suffix(".py")
    clean = path.read_text(encoding="utf-8")
    path.write_text(f"{clean}\nimport {imported}\n", encoding="utf-8")
    try:
        assert any(contract in line for line in broken(house))
    finally:
        path.write_text(clean, encoding="utf-8")


def test_a_room_that_no_layer_names_is_refused(house):
    room = house / "harness" / "attic.py"
    room.write_text('"""A module outside of the plan."""\n', encoding="utf-8")
    try:
        assert any(ROOMS in line for line in broken(house))
    finally:
        room.unlink()


def test_no_public_class_name_has_two_owners():
    """A name stands for one idea, wherever it is read."""
    files = [path for room in ("harness", "backends") for path in (ROOT / room).rglob("*.py")]
    owners = Counter(
        node.name
        for path in files
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, times in owners.items() if times > 1] == []
