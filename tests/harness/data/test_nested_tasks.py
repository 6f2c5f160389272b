"""`nested: true` in a task file: all entities are kept, in files that can hold them."""

import json

import nested_task
import pytest
from program import called
from reading import put, task_file, write_conll, write_jsonl, write_parallel

from harness.core import Example, Sentence, Span
from harness.data import task as tasks
from harness.data.lint.check import check
from harness.errors import ConfigError, DataError
from harness.runs.recording import data_of

SPLITS = {split: f"{split}.jsonl" for split in ("train", "dev", "test")}


def test_all_entities_are_kept_in_order_and_counted(tmp_path):
    task = tasks.load(nested_task.make(tmp_path))
    assert task.nested
    (example, *_) = task.splits["train"].examples
    assert example.spans == (Span(0, 2, "PER"), Span(3, 5, "LOC"), Span(3, 7, "ORG"))
    assert example.nested
    assert [task.splits[split].dropped for split in ("train", "dev", "test")] == [0, 0, 0]
    report = check(tmp_path / "offices.yaml")
    assert report.statistics[0].entities == {"ORG": 20, "LOC": 30, "PER": 20}
    recorded = data_of(task, None)
    assert (recorded.keep, recorded.nested) == ("all", True)
    assert recorded.support == {"ORG": 7, "LOC": 11, "PER": 7}


def test_it_is_another_task_than_any_flat_reading_of_the_same_files(tmp_path):
    rules = ("nested: true", "keep: outermost", "keep: longest")
    made = [nested_task.make(tmp_path / f"{number}", rule=one) for number, one in enumerate(rules)]
    assert len({tasks.load(path).fingerprint for path in made}) == 3


def test_it_is_another_task_even_where_nothing_overlaps(tmp_path):
    write_jsonl(tmp_path)
    made = [tasks.load(task_file(tmp_path, format="jsonl", splits=SPLITS, nested=nested))
            for nested in (True, False)]  # fmt: skip
    assert made[0].examples["test"][0].spans == made[1].examples["test"][0].spans
    assert made[0].fingerprint != made[1].fingerprint


def test_a_flat_task_is_what_it_was(tmp_path):
    write_parallel(tmp_path)
    plain = tasks.load(task_file(tmp_path)).fingerprint
    assert tasks.load(task_file(tmp_path, nested=False)).fingerprint == plain


@pytest.mark.parametrize("rule", ["outermost", "longest", "error"])
def test_a_rule_that_drops_beside_it_is_refused(tmp_path, rule):
    with pytest.raises(ConfigError, match="`nested: true` keeps all: say one"):
        tasks.load(task_file(tmp_path, format="jsonl", splits=SPLITS, nested=True, keep=rule))


@pytest.mark.parametrize("name", ["parallel", "conll", "docbin"])
def test_files_that_hold_no_entity_within_another_are_refused(tmp_path, name):
    write_parallel(tmp_path)
    write_conll(tmp_path)
    wanted = f"files of `format: {name}` hold no entity within another; .* jsonl, labelstudio, doc"
    with pytest.raises(ConfigError, match=wanted):
        tasks.load(task_file(tmp_path, format=name, nested=True))


def test_an_entity_that_is_there_twice_is_an_error_with_its_line(tmp_path):
    path = nested_task.make(tmp_path)
    twice = nested_task.line("张三去北京", (Span(0, 2, "PER"), Span(0, 2, "PER")))
    put(tmp_path / "dev.jsonl", nested_task.line("好", ()) + twice)
    with pytest.raises(
        DataError, match=r"dev.jsonl:2: error\[overlap\].* are one entity; .*remove"
    ):
        tasks.load(path)


def test_two_labels_of_one_place_are_two_entities(tmp_path):
    path = nested_task.make(tmp_path)
    put(tmp_path / "dev.jsonl", nested_task.line("北京", (Span(0, 2, "LOC"), Span(0, 2, "ORG"))))
    (example,) = tasks.load(path).splits["dev"].examples
    assert example.spans == (Span(0, 2, "LOC"), Span(0, 2, "ORG"))


def test_check_data_says_where_nothing_is_nested(tmp_path):
    path = nested_task.make(tmp_path)
    assert "nothing-nested" not in {one.code for one in check(path).problems}
    for split in SPLITS:
        put(tmp_path / f"{split}.jsonl", nested_task.line(f"{split}张三", (Span(0, 2, "PER"),)))
    (note,) = [one for one in check(path).problems if one.code == "nothing-nested"]
    assert note.severity == "note"
    assert "leave `nested` out" in called("check-data", path, folder=tmp_path)[0]


def test_flat_gold_that_overlaps_is_told_that_all_can_be_kept(tmp_path):
    with pytest.raises(DataError, match="`nested: true` to keep all"):
        tasks.load(nested_task.make(tmp_path, rule="keep: error"))


@pytest.mark.parametrize("name", ["jsonl", "labelstudio", "doccano", "brat"])
def test_nested_gold_leaves_and_comes_back(tmp_path, name):
    path = nested_task.make(tmp_path)
    called("export-data", path, "--to", name, "-o", tmp_path / "made", folder=tmp_path)
    again = tasks.load(tmp_path / "made" / "offices.yaml")
    assert again.nested
    assert again.fingerprint == tasks.load(path).fingerprint


@pytest.mark.parametrize("name", ["conll", "docbin"])
def test_a_format_without_room_is_refused_and_nothing_is_written(tmp_path, name):
    path = nested_task.make(tmp_path)
    _, said = called(
        "export-data", path, "--to", name, "-o", tmp_path / "made", folder=tmp_path, code=2
    )
    assert f"--to {name}: the task has nested gold" in said
    assert "jsonl, labelstudio, doccano, brat" in said
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "spans",
    [
        (Span(0, 2, "LOC"), Span(0, 2, "LOC")),
        (Span(1, 2, "LOC"), Span(0, 2, "LOC")),
        (Span(0, 5, "LOC"), Span(1, 2, "LOC")),
    ],
)
def test_a_nested_example_is_in_order_within_its_sentence_and_has_each_entity_once(spans):
    with pytest.raises(ValueError, match="sentence s"):
        Example(Sentence("s", tuple("天南地北")), spans, nested=True)
    with pytest.raises(ValueError, match="sentence s"):
        Example(Sentence("s", tuple("天南地北")), spans)


def test_the_rules_of_others_and_planted_faults_need_flat_gold(tmp_path):
    path = nested_task.make(tmp_path)
    for command in (("oracle", "--rules", "--task"), ("robustness", "--task")):
        _, said = called(*command, path, folder=tmp_path, code=2)
        assert "task 'offices' has nested gold" in said
        assert "one tag a unit" in said


def test_the_words_of_a_task_may_nest(tmp_path):
    spans = [{"start": 0, "end": 18, "label": "ORG"}, {"start": 14, "end": 18, "label": "LOC"}]
    row = {"tokens": ["University", "of", "York"], "spans": spans}
    for split in SPLITS:
        put(tmp_path / f"{split}.jsonl", json.dumps(row | {"id": split}) + "\n")
    path = task_file(tmp_path, format="jsonl", joiner=" ", nested=True, splits=SPLITS,
                     labels=["ORG", "LOC"])  # fmt: skip
    (example,) = tasks.load(path).splits["train"].examples
    assert example.spans == (Span(0, 3, "ORG"), Span(2, 3, "LOC"))
