"""The example for GLiNER models, installed and used as an outsider would, with a real checkpoint.

The library asks for another release of transformers than CI installs, so CI has not got it:
``pip install --no-deps gliner`` brings it.
"""

import importlib.util
import json
import re
import subprocess
import sys

import pytest
import tiny_task
from plugin_site import installed
from program import TREE, harness

pytestmark = pytest.mark.slow
MISSING = importlib.util.find_spec("gliner") is None
needs_library = pytest.mark.skipif(MISSING, reason="needs `pip install --no-deps gliner`")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder to be put on the path, into which pip installed the example."""
    return installed(tmp_path_factory.mktemp("installed"), TREE / "examples" / "gliner")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    made = (
        "import sys; from pathlib import Path; from tiny_gliner import made_checkpoint;"
        "print(made_checkpoint(Path(sys.argv[1])))"
    )
    folder = tmp_path_factory.mktemp("gliner")
    done = subprocess.run(
        [sys.executable, "-c", made, folder], cwd=TREE / "tests", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


@pytest.mark.skipif(not MISSING, reason="the library is installed")
def test_without_the_library_it_says_what_to_install(site, tmp_path):
    _, said = harness("run", "--backend", "gliner", folder=tmp_path, paths=[site], code=5)
    assert "pip install gliner" in said


@needs_library
def test_it_keeps_every_promise(site, checkpoint, tmp_path):
    out, _ = harness(
        "check", "--backend", "gliner", "--set", f"model={checkpoint}", "--time-limit", 10,
        folder=tmp_path, paths=[site],
    )  # fmt: skip
    assert "broken" not in out
    assert re.search(r"\d+ checks: \d+ ok, \d+ n/a", out)


def described(folder, **labels):
    """A task file that says to a model in words what its labels mean."""
    path = tiny_task.make(folder)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"descriptions: {json.dumps(labels, ensure_ascii=False)}\n")
    return path


def found(folder):
    """The entities of each test sentence of the only run below ``folder``, by text."""
    (path,) = folder.glob("results/tiny/gliner*/predictions.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {"".join(row["units"]): row["tags"] for row in rows}


def asked(folder, site, checkpoint, **labels):
    """What a run finds whose task describes its labels so."""
    folder.mkdir()
    out, _ = harness(
        "run", "--task", described(folder, **labels), "--seed", 1, "--backend", "gliner",
        "dictionary", "--set", f"gliner.model={checkpoint}", folder=folder, paths=[site],
    )  # fmt: skip
    return out, found(folder)


RIGHT = ["B-PER", "I-PER", "O", "O", "B-LOC", "I-LOC", "O"]
SWAPPED = ["B-LOC", "I-LOC", "O", "O", "B-PER", "I-PER", "O"]


@needs_library
def test_the_names_of_labels_are_what_it_is_asked_for(site, checkpoint, tmp_path):
    """No label was learned here: what a label means is what the task file says of it."""
    table, tags = asked(tmp_path / "a", site, checkpoint, PER="人名", LOC="地名")
    assert "| gliner" in table
    assert "Certificate: " in table
    assert tags["李四去了北京。"] == RIGHT
    _, tags = asked(tmp_path / "b", site, checkpoint, PER="地名", LOC="人名")
    assert tags["李四去了北京。"] == SWAPPED


@needs_library
def test_its_ceiling_is_what_the_checkpoint_can_name(site, checkpoint, tmp_path):
    """It names entities of up to twelve units; a longer one is lost, and said to be."""
    task = tiny_task.make(tmp_path)
    command = ("oracle", "--task", task, "--backend", "gliner", "--set", f"model={checkpoint}")
    out, _ = harness(*command, folder=tmp_path, paths=[site])
    assert "100.00" in out
    long = [("张三在上海市浦东新区世纪大道一号。", "B_PER I_PER O B_LOC " + "I_LOC " * 12 + "O")]
    tiny_task.write_split(tmp_path / "data", "test", long)
    out, _ = harness(*command, folder=tmp_path, paths=[site])
    assert "100.00" not in out


@needs_library
def test_a_checkpoint_that_is_not_whole_is_refused(site, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "gliner_config.json").write_text("{}", encoding="utf-8")
    _, said = harness(
        "run", "--task", tiny_task.make(tmp_path), "--backend", "gliner", "--seed", 1,
        "--set", f"model={tmp_path / 'broken'}", folder=tmp_path, paths=[site], code=4,
    )  # fmt: skip
    assert "no GLiNER checkpoint could be read from" in said
