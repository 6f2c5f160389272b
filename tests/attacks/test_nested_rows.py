"""Nested and flat rows of one data set: never in one ranking, whoever moves or edits them."""

import json
import shutil
from dataclasses import replace

import nested_task
import pytest
from program import called

from harness.errors import HarnessError
from harness.results import evaluate, hashes, reader, verify
from harness.results.evaluate import EvaluationSetup
from harness.results.reader import read_folder
from harness.scoring.nested import count_nested
from harness.tags import outermost

RULES = {"nested": "nested: true", "flat": "keep: outermost"}


def imported(folder, *, flat_test=False):
    """Results of a perfect system on the nested task, and of one on its flat reading."""
    for kind, rule in RULES.items():
        path = nested_task.make(folder / kind, rule=rule, flat_test=flat_test)
        test = nested_task.parts(flat_test=flat_test)["test"]
        lines = []
        for text, spans in test:
            kept = outermost(spans) if kind == "flat" else spans
            found = [{"start": s.start, "end": s.end, "label": s.label} for s in kept]
            lines.append(json.dumps({"text": text, "entities": found}, ensure_ascii=False) + "\n")
        (folder / f"{kind}.jsonl").write_text("".join(lines), encoding="utf-8")
        called("import-predictions", folder / f"{kind}.jsonl", "--task", path, "--name", kind,
               "--seed", 1, 2, 3, "-o", folder / "results" / kind, folder=folder)  # fmt: skip
    return folder / "results"


@pytest.fixture
def results(tmp_path):
    """Of a task whose test set has entities within entities."""
    return imported(tmp_path)


def folder_of(results, kind):
    """That of the first seed."""
    return min(path.parent for path in (results / kind).rglob("metrics.json"))


def believed(folder):
    """The folders of the runs that a table would use."""
    return {one.folder for one in verify.check(reader.read([folder])).runs}


