"""A learning curve as a study: shares of train as runs, and what more of it would buy."""

import json

import numpy as np
import pytest
from program import harness

from harness.statistics.power_law import LEAST, Growth
from harness.studies import growth

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


def test_an_axis_that_leaves_train_as_it_is_has_no_law_whatever_its_points(tmp_path):
    head, _ = CURVE.split("axes:")
    axes = "axes: {shortest: {values: [1, 2], law: power}}\n"
    (tmp_path / "mine.yaml").write_text(head + axes, encoding="utf-8")
    out, _ = harness("study", "mine.yaml", "-q", folder=tmp_path)
    (line,) = [line for line in out.splitlines() if "next 1,000 sentences" in line]
    (size,) = {json.loads(path.read_text())["data"]["sentences"]["train"]
               for path in tmp_path.rglob("run.json")}  # fmt: skip
    assert f"cannot be told: all points learned from {size} sentences" in line


def law(floor, scale, rate):
    """A law that every draw gives alike, through four sizes up to 1,000 sentences."""
    parts = [np.full(5, value) for value in (floor, scale, rate)]
    return Growth((50, 100, 500, 1000), *parts, None, covers_training=True)


@pytest.mark.parametrize(("floor", "scale"), [(0.0, 0.0), (0.4, -0.5)], ids=["perfect", "falling"])
def test_a_law_without_growth_claims_none(floor, scale):
    (told,) = growth.told(law(floor, scale, 0.5))
    assert told.startswith("What the next 1,000 sentences would buy cannot be told")
    assert "error falls" not in told


def test_what_is_told_of_a_law_has_the_uncertainty_of_each_number():
    error, bought = growth.told(law(0.1, 2.0, 0.5))
    assert error == (
        "The error falls with the 0.50th power of the sentences of train (0.50 to 0.50 at 95 %), "
        "towards 10.00 % (10.00 to 10.00) that no more of them would take away."
    )
    gain = 2.0 * (1000**-0.5 - 2000**-0.5)
    assert f"would buy {100 * gain:.2f} F1 (" in bought
    assert "F1 at 95 %, given the shares that were drawn: with others it varies more)" in bought
    flat, _ = growth.told(law(0.1, 2.0, LEAST))
    assert "(0.02 or less to 0.02 at 95 %)" in flat
