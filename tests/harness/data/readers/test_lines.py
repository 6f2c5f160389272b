"""Lines without loss: nothing but a line feed cuts, nothing is stripped."""

import pytest
from reading import codes, messages, put

from harness.data import readers
from harness.data.readers import conll, jsonl, lines, parallel


def test_only_a_line_feed_ends_a_line(tmp_path):
    text = lines.read(put(tmp_path / "a", "a\u2028b\x0cc\u0085d\u3000\ne\r\n\nf"))
    assert text.lines == ("a\u2028b\x0cc\u0085d\u3000", "e", "", "f")


def test_an_empty_file_has_no_line_and_an_empty_line_is_one(tmp_path):
    assert lines.read(put(tmp_path / "a", "")).lines == ()
    assert lines.read(put(tmp_path / "a", "\n")).lines == ("",)
    assert lines.read(put(tmp_path / "a", b"\xef\xbb\xbf")).lines == ()


def test_bytes_that_are_not_utf8_have_line_and_offset_and_a_guess(tmp_path):
    content = "\ufeff好\n".encode() + "北京\n".encode("gb18030") + "好\n".encode()
    text = lines.read(put(tmp_path / "a", content))
    assert text.lines == ("好", None, "好")
    broken = [problem for problem in text.problems if problem.code == "encoding"]
    assert [problem.line for problem in broken] == [2]
    assert "byte 7 is not UTF-8 (0xb1); convert" in broken[0].message

    whole = lines.read(put(tmp_path / "b", "北京\n上海\n".encode("gb18030")))
    assert [problem.line for problem in whole.problems] == [1, 2]
    assert "may be GB18030" in whole.problems[0].message


def test_one_nul_among_lines_of_text_makes_no_utf16_of_them(tmp_path):
    content = "好\n".encode() * 9 + b"\0\n" + "好".encode("gb18030") + b"\n"
    said = " ".join(one.message for one in lines.read(put(tmp_path / "a", content)).problems)
    assert "looks like" not in said


TRADITIONAL = "台灣的張先生去了臺北市政府開會，討論經濟問題。\n"
JAPANESE = "東京の田中さんは、日本銀行で働いています。\n"


@pytest.mark.parametrize(("text", "encoding", "named"), [
    ("张 三 去 了 北 京 市 人 民 政 府 。\n", "gb18030", ["GB18030"]),
    (TRADITIONAL, "big5", ["BIG5", "look at the result"]),
    (JAPANESE, "shift_jis", ["SHIFT_JIS", "look at the result"]),
    ("北 京\n", "utf-16-le", ["looks like UTF-16LE: convert it: `iconv -f UTF-16LE -t UTF-8`"]),
    ("北 京\n", "utf-16-be", ["looks like UTF-16BE: convert it: `iconv -f UTF-16BE -t UTF-8`"]),
    ("北京\n", "utf-16", ["looks like UTF-16: convert it: `iconv -f UTF-16 -t UTF-8`"]),
])  # fmt: skip
def test_an_encoding_is_named_as_far_as_bytes_tell_with_the_command(
    tmp_path, text, encoding, named
):
    """Converted from another encoding a file would be garbage that no check finds."""
    said = lines.read(put(tmp_path / "a", (text * 20).encode(encoding))).problems[0].message
    assert all(word in said for word in named), said
    assert "`iconv -f " in said
    assert "GB18030" not in said or " or " in said or encoding == "gb18030"


@pytest.mark.parametrize(
    ("content", "code", "severity", "line", "words"),
    [
        ("\ufeffa\n", "bom", "note", 1, "byte order mark"),
        ("a\r\nb\r\n", "crlf", "note", 1, "(2 lines, first here)"),
        ("a\nb\r\n", "crlf", "note", 2, "in a file of 2: mixed line ends (1 line)"),
        ("a\nb\rc\n", "lone-cr", "error", 2, "carriage return"),
        ("a\r\r\n", "lone-cr", "error", 1, "carriage return"),
        ("a\n\0\n", "nul", "error", 2, "NUL"),
        ("a\x1b[31m\n", "control", "note", 1, "control characters"),
        ("a\ufffd\n", "replacement", "note", 1, "U+FFFD"),
    ],
)
def test_text_that_is_odd(tmp_path, content, code, severity, line, words):
    problems = {
        problem.code: problem for problem in lines.read(put(tmp_path / "a", content)).problems
    }
    problem = problems[code]
    assert (problem.severity, problem.line) == (severity, line)
    assert words in problem.message


@pytest.mark.parametrize(
    ("content", "mixed"),
    [("a\r\nb\r\n", False), ("a\r\n\r\nb", False), ("a\r\nb\n", True), ("a\r\nb\nc", True)],
)
def test_a_last_line_without_an_end_mixes_no_line_ends(tmp_path, content, mixed):
    (problem,) = lines.read(put(tmp_path / "a", content)).problems
    assert ("mixed line ends" in problem.message) == mixed


def test_what_is_no_file_is_a_problem_of_its_own(tmp_path):
    missing = readers.read(conll.ConllSource(tmp_path / "none.conll"))
    assert "none.conll: error[unreadable]: cannot be read: No such file" in messages(missing)
    assert "not a regular file" in messages(readers.read(jsonl.JsonlSource(tmp_path)))
    half = readers.read(parallel.ParallelSource(put(tmp_path / "a", "好"), tmp_path / "none"))
    assert codes(half) == [("unreadable", None, None)]


def test_a_file_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_BYTES", 3)
    (problem,) = lines.read(put(tmp_path / "a", "1234")).problems
    assert "4 bytes, at most 3 are read" in problem.message
