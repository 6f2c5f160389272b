"""A byte of a finished run changed on disk: every command that uses that file refuses it."""

import json

import pytest
from made_runs import System, metrics, store, study
from program import called
from stored_runs import SETTINGS, change, seal

from harness.results import reader
from harness.results.record import Prediction

PARTS = ("run.json", "predictions.jsonl", "history.jsonl", "train_facts.json", "model/weights.bin")


@pytest.fixture
def folder(tmp_path):
    """Two systems with every file that a run stores, hashed as a run hashes them."""
    for run in study([System("first"), System("second", 0.2)], number=12, seeds=(1, 2, 3)):
        made = store(tmp_path / "results" / f"{run.run.backend}{run.run.seed}", run)
        (made / "model").mkdir()
        (made / "model" / "weights.bin").write_bytes(bytes(range(256)))
        change(made / "run.json", "settings", to=SETTINGS)
        change(made / "run.json", "backend", to="dictionary")
        change(made / "run.json", "variant", to=run.run.backend)
        seal(made)
    return tmp_path


@pytest.fixture
def run(folder):
    return folder / "results" / "first1"


def flip(path, place=-20):
    """Change one byte into another that JSON can hold."""
    content = bytearray(path.read_bytes())
    content[place] = ord("7") if content[place] != ord("7") else ord("8")
    path.write_bytes(bytes(content))


def test_what_was_not_touched_is_verified_and_hashes_every_file(folder, run):
    recorded = json.loads((run / "metrics.json").read_text())["files"]
    assert set(recorded) == set(PARTS)
    out, _ = called("verify", "results", folder=folder)
    assert out == "6 results read, 0 problems\n"


@pytest.mark.parametrize("part", PARTS)
def test_verify_names_the_file_that_was_changed(folder, run, part):
    flip(run / part)
    out, _ = called("verify", "results", folder=folder, code=1)
    assert part in out
    assert "first1" in out


@pytest.mark.parametrize("part", PARTS)
def test_verify_names_the_file_that_is_gone(folder, run, part):
    (run / part).unlink()
    out, _ = called("verify", "results", folder=folder, code=1)
    assert part in out


@pytest.mark.parametrize("name", ["free.jsonl", "model/adapter.bin"])
def test_a_file_that_the_run_never_stored_is_named(folder, run, name):
    (run / name).write_bytes(b"")
    out, _ = called("verify", "results", folder=folder, code=1)
    assert f"{name} is no file of this run" in out


USERS = [
    ("leaderboard", ()), ("score", ()), ("analyse", ()), ("compare", ()),
    ("report", ("-o", "page.html")), ("suspects", ("-o", "suspects.jsonl")),
    ("figures", ("-o", "figures")),
]  # fmt: skip


@pytest.mark.parametrize(("command", "more"), USERS, ids=[name for name, _ in USERS])
def test_no_command_believes_an_edited_record(folder, run, command, more):
    change(run / "run.json", "weights", to="bert-base-chinese")
    out, messages = called(command, "results", *more, folder=folder)
    assert "first1 (unsound): run.json is not the file that was stored" in out + messages


@pytest.mark.parametrize(
    "keys", [("parameters",), ("seed",), ("cost", "predict_units"), ("data", "limit")]
)
def test_whatever_of_a_record_was_edited_is_found(folder, run, keys):
    change(run / "run.json", *keys, to=9)
    assert [one.kind for one in reader.read([folder / "results"]).rejected] == ["unsound"]


def test_answers_and_scores_forged_alike_do_not_have_the_hash_that_was_stored(folder, run):
    path = run / "predictions.jsonl"
    answers = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for one in answers:
        one["tags"] = ["O"] * len(one["tags"])
    made = [Prediction(**one) for one in answers]
    path.write_text("".join(one.model_dump_json() + "\n" for one in made), encoding="utf-8")
    forged = json.loads(metrics(made).model_dump_json())
    for key, value in forged.items():
        change(run / "metrics.json", key, to=value)
    out, _ = called("verify", "results", folder=folder, code=1)
    assert "predictions.jsonl is not the file that was stored" in out
    out, _ = called("leaderboard", "results", folder=folder)
    assert "first1 (unsound): predictions.jsonl is not the file" in out


def test_rescoring_leaves_out_an_edited_record_and_cut_answers(folder, run):
    change(run / "run.json", "weights", to="bert-base-chinese")
    other = run.with_name("first2") / "predictions.jsonl"
    other.write_bytes(b"".join(other.read_bytes().splitlines(keepends=True)[:5]))
    out, messages = called("rescore", "results", "-o", "again", folder=folder, code=3)
    assert len(out.splitlines()) == 4
    assert "first1 (unsound): run.json is not" in messages
    assert "first2 (unsound)" in messages


