"""``predict`` takes raw lines: its offsets are those of the line as given."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_task
from plugin_site import made_site
from program import called, harness
from reading import task_file, write_parallel

from harness import api
from harness.core import Span
from harness.errors import DataError
from harness.runs.predict import lines_of

pytestmark = pytest.mark.slow
WORDS = {
    "train": [("Kim lives in New York .", (Span(0, 1, "PER"), Span(3, 5, "LOC")))] * 2,
    "dev": [("New York", (Span(0, 2, "LOC"),))],
    "test": [("Kim left .", (Span(0, 1, "PER"),))],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A finished run of the dictionary on characters, and one on words."""
    folder = tmp_path_factory.mktemp("runs")
    corpus = {n: [(s.split(" "), spans) for s, spans in rows] for n, rows in WORDS.items()}
    write_parallel(folder, corpus)
    words = task_file(folder, joiner=" ", language="en", name="words")
    tasks = [tiny_task.make(folder / "tiny"), words]
    harness("run", "--backend", "dictionary", "--task", *tasks, "--seed", 1, folder=folder)
    return {one.run.data.task: one.folder for one in api.read(folder / "results").runs}


def test_offsets_are_of_the_line_whatever_blanks_and_marks_it_has(folders):
    line = "  Kim, of  New York,left."
    (tagged,) = api.predict(folders["words"], [line])
    assert [(e.start, e.end, e.label) for e in tagged.entities] == [(2, 5, "PER"), (11, 19, "LOC")]
    assert [e.text for e in tagged.entities] == [line[e.start : e.end] for e in tagged.entities]
    assert len(tagged.tags) == len(tagged.line.units) == 8


def test_words_of_a_line_that_is_cut_already_are_taken_as_they_stand(folders, tmp_path):
    (tmp_path / "cut.txt").write_text("Kim, New York\n", encoding="utf-8")
    asked = ("predict", folders["words"], "cut.txt")
    out, err = called(*asked, folder=tmp_path)
    assert out == "B_PER O B_LOC I_LOC\n"
    assert "'Kim,' into Kim ,; `--units spaces`" in err
    out, err = called(*asked, "--units", "spaces", folder=tmp_path)
    assert (out, err) == ("O B_LOC I_LOC\n", "")


def test_a_users_own_function_cuts_lines(folders):
    def halves(line):
        yield 0, len(line) // 2
        yield len(line) // 2, len(line)

    (tagged,) = api.predict(folders["words"], ["KimKim"], units=halves)
    assert [(e.start, e.end, e.text) for e in tagged.entities] == [(0, 3, "Kim"), (3, 6, "Kim")]


def test_units_with_spaces_are_warned_of_and_can_be_read(folders, tmp_path):
    (tmp_path / "train.txt").write_text("李 四 去 了 北 京\n", encoding="utf-8")
    asked = ("predict", folders["tiny"], "train.txt", "--json")
    out, err = called(*asked, folder=tmp_path)
    assert json.loads(out)["entities"] == []
    assert "warning: 1 of 1 lines are single characters with spaces between them" in err
    out, err = called(*asked, "--units", "spaces", folder=tmp_path)
    found = json.loads(out)
    assert (found["text"], err) == ("李 四 去 了 北 京", "")
    assert [(e["start"], e["end"], e["text"]) for e in found["entities"]] == [
        (0, 3, "李 四"),
        (8, 11, "北 京"),
    ]


def test_a_dash_reads_standard_input(folders):
    command = [sys.executable, "-m", "harness", "predict", folders["tiny"], "-", "--json"]
    done = subprocess.run(command, input="李四\n".encode(), capture_output=True, check=True)
    assert json.loads(done.stdout)["entities"] == [
        {"start": 0, "end": 2, "label": "PER", "text": "李四"}
    ]


TALKING = """
from harness.core import Tags
from harness.protocol import FitReport, Progress

class Backend:
    family = "talking"

    def __init__(self, context, *, option: int = 1):
        self.context = context

    def fit(self, train, dev):
        return FitReport(weights="none", parameters=0, trained=0)

    def predict(self, sentences):
        print("a word of the plugin")
        self.context.report(Progress("predict", 1, 1, note="halfway", line=True))
        return [Tags(("O",) * len(one)) for one in sentences]

    def save(self, folder):
        (folder / "nothing").write_text("")

    def load(self, folder):
        pass
"""


def test_progress_and_what_a_plugin_prints_are_on_stderr(tmp_path):
    site = made_site(tmp_path, {"talking": TALKING})
    task = tiny_task.make(tmp_path)
    run = ("run", "--backend", "talking", "--task", task, "--seed", 1)
    harness(*run, folder=tmp_path, paths=[site])
    (folder,) = (tmp_path / "results" / "tiny").iterdir()
    (tmp_path / "raw.txt").write_text("李四\n", encoding="utf-8")
    out, told = harness("predict", folder, "raw.txt", folder=tmp_path, paths=[site])
    assert out == "O O\n"
    assert "a word of the plugin" in told
    assert "halfway" in told
    _, told = harness("predict", folder, "raw.txt", "--quiet", folder=tmp_path, paths=[site])
    assert "halfway" not in told


def test_a_program_without_a_standard_input_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="cannot read -: standard input is closed"):
        lines_of(Path("-"))
