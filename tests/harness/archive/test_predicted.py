"""What ``predict --json`` writes comes back by ``import-predictions``, with its confidence."""

import json

import pytest
import tiny_task
from program import called, harness

from harness import api
from harness.archive.external import Import, answers, format_of
from harness.data import task as tasks
from harness.errors import DataError
from harness.results import reader, verify


@pytest.fixture
def task(tmp_path):
    return tiny_task.make(tmp_path)


def raw_test_set(folder):
    (folder / "raw.txt").write_text("".join(t + "\n" for t, _ in tiny_task.TEST), encoding="utf-8")


@pytest.mark.slow
def test_a_run_and_the_import_of_its_predictions_have_the_same_scores(task, tmp_path):
    harness("run", "--backend", "crf", "--task", task, "--seed", 1, folder=tmp_path)
    (run,) = api.read(tmp_path / "results").runs
    raw_test_set(tmp_path)
    called("predict", run.folder, "raw.txt", "--json", "-o", "answers.jsonl", folder=tmp_path)
    asked = ("import-predictions", "answers.jsonl", "--task", task, "--name", "again")
    out, _ = called(*asked, "-o", "imported", folder=tmp_path)
    own, imported = (verify.require_sound(reader.one(f)) for f in (run.folder, tmp_path / out[:-1]))
    assert imported.metrics.types == own.metrics.types
    assert own.recount.calibration_error is not None
    assert imported.recount.calibration_error == pytest.approx(
        own.recount.calibration_error, abs=1e-5
    )


def read(task, folder, *entries):
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    (folder / "answers.jsonl").write_text(lines, encoding="utf-8")
    given = Import(folder / "answers.jsonl", "jsonl", "other")
    assert format_of(given.path) == "jsonl"
    return answers(tasks.load(task), given)


def entries(*first):
    """An answer for each test sentence, ``first`` being the entities of the first."""
    texts = [text for text, _ in tiny_task.TEST]
    return [
        {"text": text, "entities": list(first) if not n else []} for n, text in enumerate(texts)
    ]


PERSON = {"start": 0, "end": 2, "label": "PER", "text": "张三"}
PLACE = {"start": 3, "end": 5, "label": "LOC", "text": "上海"}


def test_entities_may_stand_in_any_order_and_lines_may_be_empty(task, tmp_path):
    given = entries(PLACE | {"confidence": 0.25}, PERSON | {"confidence": 1})
    first, *others = read(task, tmp_path, {"text": "", "entities": []}, *given)
    assert first.tags == ("B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O", "O", "O")
    assert first.confidence == (1.0, 0.25)
    assert {one.confidence for one in others} == {()}


def test_without_confidence_none_is_made_up(task, tmp_path):
    assert {one.confidence for one in read(task, tmp_path, *entries(PERSON))} == {None}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (entries(PERSON | {"confidence": 0.5}, PLACE), ":1: an entity without confidence"),
        (entries(PERSON | {"confidence": 2}), ":1: confidence 2 is no probability"),
        (entries(PERSON | {"text": "王五"}), ":1: .* the text there is '张三'"),
        (entries({"label": "PER", "text": "张三"}), "are read with `--format strings`"),
        (entries()[1:], "2 sentences for 3 of the test set"),
        ([*entries()[1:], entries()[0]], ":1: the text is not that of test-00001"),
        (
            [*entries()[:2], {"text": "今天没有新闻。"}],
            ":3: expected .* as `predict --json` writes",
        ),
    ],
)
def test_what_is_no_prediction_is_refused_with_its_line(task, tmp_path, given, why):
    with pytest.raises(DataError, match=why):
        read(task, tmp_path, *given)


def test_columns_are_what_a_file_holds_that_is_no_json(tmp_path):
    (tmp_path / "a.conll").write_text("{ O\n} O\n", encoding="utf-8")
    assert format_of(tmp_path / "a.conll") == "conll"


def tasks_of(answers, **more):
    """What Label Studio exports of ``answers``: a task for each, with one prediction."""
    return [
        {
            "data": {"text": one["text"]},
            "predictions": [{"result": [region(each) for each in one["entities"]], **more}],
        }
        for one in answers
    ]


def region(entity):
    value = {"start": entity["start"], "end": entity["end"], "labels": [entity["label"]]}
    return {"type": "labels", "value": value, "score": entity.get("confidence")}


def studio(task, folder, given):
    path = folder / "tasks.json"
    path.write_text(json.dumps(given, ensure_ascii=False, indent=1), encoding="utf-8")
    assert format_of(path) == "labelstudio"
    return answers(tasks.load(task), Import(path, "labelstudio", "other"))


def test_predictions_of_label_studio_are_answers_with_their_scores(task, tmp_path):
    sure = [PERSON | {"confidence": 0.9}, PLACE | {"confidence": 0.4}]
    found = studio(task, tmp_path, tasks_of(entries(*sure), model_version="mine", score=0.4))
    assert found == read(task, tmp_path, *entries(*sure))
    assert found[0].confidence == (0.9, 0.4)
    assert studio(task, tmp_path, tasks_of(entries(PERSON)))[0].confidence is None


@pytest.mark.parametrize("surer", [0, 1])
def test_confidence_of_some_tasks_is_refused_where_all_stand_on_one_line(task, tmp_path, surer):
    rows = [{"text": text, "entities": []} for text, _ in tiny_task.TEST]
    for number, row in enumerate(rows[:2]):
        row["entities"] = [PERSON | {"confidence": 0.5 if number == surer else None}]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks_of(rows), ensure_ascii=False), encoding="utf-8")
    with pytest.raises(DataError, match=r"tasks.json:1: an entity without confidence"):
        answers(tasks.load(task), Import(path, "labelstudio", "other"))


WRONG_TASKS = {
    "nothing predicted": ({"predictions": []}, ": 0 predictions of one task"),
    "two models": ({"predictions": [{"result": []}] * 2}, ": 2 predictions of one task: export"),
    "no list": ({"predictions": 3}, '"predictions" must be a list'),
    "no result": ({"predictions": [{}]}, 'a prediction has no list "result"'),
    "another text": ({"data": {"text": "x"}}, "the text is not that of"),
}


@pytest.mark.parametrize("name", WRONG_TASKS)
def test_a_task_that_answers_nothing_is_refused_with_its_line(task, tmp_path, name):
    change, words = WRONG_TASKS[name]
    first, *rest = tasks_of(entries())
    with pytest.raises(DataError, match=r"tasks.json:2: ") as caught:
        studio(task, tmp_path, [first | change, *rest])
    assert words in str(caught.value)


@pytest.mark.parametrize("key", ["entities", "spans"])
def test_answers_that_overlap_are_refused_with_their_line(task, tmp_path, key):
    whole = {"start": 0, "end": 5, "label": "LOC"}
    given = [
        {"text": each["text"], key: each["entities"]} for each in entries(PERSON, PLACE, whole)
    ]
    with pytest.raises(DataError, match=r"answers.jsonl:1: .* overlap; keep one"):
        read(task, tmp_path, *given)
