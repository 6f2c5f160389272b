"""Gold read under another policy than the headline's: the score stays conlleval's."""

import json

import made_runs
import pytest
from built_tables import built, cells
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