@pytest.mark.parametrize("part", PARTS)
def test_merging_copies_nothing_beside_a_changed_file(folder, run, part):
    flip(run / part)
    _, messages = called("merge", "results", "-o", "all", folder=folder, code=3)
    assert part in messages
    assert not list((folder / "all").rglob("metrics.json"))


@pytest.mark.parametrize("part", ["history.jsonl", "train_facts.json"])
def test_the_analysis_refuses_a_history_and_facts_that_were_changed(folder, run, part):
    path = run / part
    path.write_text(path.read_text(encoding="utf-8").replace("1", "2", 1), encoding="utf-8")
    _, messages = called("analyse", "results", folder=folder)
    assert f"{part} is not the file that was stored" in messages


def test_nothing_is_voted_for_with_an_edited_record(folder, run):
    change(run / "run.json", "weights", to="bert-base-chinese")
    _, messages = called("vote", "results", "-o", "voted", folder=folder, code=3)
    assert "first1: unsound: run.json is not the file that was stored" in messages
    assert not (folder / "voted").exists()


def test_exporting_answers_that_were_cut_is_refused(folder, run):
    path = run / "predictions.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:5]))
    command = ("export-predictions", run, "--to", "jsonl", "-o", "found.jsonl")
    _, messages = called(*command, folder=folder, code=3)
    assert "predictions.jsonl is not the file that was stored" in messages
    assert not (folder / "found.jsonl").exists()


def test_predicting_with_a_flipped_byte_in_the_model_is_refused(folder, run):
    (folder / "text.txt").write_text("天\n", encoding="utf-8")
    flip(run / "model" / "weights.bin", 0)
    _, messages = called("predict", run, "text.txt", folder=folder, code=4)
    assert "model/weights.bin is not the file that was stored" in messages


def test_predicting_by_an_edited_record_is_refused(folder, run):
    (folder / "text.txt").write_text("天\n", encoding="utf-8")
    change(run / "run.json", "backend", to="crf")
    _, messages = called("predict", run, "text.txt", folder=folder, code=2)
    assert "run.json is not the file that was stored" in messages


def test_the_seed_of_an_edited_record_is_lost_in_its_row(folder, run):
    change(run / "run.json", "parameters", to=1)
    [rejected] = reader.read([folder / "results"]).rejected
    assert (rejected.row, rejected.seed) == (("made", "dictionary", "default", "first"), 1)


def test_a_result_of_before_hashes_were_recorded_is_read_and_said_to_have_none(folder):
    for path in (folder / "results").rglob("metrics.json"):
        content = json.loads(path.read_text())
        del content["files"]
        path.write_text(json.dumps(content))
    out, _ = called("verify", "results", folder=folder)
    assert out == "hashes of files: not recorded by 6 results\n6 results read, 0 problems\n"


def test_a_record_edited_where_the_hashes_were_removed_is_named_in_the_certificate(folder, run):
    change(run / "run.json", "settings", to=SETTINGS | {"window_limit": 9999})
    change(run / "metrics.json", "files", to=None)
    out, _ = called("leaderboard", "results", folder=folder)
    assert "DIFFERS: hashes of files (recorded): not of every run" in out
    assert "not recorded of seed 1" in out


def test_the_certificate_says_that_every_run_carries_hashes(folder):
    out, _ = called("leaderboard", "results", folder=folder)
    assert "ok: hashes of files (recorded): of every run" in out


def test_hashes_of_which_one_was_removed_are_those_of_another_run(folder, run):
    files = json.loads((run / "metrics.json").read_text())["files"]
    change(run / "run.json", "parameters", to=1)
    for left in ({}, {name: told for name, told in files.items() if name != "run.json"}):
        change(run / "metrics.json", "files", to=left)
        out, _ = called("leaderboard", "results", folder=folder)
        assert "first1 (unsound): run.json is no file of this run" in out


def test_a_model_may_be_removed_as_a_whole_to_save_space(folder, run):
    (run / "model" / "weights.bin").unlink()
    (run / "model").rmdir()
    called("merge", "results", "-o", "all", folder=folder)
    (folder / "text.txt").write_text("天\n", encoding="utf-8")
    _, messages = called("predict", run, "text.txt", folder=folder, code=4)
    assert "holds no model" in messages
