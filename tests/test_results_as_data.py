"""Results as data, command by command: what is stored can be checked, joined, remade and shown."""

import json
import shutil
from dataclasses import asdict

import jsonschema
import made_runs
import pytest
import tiny_task
from program import called, harness
from stored_runs import change, seal

from harness.results import schemas

pytestmark = pytest.mark.slow

ANSWERS = """张 B-PER
三 I-PER
在 O
上 B-LOC
海 I-LOC
工 O
作 O
。 O

李 B-PER
四 I-PER
去 O
了 O
北 O
京 O
。 O

"""
TIMES = 10  # so often the two sentences stand in the test set, which makes its interval narrow
FACTS = (
    "training=train", "selection=development entity micro F1, conlleval", "window_limit=254",
    "window_margin=32", "precision=fp64", "tuning_trials=0", "document_context=false",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder in which two seeds of the dictionary have run."""
    folder = tmp_path_factory.mktemp("made")
    tiny_task.make(folder)
    tiny_task.write_split(folder / "data", "test", tiny_task.TEST[:2] * TIMES)
    command = ("run", "--backend", "dictionary", "--task", "tiny.yaml", "--seed", 13, 42)
    harness(*command, folder=folder)
    return folder


@pytest.fixture
def place(made, tmp_path):
    """A copy of that folder, to change at will."""
    return shutil.copytree(made, tmp_path / "place")


def run_of(place, seed=13):
    (folder,) = (place / "results" / "tiny").glob(f"dictionary*_s{seed}_*")
    return folder


def test_sound_results_verify_and_a_changed_answer_is_named_and_fails(place):
    out, _ = called("verify", "results", folder=place)
    assert "2 results read, 0 problems" in out
    path = run_of(place) / "predictions.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("B-LOC", "B-PER", 1), encoding="utf-8")
    out, _ = called("verify", "results", folder=place, code=1)
    assert "types" in out
    assert "predictions_sha256" in out
    assert run_of(place).name in out


def test_stored_answers_are_scored_by_another_rule_without_a_model(place):
    shutil.rmtree(run_of(place) / "model")
    out, _ = called(
        "rescore", run_of(place), "--policy", "strict", "--label", "PER", "-o", "again",
        folder=place,
    )  # fmt: skip
    record = json.loads((place / out.strip() / "metrics.json").read_text(encoding="utf-8"))
    assert record["labels"] == ["PER"]
    called("verify", "again", folder=place)
    _, messages = called("rescore", "results", "--policy", "kind", "-o", "x", folder=place, code=2)
    assert "conlleval, strict, discard" in messages


def test_folders_of_two_machines_merge_and_what_differs_is_refused(place):
    other = place / "other"
    shutil.copytree(run_of(place, 42), other / "tiny" / run_of(place, 42).name)
    shutil.rmtree(run_of(place, 42))
    out, _ = called("merge", "results", "other", "-o", "all", folder=place)
    assert "2 runs copied to all, 0 were there before" in out
    out, _ = called("merge", "results", "-o", "all", folder=place)
    assert "0 runs copied to all, 1 were there before" in out
    record = next(other.rglob("run.json"))
    change(record, "data", "fingerprint", to="0" * 64)
    seal(record.parent)
    _, messages = called("merge", "results", "other", "-o", "new", folder=place, code=2)
    assert "data fingerprint" in messages
    assert not list((place / "new").rglob("metrics.json"))


def test_a_result_is_reproduced_as_equal_and_one_of_other_data_as_different_and_why(place):
    out, _ = harness("reproduce", run_of(place) / "metrics.json", folder=place)
    assert out.split("\n")[0] == "equal"
    tiny_task.write_split(place / "data", "train", tiny_task.SENTENCES[2:3])
    out, _ = harness("reproduce", run_of(place), "-o", "third", folder=place, code=1)
    outcome, *reasons = out.splitlines()
    assert outcome == "different"
    assert any(reason.startswith("data: ") for reason in reasons)


def test_what_cannot_be_run_again_is_refused_with_the_reason(place):
    _, messages = called("reproduce", imported(place)[0], folder=place, code=2)
    assert "was imported" in messages
    (run_of(place) / "metrics.json").unlink()
    _, messages = called("reproduce", run_of(place), folder=place, code=2)
    assert "expected one finished run, found 0" in messages
    assert "no metrics.json" in messages


def test_the_oracle_prints_the_ceiling_of_each_backend(place):
    out, _ = called("oracle", "--backend", "dictionary", "--task", "tiny.yaml", folder=place)
    assert out == (
        "dictionary on tiny: ceiling F1 100.00, 40 entities; "
        "lost: window 0, tokenizer 0, repair 0, format 0\n"
    )


def imported(place, *more):
    (place / "answers.conll").write_text(ANSWERS * TIMES, encoding="utf-8")
    out, _ = called(
        "import-predictions", "answers.conll", "--task", "tiny.yaml", "--name", "other",
        "--seed", 13, 42, *more, folder=place,
    )  # fmt: skip
    return [place / line for line in out.splitlines()]


def block_of(place, name):
    """The block of the leaderboard that holds the row ``name``, and the row."""
    table = json.loads(called("leaderboard", "results", "--format", "json", folder=place)[0])
    return next(
        (block, row)
        for block in table["blocks"]
        for row in block["rows"]
        if row["name"].startswith(name)
    )


def test_answers_of_another_program_verify_and_stand_in_the_table_unranked(place):
    assert len(imported(place)) == 2
    called("verify", "results", folder=place)
    block, row = block_of(place, "other")
    assert block["kind"] == "apart"
    assert row["notes"] == ["external"]
    assert "parameters" not in row["cells"], "nobody counted them"
    assert any("training: not recorded" in reason for reason in block["captions"])


def test_a_row_whose_facts_are_stated_is_ranked_and_marked_as_stated(place):
    imported(place, "--state", *FACTS)
    block, row = block_of(place, "other")
    assert block["kind"] == "ranked"
    assert row["notes"] == ["external, stated"]
    stated = next(one for one in block["certificate"] if one["name"] == "stated, not recorded")
    assert not stated["ok"]
    (differing,) = stated["differing"]
    assert "selection" in str(differing)


def test_what_cannot_be_stated_is_refused_with_what_was_meant(place):
    (place / "answers.conll").write_text(ANSWERS * TIMES, encoding="utf-8")
    command = ("import-predictions", "answers.conll", "--task", "tiny.yaml", "--name", "other")
    _, messages = called(*command, "--state", "precison=fp32", folder=place, code=2)
    assert "did you mean 'precision'" in messages
    _, messages = called(*command, "--state", "precision", folder=place, code=2)
    assert "key=value" in messages


def test_the_schemas_in_the_tree_are_those_of_the_records():
    there = {path.name: path.read_text(encoding="utf-8") for path in schemas.FOLDER.iterdir()}
    remedy = "python -m harness schema -o harness/results/schema writes them"
    assert there == schemas.exported(), remedy


def validator(file):
    schema = json.loads((schemas.FOLDER / schemas.name_of(file)).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def records(folder, file):
    text = (folder / file).read_text(encoding="utf-8")
    return [json.loads(text)] if file.endswith("json") else [*map(json.loads, text.splitlines())]


@pytest.mark.parametrize("file", ["run.json", "metrics.json", "predictions.jsonl"])
def test_what_a_run_and_an_import_write_is_valid_and_what_is_added_is_not(place, file):
    for folder in (run_of(place), *imported(place, "--state", *FACTS)):
        written = records(folder, file)
        assert written
        for record in written:
            validator(file).validate(record)
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        validator(file).validate(written[0] | {"surprise": 1})


def test_a_line_of_the_history_is_valid():
    for epoch in made_runs.history(1):
        validator("history.jsonl").validate(json.loads(json.dumps(asdict(epoch))))
