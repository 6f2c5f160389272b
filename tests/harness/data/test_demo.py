"""The demo corpus is what its script writes, clean, and neither trivial nor hopeless."""

import subprocess
import sys

import pytest

from harness.data.lint.check import check
from harness.data.task import load
from harness.resources import folder

DEMO = folder("configs") / "tasks" / "demo"


@pytest.fixture(scope="module")
def task():
    return load("demo")


def mentions(split):
    return [
        (example.sentence.mention(span), span.label)
        for example in split.examples
        for span in example.spans
    ]


def test_the_script_writes_the_committed_bytes(tmp_path):
    command = [sys.executable, "-B", str(DEMO / "make_demo.py"), str(tmp_path)]
    subprocess.run(command, check=True)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(path.name for path in DEMO.glob("*.txt"))
    for name in written:
        assert (tmp_path / name).read_bytes() == (DEMO / name).read_bytes(), name


def test_it_is_small_clean_and_has_all_types_in_all_splits(task):
    report = check("demo")
    assert not report.refused
    assert {problem.code for problem in report.problems} <= {
        "duplicates", "near-duplicates", "overlap-of-splits", "mixed-width", "compatibility",
    }  # fmt: skip
    assert {name: len(split) for name, split in task.splits.items()} == {
        "train": 400,
        "dev": 80,
        "test": 120,
    }
    assert task.tags == (
        "O",
        *(f"{p}-{label}" for label in ("PER", "LOC", "ORG", "T") for p in "BI"),
    )
    for row in report.statistics:
        assert row.malformed == 0
        assert min(row.entities.values()) > 30


def test_half_of_the_test_entities_are_new(task):
    known = set(mentions(task.splits["train"]))
    found = mentions(task.splits["test"])
    assert 0.4 < sum(mention not in known for mention in found) / len(found) < 0.6


def test_names_of_places_are_also_parts_of_organisations(task):
    found = mentions(task.splits["train"])
    places = {text for text, label in found if label == "LOC"}
    nested = {text for text, label in found if label == "ORG" and text[:2] in places}
    assert "上海" in places
    assert len(nested) > 20


def test_it_has_the_hard_cases_of_its_field(task):
    for split in task.splits.values():
        assert any(not example.spans for example in split.examples)
        assert any(len(example.sentence) > 100 for example in split.examples)
    examples = task.splits["train"].examples
    adjacent = [
        example
        for example in examples
        for left, right in zip(example.spans, example.spans[1:], strict=False)
        if left.end == right.start and left.label == right.label
    ]
    assert adjacent
    text = "".join(example.sentence.text for example in examples)
    assert any(digit in text for digit in "０１２３４５６７８９")
    assert any(letter in text for letter in "ABGT")
    numbers = [
        unit
        for example in examples
        for position, unit in enumerate(example.sentence.units)
        if unit.isdigit() and not any(s.start <= position < s.end for s in example.spans)
    ]
    assert len(numbers) > 100


def test_a_list_of_names_is_not_enough(task):
    """Longest match against train, the simplest baseline there is, gets about 60 of F1."""
    known = dict(mentions(task.splits["train"]))
    longest = max(map(len, known))
    hits = guesses = 0
    for example in task.splits["test"].examples:
        text, start = example.sentence.text, 0
        gold = {(span.start, span.end, span.label) for span in example.spans}
        while start < len(text):
            ends = range(min(start + longest, len(text)), start, -1)
            end = next((end for end in ends if text[start:end] in known), None)
            if end:
                guesses += 1
                hits += (start, end, known[text[start:end]]) in gold
            start = end or start + 1
    f1 = 2 * hits / (guesses + len(mentions(task.splits["test"])))
    assert 0.5 < f1 < 0.75
