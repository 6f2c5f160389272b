"""Parallel files go line by line, or the place where they do not is named."""

from reading import codes, messages, put

from harness.data import readers
from harness.data.readers import parallel


def pair(tmp_path, units, tags, documents=None):
    named = put(tmp_path / "doc", documents) if documents is not None else None
    source = parallel.ParallelSource(put(tmp_path / "a", units), put(tmp_path / "b", tags), named)
    return readers.read(source)


def test_unequal_lengths_name_both_counts_and_the_first_unit_alone(tmp_path):
    reading = pair(tmp_path, "好 的\n他 来 了\n走\n", "O O\nO O\nO O\n")
    assert codes(reading) == [("unequal-lengths", 2, 3), ("unequal-lengths", 3, 2)]
    assert "a:2:3: error[unequal-lengths]: 3 units, 2 tags; unit '了' has no tag" in messages(
        reading
    )
    assert "1 units, 2 tags; tag 'O' has no unit" in messages(reading)
    assert [record.line for record in reading.records] == [1]


def test_files_of_unequal_length_name_both_counts(tmp_path):
    reading = pair(tmp_path, "好\n的\n了\n", "O\n")
    assert codes(reading) == [("unequal-files", 2, None)]
    assert "a has 3 lines, this file 1" in messages(reading)
    assert codes(pair(tmp_path, "好\n", "O\n", "d1\nd2\n")) == [("unequal-files", 2, None)]


def test_empty_lines_are_skipped_where_both_files_agree(tmp_path):
    reading = pair(tmp_path, "好\n\n\n的\n", "O\n\n\nO\n")
    assert [(record.units, record.line) for record in reading.records] == [
        (("好",), 1),
        (("的",), 4),
    ]
    (note,) = reading.problems
    assert (note.code, note.severity, note.line) == ("empty-line", "note", 2)
    assert "(2 lines, first here)" in note.message
    assert codes(pair(tmp_path, "好\n\n", "O\nO\n")) == [("unequal-lengths", 2, 1)]


def test_spaces_separate_and_nothing_else(tmp_path):
    assert codes(pair(tmp_path, "好  的\n", "O O\n"))[0] == ("empty-unit", 1, 2)
    assert codes(pair(tmp_path, " 好\n", "O\n"))[0] == ("empty-unit", 1, 1)
    assert codes(pair(tmp_path, "好\t的\n", "O\n")) == [("tab", 1, 1)]
    trailing = pair(tmp_path, "好 的 \n", "O O \n")
    assert [problem.severity for problem in trailing.problems] == ["note", "note"]
    assert trailing.records[0].units == ("好", "的")
    tab = pair(tmp_path, "好 \t\n", "O O\n")
    assert (tab.records[0].units, tab.problems[0].severity) == (("好", "\t"), "note")


def test_documents_go_line_by_line(tmp_path):
    reading = pair(tmp_path, "好\n的\n了\n", "O\nO\nO\n", "d1\nd1\n\n")
    assert [record.document for record in reading.records] == ["d1", "d1", None]


def test_a_line_that_is_not_text_is_left_out_alone(tmp_path):
    reading = pair(tmp_path, b"\xe5\xa5\xbd\n\xff\n\xe5\xa5\xbd\n", "O\nO\nO\n")
    assert [record.line for record in reading.records] == [1, 3]
    assert codes(reading) == [("encoding", 2, None)]
