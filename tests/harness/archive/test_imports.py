"""An import says what it scores and what is not known of it, and contradicts no other one."""

import json

import pytest
import tiny_task
from program import called

from harness.archive.stated_facts import StatedFacts
from harness.commands.proving import STATABLE


def answers(folder, name, *first):
    """A file of answers; ``first`` are the entities of the first sentence, the others have none."""
    rows = [
        {"text": text, "spans": list(first) if not n else []}
        for n, (text, _) in enumerate(tiny_task.TEST)
    ]
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return name


PERSON = {"start": 0, "end": 2, "label": "PER"}


@pytest.fixture
def imported(tmp_path):
    """What imports a file as ``theirs`` into one folder."""
    task = tiny_task.make(tmp_path)

    def run(file, *more, code=0):
        return called("import-predictions", file, "--task", task, "--name", "theirs", *more,
                      folder=tmp_path, code=code)  # fmt: skip

    return run


def test_it_says_its_f1_and_what_is_not_known_of_it(imported, tmp_path):
    out, said = imported(answers(tmp_path, "one.jsonl", PERSON))
    assert len(out.split()) == 1, "its folder, for a script"
    assert said.startswith("F1 ")
    assert "not known of it: window policy" in said
    assert "--state KEY=VALUE" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--name", ""), "the name '': a row needs one"),
        (("--name", "  "), "the name '  ': a row needs one"),
        (("--seed", "-1"), "from 0 to"),
        (("--format", "docbin"), "--format docbin: choose one of conll, jsonl"),
    ],
)
def test_a_row_without_a_name_and_a_seed_that_is_none_are_refused(imported, tmp_path, more, said):
    assert said in imported(answers(tmp_path, "one.jsonl", PERSON), *more, code=2)[1]
    assert not (tmp_path / "results").exists()


def test_formats_that_hold_no_predictions_are_named_with_the_way_out(imported, tmp_path):
    (tmp_path / "brat").mkdir()
    (tmp_path / "bytes.spacy").write_bytes(b"x\x9c")
    line = json.dumps({"text": "张三", "label": [[0, 2, "PER"]]}, ensure_ascii=False)
    (tmp_path / "doccano.jsonl").write_text(line, encoding="utf-8")
    for name in ("brat", "bytes.spacy", "doccano.jsonl"):
        assert "docbin, doccano and brat are not read as" in imported(name, code=2)[1]


def test_spans_that_tell_a_confidence_keep_it(imported, tmp_path):
    out, _ = imported(answers(tmp_path, "sure.jsonl", PERSON | {"confidence": 0.25}))
    stored = (tmp_path / out.strip() / "predictions.jsonl").read_text(encoding="utf-8")
    assert json.loads(stored.splitlines()[0])["confidence"] == [0.25]


def test_other_answers_under_one_name_and_seed_are_refused(imported, tmp_path):
    first, _ = imported(answers(tmp_path, "one.jsonl", PERSON))
    assert imported("one.jsonl")[0] == first, "the same ones are there already"
    other = answers(tmp_path, "other.jsonl")
    for asked in ([other], ["one.jsonl", "--state", "training=train"]):
        _, said = imported(*asked, code=2)
        assert f"{first[:-1]} is of the row 'theirs' and seed 0, too" in said
    assert imported(other, "--seed", 1)[0] != first


def test_neither_corrected_gold_nor_damaged_files_stand_in_the_way(imported, tmp_path):
    first, _ = imported(answers(tmp_path, "one.jsonl", PERSON))
    test = tmp_path / "data" / "test_TAG.txt"
    gold = test.read_text(encoding="utf-8")
    test.write_text(gold.replace("B_PER", "O").replace("I_PER", "O"), encoding="utf-8")
    second, _ = imported("one.jsonl")
    assert second != first
    for name in ("claim.json", "run.json"):
        (tmp_path / first[:-1] / name).write_text("{", encoding="utf-8")
    assert imported("one.jsonl")[0] == second


def test_a_fact_that_cannot_be_stated_is_told_which_can(imported, tmp_path):
    _, said = imported(answers(tmp_path, "one.jsonl"), "--state", "foo=bar", code=2)
    assert f"unknown key 'foo'; keys: {STATABLE}" in said
    assert tuple(StatedFacts.model_fields) == tuple(STATABLE.split(", "))


def test_of_many_errors_it_says_how_many_are_left_out(imported, tmp_path):
    (tmp_path / "bad.jsonl").write_text("{\n" * 25, encoding="utf-8")
    _, said = imported("bad.jsonl", "--format", "jsonl", code=3)
    assert said.endswith("and 5 more")