def edited(path, change):
    """Change a JSON file, and the hash that ``metrics.json`` has of it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def rehash(folder):
    def change(content):
        content["files"] = hashes.of_folder(folder)

    edited(folder / "metrics.json", change)


def test_both_are_sound_and_perfect_at_what_they_were_asked(results):
    for kind, nested in (("nested", 14), ("flat", None)):
        sound = verify.require_sound(read_folder(folder_of(results, kind)))
        assert sound.metrics.micro().f1 == 1.0
        found = sound.metrics.nested
        assert (found and sum(tp + fn for tp, _, fn in found.values())) == nested


def copied(results):
    """The folder of nested runs, with the flat ones copied into it."""
    place = folder_of(results, "nested").parent
    for folder in sorted(folder_of(results, "flat").parent.iterdir()):
        if folder.is_dir():
            shutil.copytree(folder, place / folder.name)
    return place


def test_a_flat_row_copied_into_the_folder_of_nested_ones_makes_no_table(results):
    _, said = called("leaderboard", copied(results), folder=results, code=3)
    assert "no table: the gold of offices (test) differs between runs. Newest first:" in said
    assert "LOC 11" in said
    assert "LOC 4" in said


def tables(folder):
    """Which rows stand together, and why those of a table are not ranked."""
    out, _ = called("leaderboard", folder, "--format", "json", folder=folder, code=(0, 1))
    blocks = [one for one in json.loads(out)["blocks"] if one["kind"] in ("ranked", "apart")]
    names = [[row["name"].partition(" ")[0] for row in one["rows"]] for one in blocks]
    return names, "".join(text for one in blocks for text in one["captions"])


def test_where_the_test_gold_happens_to_be_flat_both_stand_apart(tmp_path):
    place = copied(imported(tmp_path, flat_test=True))
    names, said = tables(place)
    assert names == [["flat"], ["nested"]]
    assert "differs in data fingerprint" in said
    assert "differs in gold read under: conlleval; nested, all entities that overlap are" in said


def test_a_flat_row_with_the_fingerprint_of_the_nested_task_stands_apart_by_how_gold_was_read(
    tmp_path,
):
    place = copied(imported(tmp_path, flat_test=True))
    nested = json.loads(next(place.glob("nested_*/run.json")).read_text(encoding="utf-8"))["data"]

    def same_print(run):
        run["data"]["fingerprint"] = nested["fingerprint"]

    for folder in place.glob("flat_*"):
        edited(folder / "run.json", same_print)
        rehash(folder)
    names, said = tables(place)
    assert names == [["flat"], ["nested"]]
    assert "differs in data fingerprint" not in said
    assert "differs in gold read under" in said
    for folder in place.glob("flat_*"):
        edited(folder / "run.json", lambda run: run["data"].update(keep="all", dropped={}))
        rehash(folder)
    assert believed(place) == {*place.glob("nested_*")}  # the answers of others list no entities


def test_a_flat_row_that_says_it_was_asked_the_nested_task_is_unsound(results):
    nested, flat = folder_of(results, "nested"), folder_of(results, "flat")
    data = json.loads((nested / "run.json").read_text(encoding="utf-8"))["data"]
    edited(flat / "run.json", lambda run: run.update(data=data))
    rehash(flat)
    out, _ = called("verify", flat, folder=results, code=1)
    assert "the task is nested, and the answer has no list of entities" in out
    assert folder_of(results, "flat") not in believed(results)


def test_a_nested_row_that_says_it_was_asked_a_flat_task_is_unsound(results):
    nested, flat = folder_of(results, "nested"), folder_of(results, "flat")
    data = json.loads((flat / "run.json").read_text(encoding="utf-8"))["data"]
    edited(nested / "run.json", lambda run: run.update(data=data))
    rehash(nested)
    out, _ = called("verify", nested, folder=results, code=1)
    assert "the task is flat, and the answer has a list of entities" in out
    assert folder_of(results, "nested") not in believed(results)


def test_flat_answers_with_a_list_of_entities_made_up_miss_the_nested_gold(results):
    """Who forges all of it consistently has a nested row with the score that its answers give."""
    nested, flat = folder_of(results, "nested"), folder_of(results, "flat")
    made = []
    for line in (flat / "predictions.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        made.append(json.dumps(one | {"entities": one["gold"]}) + "\n")
    (flat / "predictions.jsonl").write_text("".join(made), encoding="utf-8")
    data = json.loads((nested / "run.json").read_text(encoding="utf-8"))["data"]
    edited(flat / "run.json", lambda run: run.update(data=data))
    rehash(flat)
    out, _ = called("verify", flat, folder=results, code=1)
    assert "gold: run.json says" in out  # the gold of its lines is not that of the nested task


def changed_line(folder, change):
    path = folder / "predictions.jsonl"
    first, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    one = json.loads(first)
    change(one)
    path.write_text("".join([json.dumps(one) + "\n", *rest]), encoding="utf-8")
    rehash(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one.update(tags=["O"] * len(one["units"])), "not those of the outermost"),
        (lambda one: one["entities"].append(one["entities"][-1]), "overlaps or is out of order"),
        (lambda one: one["entities"].reverse(), "overlaps or is out of order"),
        (lambda one: one.update(entities=[[0, 99, "ORG"]]), "ends at 99 of"),
        (lambda one: one["gold"].reverse(), "overlaps or is out of order"),
        (lambda one: one.update(confidence=[0.5]), "1 confidences for 4 entities"),
        (lambda one: one["entities"].pop(1), "types: metrics.json says"),
    ],
)
def test_an_edited_line_is_told(results, change, words):
    folder = folder_of(results, "nested")
    changed_line(folder, change)
    out, _ = called("verify", folder, folder=results, code=1)
    assert words in out
    assert "Traceback" not in out


def test_metrics_that_claim_better_nested_entities_are_unsound(results):
    folder = folder_of(results, "nested")
    edited(folder / "metrics.json", lambda found: found.update(nested={"ORG": [9, 0, 0]}))
    out, _ = called("verify", folder, folder=results, code=1)
    assert "nested: metrics.json says" in out


def test_an_answer_that_lies_across_all_gold_changes_no_gold(results):
    folder = folder_of(results, "nested")
    before = verify.require_sound(read_folder(folder)).metrics

    def add(one):
        one["entities"] = sorted([*one["entities"], [0, len(one["units"]), "ORG"]],
                                 key=lambda s: (s[0], s[1], s[2]))  # fmt: skip
        one["tags"] = ["B-ORG"] + ["I-ORG"] * (len(one["units"]) - 1)

    changed_line(folder, add)
    again = verify._recount(read_folder(folder)).metrics
    assert again.micro().support == before.micro().support
    assert again.counts()["ORG"].fp == 1
    assert sum(fp for _, fp, _ in again.nested.values()) == 1


def test_a_counter_that_errs_by_one_is_noticed_by_seqeval(results, monkeypatch):
    result = read_folder(folder_of(results, "nested"))

    def errs(*asked):
        counts = count_nested(*asked)
        values = counts.every.values.copy()
        values[0, 0, 0] += 1
        return replace(counts, every=replace(counts.every, values=values))

    setup = EvaluationSetup(result.metrics.labels, "conlleval", "test", nested=True)
    assert evaluate.metrics(setup, result.answers(), None) == result.metrics
    monkeypatch.setattr(evaluate, "count_nested", errs)
    with pytest.raises(HarnessError, match="no score of this run can be trusted"):
        evaluate.metrics(setup, result.answers(), None)
