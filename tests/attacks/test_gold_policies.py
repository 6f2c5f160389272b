"""Gold read under another policy than the headline's: the score stays conlleval's."""

import json

import made_runs
import pytest
from built_tables import built, cells
from program import called
from stored_runs import change, write_row

from harness.analysis import load_all
from harness.core import Example, Sentence, Span
from harness.results import reader
from harness.tags import POLICIES


def only_row(folder):
    [block] = built(folder).blocks
    return cells(block, block.rows[0])


@pytest.mark.parametrize("policy", POLICIES)
def test_the_headline_is_conllevals_and_lies_in_its_own_interval(tmp_path, policy):
    write_row(tmp_path, "electra", rate=0.7, sentences=40)
    runs = [run.folder for run in reader.read([tmp_path]).runs]
    expected = only_row(tmp_path)
    for folder in runs:
        change(folder / "run.json", "data", "policy", to=policy)
        change(folder / "metrics.json", "policy", to=policy)
    found = only_row(tmp_path)
    assert found["f1"] == expected["f1"]
    assert found["macro_f1"] == expected["macro_f1"]
    low, high = found["interval"].value
    assert low <= found["f1"].value <= high
    assert found["strict_f1"].value != found["f1"].value, "the policies differ on these answers"


def test_the_policy_of_the_gold_is_a_line_of_its_own(tmp_path):
    write_row(tmp_path, "electra", sentences=6)
    for run in reader.read([tmp_path]).runs:
        change(run.folder / "run.json", "data", "policy", to="discard")
        change(run.folder / "metrics.json", "policy", to="discard")
    [block] = built(tmp_path).blocks
    lines = {line.name: line.value for line in block.certificate}
    assert (lines["tag policy"], lines["gold read under"]) == ("conlleval", "discard")


def test_an_orphan_begins_an_entity_in_every_score_of_a_discard_task(tmp_path):
    text = Sentence("s", tuple("甲乙丙"))
    answer = made_runs.prediction(Example(text, (Span(1, 3, "PER"),)), ("O", "I-PER", "I-PER"))
    made = made_runs.store(tmp_path / "run", made_runs.answers([answer], "a", labels=("PER",)))
    change(made / "run.json", "data", "policy", to="discard")
    change(made / "metrics.json", "policy", to="discard")
    assert json.loads((made / "metrics.json").read_text())["types"]["discard"]["PER"] == [0, 0, 1]
    row = only_row(tmp_path)
    assert (row["f1"].text, row["discard_f1"].text) == ("100.00", "0.00")
    [run] = load_all([tmp_path])
    assert run.metrics.micro().f1 == 1.0


def test_what_was_rescored_is_not_rescored_again_as_if_it_were_the_original(tmp_path):
    write_row(tmp_path / "results", "electra", rate=0.7, sentences=12)
    called("rescore", "results", "--policy", "strict", "-o", "strict", folder=tmp_path)
    for folders in (("strict",), ("results", "strict")):
        command = ("rescore", *folders, "--policy", "conlleval", "-o", "again")
        _, messages = called(*command, folder=tmp_path, code=2)
        assert "is itself rescored (read as strict)" in messages
        assert not list((tmp_path / "again").rglob("metrics.json"))


def test_a_vote_of_rescored_answers_is_not_rescored(tmp_path):
    for name in ("electra", "t5", "gpt"):
        write_row(tmp_path / "results", name, rate=0.7, sentences=12)
    called("rescore", "results", "--policy", "strict", "-o", "strict", folder=tmp_path)
    called("vote", "strict", "-o", "voted", folder=tmp_path)
    _, messages = called("rescore", "voted", "-o", "again", folder=tmp_path, code=2)
    assert "is itself rescored (read as strict)" in messages


def test_the_policy_of_the_answers_is_what_the_record_says_and_is_not_called_proven(tmp_path):
    write_row(tmp_path, "electra", sentences=6)
    [block] = built(tmp_path).blocks
    [line] = [line for line in block.certificate if line.name == "tag policy"]
    assert (line.value, line.evidence) == ("conlleval", "recorded")
