"""Decisions are numbered without a gap, and who refers to one names one that is there."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
DECISIONS = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
HEADS = re.findall(r"^## .*$", DECISIONS, re.MULTILINE)
ENTRY = re.compile(r"## (\d+)\. .+ \(20\d\d-\d\d-\d\d\)")


def test_every_decision_has_a_number_a_title_and_a_date():
    assert [head for head in HEADS if not ENTRY.fullmatch(head)] == []


def test_decisions_are_numbered_one_by_one_in_order():
    assert numbers() == list(range(1, len(HEADS) + 1))


def test_every_decision_that_the_tree_refers_to_is_there():
    found = subprocess.run(
        ["git", "grep", "-IhoiE", r"\bdecision [0-9]+"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert len(found) > 10
    assert {int(reference.split()[1]) for reference in found} <= set(numbers())


def numbers():
    return [int(entry[1]) for entry in map(ENTRY.fullmatch, HEADS) if entry]
