"""From which epoch on a generator writes what it is asked for: seen on dev, recorded, a column."""

import json
import re

import pytest
import stored_runs
import tiny_task
from program import called, harness

from harness.core import Example, PlacedEntity, Sentence, Spans, Tags, Text
from harness.data.windows import WindowPolicy
from harness.protocol import DevScore, Epoch, FitReport
from harness.results.run_record import TrainingCourse
from harness.runs.handout import DevScorer
from harness.runs.recording import course_of
from harness.tags import tag_set

SENTENCES = tuple(Sentence(str(i), ("东", "西")) for i in range(4))
RIGHT, CUT_OFF = Text("东 O 西 O", "char-tag"), Text("东 O", "char-tag")
OUT = Tags(("O", "O"))
OVERLAP = Spans((PlacedEntity(0, 1, "PER"), PlacedEntity(0, 2, "PER")))


def scored(*outputs):
    """The score of answers to four sentences of dev."""
    examples = tuple(Example(sentence, ()) for sentence in SENTENCES)
    windows = WindowPolicy().cut_all(SENTENCES)
    return DevScorer(examples, windows, tag_set(["PER"]), ("PER",))(outputs)


def test_of_the_answers_that_were_written_those_are_malformed_that_had_to_be_repaired():
    assert scored(RIGHT, CUT_OFF, RIGHT, CUT_OFF).malformed == 0.5
    assert scored(RIGHT, OUT, CUT_OFF, OUT).malformed == 0.5
    assert scored(RIGHT, RIGHT, RIGHT, RIGHT).malformed == 0


@pytest.mark.parametrize("answer", [OUT, OVERLAP])
def test_tags_and_entities_are_not_written(answer):
    assert scored(*[answer] * 4).malformed is None


def looks(*malformed, every=1):
    """What training was, with a look at dev after each ``every`` epochs."""
    epochs = tuple(
        Epoch(n, 1.0, None, 0.5 if n % every == 0 else None, None, (), 1.0, 1.0, 9, 9, "", 1)
        for n in range(1, every * len(malformed) + 1)
    )
    scores = [DevScore(0.5, 0.5, share) for share in malformed]
    return course_of(FitReport("scratch", 1, 1, epochs), scores)


def test_shares_stand_at_the_epochs_whose_looks_they_were():
    assert looks(0.5, 0.0).dev_malformed == (0.5, 0.0)
    assert looks(0.5, 0.0, every=2).dev_malformed == (None, 0.5, None, 0.0)
    assert looks(None, None).dev_malformed is None


def test_a_record_without_them_is_written_as_before():
    course = TrainingCourse(epochs=1, updates=1, units=1, dev_f1=(0.5,))
    assert "dev_malformed" not in json.loads(course.model_dump_json())
    assert TrainingCourse.model_validate_json(course.model_dump_json()) == course


def store(folder, backend, *malformed):
    course = TrainingCourse(
        epochs=9, updates=9, units=9, dev_f1=(), dev_malformed=malformed or None
    )
    stored_runs.write_run(folder, backend, training=course)


def shown(folder):
    """What the table has for each backend in its last column."""
    out, _ = called("leaderboard", folder, "--column", "f1", "faithful", folder=folder)
    lines = [line.strip("| ").split(" | ") for line in out.splitlines() if line.startswith("| ")]
    return {cells[0].split()[0]: cells[-1].strip() for cells in lines}


@pytest.mark.parametrize(
    ("malformed", "epoch"),
    [
        ((1.0, 0.4, 0.01, 0.0), "3"),
        ((0.0, 0.4, 0.0), "3"),  # from there on
        ((0.0, 0.0, 0.02), "n/a"),
        ((None, 0.3, None, 0.0, None), "4"),  # looks may be rarer than epochs
    ],
)
def test_the_column_is_the_epoch_from_which_on_hardly_any_is_malformed(malformed, epoch, tmp_path):
    store(tmp_path, "t5", *malformed)
    store(tmp_path, "gpt", 0.0, 0.0)
    assert shown(tmp_path) == {"backend": "faithful from", "t5": epoch, "gpt": "1"}


def test_tables_without_such_a_model_have_no_such_column(tmp_path):
    store(tmp_path, "bert-crf")
    assert shown(tmp_path)["backend"] == "F1"


@pytest.mark.slow
def test_a_generator_that_decodes_freely_says_it_after_each_epoch(tmp_path):
    task = tiny_task.make(tmp_path, repeat=4)
    _, messages = harness(
        "run", "--task", task, "--backend", "t5", "--seed", 13, "--set", "decoding=free",
        "epochs=2", "layers=1", "width=32", "-o", "runs", folder=tmp_path,
    )  # fmt: skip
    assert len(re.findall(r"epoch \d/2 .*malformed \d+\.\d %", messages)) == 2
    (folder,) = (tmp_path / "runs" / "tiny").iterdir()
    told = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    run = json.loads((folder / "run.json").read_text())
    assert [epoch["dev_malformed"] for epoch in told] == run["training"]["dev_malformed"]
    assert all(0 <= share <= 1 for share in run["training"]["dev_malformed"])
