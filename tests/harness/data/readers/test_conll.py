"""Columns: units first, tags last, blank lines between, documents at their mark."""

import pytest
from reading import codes, messages, put

from harness.data import readers
from harness.data.readers import conll


def columns(tmp_path, text, count=2):
    return readers.read(conll.ConllSource(put(tmp_path / "a.conll", text), count))


def test_documents_begin_at_their_mark(tmp_path):
    text = "a O\n\n-DOCSTART- O\n\nb O\n-DOCSTART- X\nc O\n\nd O\n"
    reading = columns(tmp_path, text)
    assert [(r.units[0], r.document, r.line) for r in reading.records] == [
        ("a", None, 1),
        ("b", "1", 5),
        ("c", "2", 7),
        ("d", "2", 9),
    ]


def test_blank_lines_more_than_needed_are_noted(tmp_path):
    reading = columns(tmp_path, "\na\tO\n\n\n \nb\tO\n\n\n")
    assert [record.units for record in reading.records] == [("a",), ("b",)]
    assert [(problem.code, problem.severity) for problem in reading.problems] == [
        ("empty-line", "note"),
        ("blank-line", "note"),
    ]


def test_a_wide_space_is_a_unit_and_no_blank_line(tmp_path):
    reading = columns(tmp_path, "\u3000\tO\nb\tO\n")
    assert reading.records[0].units == ("\u3000", "b")


def test_a_tab_may_be_a_unit_between_columns_of_spaces(tmp_path):
    assert columns(tmp_path, "a O\n\t O\nb O\n").records[0].units == ("a", "\t", "b")


def test_a_unit_may_begin_like_a_comment(tmp_path):
    assert columns(tmp_path, "# O\n#x O\n").records[0].units == ("#", "#x")


@pytest.mark.parametrize(
    ("text", "count", "problem", "words"),
    [
        ("a O\nb\n", 2, ("columns", 2, None), "'b' has no tag: expected a unit, a space and a tag"),
        ("a\tO\nb O\nc\tO\n", 2, ("columns", 2, None), "expected a unit, a tab and a tag"),
        ("EU NNP B-NP B-ORG\n", 2, ("columns", 1, None), "if so, say `columns: 4`"),
        ("EU NNP B-ORG\n", 4, ("columns", 1, None), "3 columns separated by a space, expected 4"),
        ("a O\n O\n", 2, ("empty-unit", 2, None), "no unit before the space"),
        ("a O\n\u3000\n", 2, ("columns", 2, None), "has no tag"),
        ("a\tO\nb\t\n", 2, ("columns", 2, None), "has no tag"),
    ],
)
def test_a_broken_line_is_one_problem_and_loses_its_sentence(tmp_path, text, count, problem, words):
    reading = columns(tmp_path, text + "\nz O\n".replace(" ", "\t" if "\t" in text else " "), count)
    assert codes(reading)[0] == problem
    assert words in messages(reading)
    assert all(record.units == ("z",) for record in reading.records)


def test_the_first_and_the_last_column_are_read(tmp_path):
    (record,) = columns(tmp_path, "EU NNP B-NP B-ORG\nrejects V B-VP O\n", 4).records
    assert (record.units, record.tags) == (("EU", "rejects"), ("B-ORG", "O"))
    assert record.place(1) == (2, None)
