"""The examples of plugins, each installed and used as an outsider would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_task
from plugin_site import installed
from program import OFFLINE, TREE, harness

from harness.runs.child import GRACE

EXAMPLES = TREE / "examples"
NAMES = ("hidden-markov", "lstm", "broken")
EXAMPLE_BACKENDS = ("hidden-markov", "lstm")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder to be put on the path, into which pip installed all of them."""
    return installed(tmp_path_factory.mktemp("installed"), *(EXAMPLES / name for name in NAMES))


@pytest.fixture
def task(tmp_path):
    return tiny_task.make(tmp_path)


def rows(out):
    """The F1 of each row of a printed leaderboard."""
    table = [line.replace("*", "") for line in out.splitlines() if line[:1] == "|"]
    head, _, *lines = [[cell.strip() for cell in line.split("|")] for line in table]
    name, f1 = head.index("backend"), head.index("F1")
    return {cells[name].split()[0]: cells[f1] for cells in lines}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLE_BACKENDS)
def test_an_example_keeps_every_promise(site, tmp_path, name):
    out, _ = harness("check", "--backend", name, folder=tmp_path, paths=[site])
    assert "broken" not in out
    assert re.search(r"\d+ checks: \d+ ok, \d+ n/a", out)


@pytest.mark.slow
def test_examples_run_beside_a_built_in_backend_and_predict(site, task):
    folder = task.parent
    out, _ = harness(
        "run", "--task", task, "--seed", 1, "--backend", *EXAMPLE_BACKENDS, "dictionary",
        "--set", "lstm.epochs=3", folder=folder, paths=[site],
    )  # fmt: skip
    assert set(rows(out)) == {*EXAMPLE_BACKENDS, "dictionary"}
    assert "Certificate: " in out
    run = next((folder / "results" / "tiny").glob("hidden-markov*"))
    (folder / "text.txt").write_text("张三去了上海。\n", encoding="utf-8")
    out, _ = harness("predict", run, folder / "text.txt", folder=folder, paths=[site])
    assert len(out.split()) == 7


@pytest.mark.slow
def test_a_distribution_brings_presets(site, task):
    out, _ = harness("list", folder=task.parent, paths=[site])
    (line,) = (line for line in out.splitlines() if line.split()[:1] == ["lstm"])
    assert line.endswith("small, tiny")
    out, _ = harness(
        "run", "--task", task, "--backend", "lstm", "--preset", "small", "--dry-run",
        folder=task.parent, paths=[site],
    )  # fmt: skip
    assert "width: 256" in out
    _, messages = harness(
        "run", "--task", task, "--backend", "lstm", "--preset", "base", folder=task.parent,
        paths=[site], code=2,
    )  # fmt: skip
    assert "backend 'lstm' has no preset 'base'; it has: small, tiny" in messages


BROKEN = {
    "broken-import": "ended its process as it was imported (exit code 0)",
    "broken-options": "option 'width' needs a type and a default",
    "broken-fit": "fit of backend 'broken-fit' called sys.exit(0); it has to raise",
    "broken-answers": "1 tags for",
    "broken-crash": "the process of the run died (signal 11)",
    "broken-endless": "not done within the time limit",
}
# The program, but for the seconds that a run has to end by itself once it was asked to.
HASTY = (
    "import sys; import harness.runs.grid as grid; grid.GRACE = 1.0\n"
    "from harness.cli import main; main()"
)


@pytest.mark.slow
def test_one_that_breaks_every_rule_is_named_and_harms_nobody(site, task):
    assert GRACE > 1
    path = os.pathsep.join(map(str, (OFFLINE, site, TREE)))
    done = subprocess.run(
        [sys.executable, "-c", HASTY, "run", "--task", task, "--seed", "1", "--backend", *BROKEN,
         "hidden-markov", "--time-limit", "0.25"],
        cwd=task.parent, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    for name, words in BROKEN.items():
        assert name in done.stderr
        assert words in done.stderr
    found = rows(done.stdout)
    alone, _ = harness(
        "run", "--task", task, "--seed", 1, "--backend", "hidden-markov", "-o", "alone",
        folder=task.parent, paths=[site],
    )  # fmt: skip
    assert found["hidden-markov"] == rows(alone)["hidden-markov"]
    assert "| 1 | broken-fit | 100.00 |" not in done.stdout
    assert "| 1 | broken-fit | 100.00 |" in done.stderr
    assert "printed at import" not in done.stdout
    assert "Traceback" not in done.stderr
    assert not [pid for pid in Path("/proc").glob("[0-9]*") if str(site) in environment(pid)]


def environment(process):
    """The environment of a process of ours that runs; empty if it has ended."""
    try:
        ended = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return "" if ended else (process / "environ").read_text(errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_told_of(name):
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"]({name})" in listed


def test_the_neural_example_has_a_network_of_forty_lines_and_no_loop():
    source = (EXAMPLES / "lstm" / "ner_lstm" / "__init__.py").read_text(encoding="utf-8")
    code = source[source.index("class Network") :]
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
    assert "optim" not in code
    assert "backward" not in code
