"""A learning curve as a study: shares of train as runs, and what more of it would buy."""

import json

import pytest
from program import harness

CURVE = """\
question: How much does more text help?
tasks: [demo]
backends: [dictionary]
preset: tiny
seeds: [1, 2]
axes:
  share:
    scale: log
    law: power
    points:
      5 %: {at: 5, options: {train_share: 0.05}}
      20 %: {at: 20, options: {train_share: 0.2}}
      50 %: {at: 50, options: {train_share: 0.5}}
      100 %: {at: 100}
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curve")
    (folder / "mine.yaml").write_text(CURVE, encoding="utf-8")
    out, _ = harness("study", "mine.yaml", "-q", "--plots", "plots", folder=folder)
    return folder, out


def test_it_says_what_the_next_sentences_would_buy_or_that_it_cannot_be_told(asked):
    _, out = asked
    (line,) = [line for line in out.splitlines() if "next 1,000 sentences" in line]
    assert "F1 at 95 %" in line
    assert "Beyond" not in out  # what follows from the share is no other difference


def test_the_law_is_drawn(asked):
    folder, _ = asked
    assert "<path" in (folder / "plots" / "f1.svg").read_text(encoding="utf-8")


def test_a_share_is_part_of_what_a_run_is_and_of_the_certificate(asked):
    folder, _ = asked
    records = [json.loads(path.read_text()) for path in folder.rglob("run.json")]
    assert {r["settings"]["train_share"] for r in records} == {0.05, 0.2, 0.5, 1.0}
    assert len({r["digest"] for r in records}) == len(records) == 8
    assert len({r["data"]["fingerprint"] for r in records}) == 1
    table, _ = harness("leaderboard", "results", folder=folder)
    assert "on 5 % (draw 0) of train" in table
    assert table.count("Not ranked, since it differs in training: ") == 3


def test_what_test_sentences_are_new_is_told_of_the_share(asked):
    folder, _ = asked
    facts = {}
    for path in folder.rglob("run.json"):
        share = json.loads(path.read_text())["settings"]["train_share"]
        lines = path.with_name("predictions.jsonl").read_text(encoding="utf-8").splitlines()
        facts[share] = sum(json.loads(line)["seen"] for line in lines)
    assert facts[0.05] < facts[1.0]
