"""In a task of words, counts are of units or of words, and characters are said of characters."""

import html
import json
import re

import pytest
from program import called, harness

from backends.training.history import describe
from harness.protocol import Epoch

SENTENCES = {
    "train": ["Ann went to Rome .", "Rome is far away .", "Bob saw Ann ."] * 4,
    "dev": ["Bob went to Rome ."],
    "test": ["Ann saw Rome .", "it rained ."],
}
NAMES = {"Ann": "PER", "Bob": "PER", "Rome": "LOC"}
# Of the letters and what separates words: tests/harness/leaderboard/test_build.py,
# ``test_speed_and_operations_are_of_characters_whatever_a_unit_is``.
OF_CHARACTERS = {"chars/s", "bits/char", "mflop/char", "bits per character"}
SAID = re.compile(r"(?:\w+ per |\S*/)?char(?:acter)?s?(?:/\w+| per \w+)?\b")


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A folder with a task of words and the runs of two backends."""
    folder = tmp_path_factory.mktemp("words")
    for split, texts in SENTENCES.items():
        lines = [
            {"tokens": units, "tags": [f"B-{NAMES[w]}" if w in NAMES else "O" for w in units]}
            for units in map(str.split, texts)
        ]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "words.yaml").write_text(
        "name: words\nlanguage: en\nformat: jsonl\njoiner: ' '\nlabels: [PER, LOC]\n"
        "splits: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}\n"
    )
    harness("run", "--task", "words.yaml", "--backend", "dictionary", "crf", "--seed", 13,
            folder=folder)  # fmt: skip
    return folder


def of_characters(text):
    """All that ``text`` says of characters."""
    return {found.lower() for found in SAID.findall(text)}


def test_the_line_of_an_epoch_is_in_units():
    line = describe(Epoch(1, 0.5, None, 0.5, 0.5, (), 2.0, 1.0, 300, 400, ""), 3)
    assert line.endswith("  150 units/s  1.33 positions a unit")
    assert not of_characters(line)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("check-data", "words.yaml"),
        ("leaderboard", "results", "--column", "all"),
        ("analyse", "results"),
    ],
)
def test_what_is_printed_says_characters_of_characters_alone(command, words):
    out, err = called(*command, folder=words)
    assert of_characters(out + err) <= OF_CHARACTERS


@pytest.mark.slow
def test_so_does_the_report(words):
    called("report", "results", "-o", "report.html", folder=words)
    page = (words / "report.html").read_text(encoding="utf-8")
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", " ", shown))
    assert of_characters(text) <= OF_CHARACTERS
