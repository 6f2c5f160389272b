"""Nested gold through the whole program: a model learns it, and every command works or says no."""

import json

import nested_task
import pytest
from program import called, harness

from harness import api
from harness.data import task as tasks
from harness.results import reader

pytestmark = pytest.mark.slow
OFFICE = "李四去天津大学工作。"
FORMATS = ("jsonl", "labelstudio", "doccano", "brat")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the task, and a span model that was trained on it."""
    folder = tmp_path_factory.mktemp("nested")
    nested_task.make(folder, repeat=4)
    harness("run", "--task", "offices.yaml", "--backend", "span", "--seed", 13,
            "--set", "epochs=10", "-q", folder=folder)  # fmt: skip
    return folder


@pytest.fixture
def run(place):
    return reader.read([place / "results"]).runs[0]


def test_a_span_model_learns_entities_within_entities(run):
    nested = {label: found for label, found in run.metrics.nested.items() if sum(found)}
    assert {*nested} <= {"ORG", "LOC"}
    assert sum(tp for tp, _, _ in nested.values()) >= 10  # of 14
    assert run.metrics.micro().f1 > 0.8
    assert run.run.data.nested


def test_a_stored_line_has_all_entities_with_their_probabilities_and_tags_of_the_outermost(run):
    for one in run.answers().predictions:
        assert len(one.entities) == len(one.confidence)
        assert len(one.entities) > sum(tag.startswith("B-") for tag in one.tags)


def test_the_table_has_their_f1_and_says_what_it_is_of(place):
    out, _ = called("leaderboard", "results", folder=place)
    assert "| F1 nested |" in out
    assert "Gold is nested: 14 of its entities overlap others, and F1 nested is of those." in out
    assert (
        "gold read under (recorded): conlleval; nested, all entities that overlap are kept" in out
    )


def test_scores_verification_and_merging_work(place, tmp_path):
    out, _ = called("score", "results", folder=place)
    assert "| nested " in out
    assert "1 results read, 0 problems" in called("verify", "results", folder=place)[0]
    called("merge", "results", "-o", tmp_path / "merged", folder=place)
    assert len(reader.read([tmp_path / "merged"]).runs) == 1


def test_a_run_again_gives_the_same_answers(place, run):
    out, _ = harness("reproduce", run.folder, "-o", "again", folder=place)
    assert out.startswith("equal")


def test_text_is_tagged_with_entities_within_entities_and_not_with_tags(place, run):
    (place / "text.txt").write_text(OFFICE + "\n", encoding="utf-8")
    out, _ = called("predict", run.folder, "text.txt", "--json", "-q", folder=place)
    found = {(one["start"], one["end"], one["label"]) for one in json.loads(out)["entities"]}
    assert {(3, 5, "LOC"), (3, 7, "ORG")} <= found
    _, said = called("predict", run.folder, "text.txt", folder=place, code=2)
    assert "tags hold no entity within another: use --json" in said


def test_entities_of_little_confidence_are_left_out_one_by_one(place, run):
    (found,) = api.predict(run.folder, [OFFICE])
    sure = sorted(one.confidence for one in found.entities)
    kept = found.surer(sure[1])
    assert len(kept.entities) == len(found.entities) - 1
    assert kept.dropped == 1


@pytest.mark.parametrize("name", FORMATS)
def test_answers_leave_in_formats_that_hold_them(place, run, tmp_path, name):
    called("export-predictions", run.folder, "--to", name, "-o", tmp_path / "out", folder=place)
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["jsonl", "labelstudio"])
def test_answers_that_left_come_back_as_the_same_row(place, run, tmp_path, name):
    called("export-predictions", run.folder, "--to", name, "-o", tmp_path / "out", folder=place)
    task = tasks.load(place / "offices.yaml")
    lines = (tmp_path / "out").read_text(encoding="utf-8")
    (tmp_path / "in").write_text(lines, encoding="utf-8")
    called("import-predictions", tmp_path / "in", "--task", "offices.yaml", "--name", "again",
           "-o", tmp_path / "back", folder=place)  # fmt: skip
    (back,) = reader.read([tmp_path / "back"]).runs
    assert back.run.data.fingerprint == task.fingerprint
    assert back.metrics.types == run.metrics.types
    assert back.metrics.nested == run.metrics.nested


@pytest.mark.parametrize("name", ["conll", "docbin"])
def test_a_format_without_room_for_them_is_refused(place, run, tmp_path, name):
    command = ("export-predictions", run.folder, "--to", name, "-o", tmp_path / "out")
    _, said = called(*command, folder=place, code=2)
    assert "holds no entity within another" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["conll", "strings"])
def test_answers_of_tags_or_of_texts_alone_are_no_answers_to_nested_gold(place, tmp_path, name):
    (tmp_path / "in").write_text("张\tB-PER\n三\tI-PER\n", encoding="utf-8")
    _, said = called("import-predictions", tmp_path / "in", "--task", "offices.yaml", "--name", "x",
                     "--format", name, folder=place, code=2)  # fmt: skip
    assert "give entities with their places" in said


@pytest.mark.parametrize(
    "command",
    [
        ("analyse", "results"),
        ("compare", "results", "results"),
        ("suspects", "results", "-o", "suspects.jsonl"),
        ("report", "results", "-o", "page.html"),
        ("rescore", "results", "-o", "rescored"),
        ("vote", "results", "-o", "voted"),
        ("export-model", "RUN", "-o", "model"),
    ],
    ids=lambda command: command[0],
)
def test_what_reads_one_tag_a_unit_says_so_before_it_writes_anything(place, run, command):
    words = [str(run.folder) if word == "RUN" else word for word in command]
    before = sorted(place.iterdir())
    _, said = called(*words, folder=place, code=2)
    assert "task 'offices' has nested gold" in said
    assert "there are leaderboard, score, verify" in said
    assert sorted(place.iterdir()) == before
