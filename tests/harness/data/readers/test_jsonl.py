"""JSON Lines: exact or refused, with the line and what the offsets may have meant."""

import json

import pytest
from reading import codes, messages, put

from harness.core import Span
from harness.data import readers
from harness.data.readers import jsonl


def objects(tmp_path, *rows, joiner=""):
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    return readers.read(jsonl.JsonlSource(put(tmp_path / "a.jsonl", text), joiner))


def span(start, end, label="PER", **more):
    return {"start": start, "end": end, "label": label, **more}


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ("{", "json", "not valid JSON"),
        ("[" * 100_000, "json", "not valid JSON"),
        ("[1]", "json", "expected an object"),
        ('{"text": "a", "text": "b", "spans": []}', "json", "the key 'text' appears twice"),
        ({"text": "a"}, "json", "found the keys 'text'"),
        ({"text": "a", "span": []}, "json", "found the keys 'text', 'span'"),
        ({"text": "a", "tags": ["O"]}, "json", '"tokens" and "tags"'),
        ({"text": 1, "spans": []}, "json", "expected a string"),
        ({"tokens": "ab", "tags": []}, "json", '"tokens" must be a list of strings'),
        ({"tokens": ["a"], "tags": [1]}, "json", '"tags" must be a list of strings'),
        ({"tokens": ["a", "b"], "tags": ["O"]}, "unequal-lengths", "2 tokens, 1 tags"),
        ({"tokens": ["a", ""], "tags": ["O", "O"]}, "empty-unit", "unit 2 is empty"),
        ({"text": "a\0", "spans": []}, "nul", "unit 2 is a NUL"),
        ({"text": "a\ud83d", "spans": []}, "surrogate", r"unit 2 is half a character: '\ud83d'"),
        ({"text": "ab", "spans": {}}, "json", '"spans" must be a list'),
        ({"text": "ab", "spans": [1]}, "span", "1 is not a span"),
        ({"text": "ab", "spans": [span("0", 1)]}, "span", "expected whole start and end"),
        ({"text": "ab", "spans": [span(False, 1)]}, "span", "expected whole start and end"),
        ({"text": "ab", "spans": [span(0, 1, "")]}, "span", "and a label"),
        ({"text": "ab", "spans": [span(0, 3)]}, "span", "leaves the text of 2 characters"),
        ({"text": "ab", "spans": [span(-1, 1)]}, "span", "leaves the text"),
        ({"text": "abc", "spans": [span(0, 1, text="ab")]}, "span", "inclusive: add 1"),
        ({"text": "ab", "spans": [span(1, 1, text="b")]}, "span", "inclusive: add 1"),
        ({"text": "ab", "spans": [span(1, 1)]}, "span", "is empty; the end looks inclusive: add 1"),
        ({"text": "ab", "spans": [span(1, 1, text="x")]}, "span", "'text': 'x'} is empty"),
        ({"text": "ab", "spans": [span(2, 2)]}, "span", "'PER'} is empty"),
        ({"text": "abcd", "spans": [span(3, 1)]}, "span", "ends at 1, before it begins at 3: rev"),
        ({"text": "ab", "spans": [span(-1, 1)]}, "span", "leaves the text of 2 characters"),
        ({"text": "ab", "spans": [span(0, 1, text="x")]}, "span", "the text there is 'a'"),
        ({"text": "😀ab", "spans": [span(2, 4, text="ab")]}, "span", "they are 1 to 3"),
        ({"text": "😀abc", "spans": [span(2, 4, text="ab")]}, "span", "UTF-16 code units"),
        ({"id": [1], "text": "a", "spans": []}, "json", '"id" is [1]'),
        ({"document": [1], "text": "a", "spans": []}, "json", '"document" is [1]'),
    ],
)
def test_a_wrong_object_is_a_problem_with_its_line(tmp_path, row, code, words):
    sound = {"text": "a", "spans": []}
    reading = objects(tmp_path, sound, row, sound)
    assert codes(reading) == [(code, 2, None)]
    assert words in messages(reading)
    assert [record.line for record in reading.records] == [1, 3]


def test_spans_that_overlap_are_read_since_the_task_says_which_stay(tmp_path):
    reading = objects(tmp_path, {"text": "abcd", "spans": [span(2, 4), span(0, 3, "T")]})
    assert reading.problems == ()
    assert reading.records[0].spans == (Span(0, 3, "T"), Span(2, 4, "PER"))


def test_spans_of_words_must_fit_the_words(tmp_path):
    reading = objects(tmp_path, {"text": "in Berlin.", "spans": [span(3, 9)]}, joiner=" ")
    assert "does not begin and end with a unit" in messages(reading)
    reading = objects(tmp_path, {"text": "a  b", "spans": []}, joiner=" ")
    assert "unit 2 is empty: two ' ' in a row" in messages(reading)


def test_ids_are_unique_and_documents_kept(tmp_path):
    row = {"id": "x", "text": "a", "spans": [], "document": 7, "source": "ignored"}
    reading = objects(tmp_path, row, "", {**row, "text": ""}, {**row, "id": "y", "text": ""})
    assert [record.document for record in reading.records] == ["7"]
    assert codes(reading) == [("duplicate-id", 3, None), ("empty-line", 2, None)]
    assert "that of line 1" in messages(reading)
