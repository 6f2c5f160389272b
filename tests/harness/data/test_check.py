"""The check lists everything a run refuses, and all that is worth knowing, each with its place."""

import pytest
from reading import CORPUS, task_file, write_jsonl, write_parallel

from harness.core import Span
from harness.data.lint.check import check
from harness.data.lint.report import as_text
from harness.data.task import load
from harness.errors import ConfigError, DataError


@pytest.fixture
def small(tmp_path):
    write_parallel(tmp_path)
    return tmp_path


def found(report):
    return {problem.code: problem for problem in report.problems}


def test_a_clean_task_has_statistics_and_no_problem(small):
    report = check(task_file(small))
    assert {problem.severity for problem in report.problems} == {"note", "warning"}
    assert not report.refused
    train, dev, _ = report.statistics
    assert (train.sentences, train.units, train.longest) == (2, 6, 4)
    assert train.entities == {"PER": 1, "LOC": 2}
    assert dev.entities == {"PER": 0, "LOC": 0}
    lines = list(as_text(report))
    assert lines[0].endswith("gold read under the policy conlleval")
    assert lines[3].split() == ["train", "2", "6", "4", "0", "3", "1", "2", "BIO,", "B_X"]
    assert lines[-1] == "0 errors, 1 warning, 2 notes: a run takes this task"


BROKEN = {  # what is wrong: the file, its bytes, the place and the code of the problem
    "unequal lengths": ("dev.txt", "好 的\n", "dev.txt:1:2", "unequal-lengths"),
    "unequal files": ("dev.txt", "好\n好\n", "dev_TAG.txt:2", "unequal-files"),
    "an unknown label": ("dev_TAG.txt", "B_ORG\n", "dev_TAG.txt:1:1", "unknown-label"),
    "no tag": ("dev_TAG.txt", "x\n", "dev_TAG.txt:1:1", "tag"),
    "a mixture": ("test_TAG.txt", "B_PER M_PER I_PER O\n", "test_TAG.txt:1:3", "scheme"),
    "invalid UTF-8": ("dev.txt", b"\xe5\xa5\n", "dev.txt:1", "encoding"),
    "a lone CR": ("dev.txt", "好\r的\n", "dev.txt:1", "lone-cr"),
    "NUL": ("dev.txt", "\0\n", "dev.txt:1", "nul"),
    "an empty unit": ("dev.txt", " 好\n", "dev.txt:1:1", "empty-unit"),
    "a tab": ("dev.txt", "好\t的\n", "dev.txt:1:1", "tab"),
    "an empty split": ("dev", "", "dev_TAG.txt", "empty-split"),
    "a missing file": ("dev.txt", None, "dev.txt", "unreadable"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_the_check_calls_an_error_a_run_refuses(small, what):
    name, content, place, code = BROKEN[what]
    for path in (
        [small / name] if "." in name else [small / f"{name}.txt", small / f"{name}_TAG.txt"]
    ):
        path.unlink()
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = check(task_file(small))
    problem = found(report)[code]
    assert problem.severity == "error"
    assert problem.place == str(small / place)
    assert report.refused
    lines = list(as_text(report))
    assert lines[6].startswith("A sentence that cannot be read as it is is in no count here")
    assert lines[-1].endswith("a run would refuse this task")
    with pytest.raises(DataError, match=rf"error\[{code}\]"):
        load(task_file(small))


NOTED = {
    "a byte order mark": ("dev.txt", "\ufeff好\n", "dev.txt:1", "bom"),
    "CRLF": ("dev.txt", "好\r\n", "dev.txt:1", "crlf"),
    "empty lines": ("dev", "\n\n", "dev.txt:2", "empty-line"),
    "a malformed transition": ("dev_TAG.txt", "I_LOC\n", "dev_TAG.txt:1:1", "malformed"),
    "a space at the end": ("dev.txt", "好 \n", "dev.txt:1", "trailing-space"),
    "lost text": ("dev.txt", "\ufffd\n", "dev.txt:1", "replacement"),
    "units of several characters": ("dev.txt", "好的\n", "dev.txt:1:1", "long-unit"),
}


@pytest.mark.parametrize("what", NOTED)
def test_what_the_check_notes_a_run_takes(small, what):
    name, content, place, code = NOTED[what]
    if "." in name:
        (small / name).write_bytes(content.encode())
    else:
        (small / f"{name}.txt").write_bytes(b"\xe5\xa5\xbd" + content.encode())
        (small / f"{name}_TAG.txt").write_bytes(b"O" + content.encode())
    report = check(task_file(small))
    assert (found(report)[code].severity, found(report)[code].place) == ("note", str(small / place))
    assert not report.refused
    assert len(load(task_file(small)).splits["dev"]) == 1


def test_sentences_with_unknown_labels_are_left_out_of_the_statistics(small):
    unknown = ("ab", (Span(0, 1, "ORG"),))
    write_jsonl(small, {**CORPUS, "dev": [*CORPUS["dev"], unknown]})
    splits = {name: f"{name}.jsonl" for name in CORPUS}
    report = check(task_file(small, format="jsonl", splits=splits))
    assert [problem.code for problem in report.problems if problem.severity == "error"] == [
        "unknown-label"
    ]
    assert report.statistics[1].sentences == 1


def test_copies_within_and_between_splits_are_counted(small):
    repeated = ("京都", (Span(0, 1, "LOC"),))  # in train as one LOC of both
    write_parallel(small, {"train": [*CORPUS["train"], repeated], "test": [repeated, ("无", ())]})
    report = check(task_file(small))
    codes = ("conflicting-gold", "duplicates", "overlap-of-splits")
    notes = [problem for problem in report.problems if problem.code in codes]
    assert [(p.code, p.line) for p in notes] == [
        ("conflicting-gold", 3),
        ("duplicates", 3),
        ("overlap-of-splits", 1),
    ]
    assert "1 of 3 sentences (33.33%) of train are copies, this one of line 2" in str(notes[1])
    assert "the sentence of line 2, with other gold" in str(notes[0])
    assert "1 of 2 sentences (50.00%) of test are in train, too; this one in line 2" in str(
        notes[2]
    )


def test_labels_that_cannot_be_learned_or_never_occur_are_noted(small):
    write_parallel(small, {"dev": [("ab", (Span(0, 1, "ORG"), Span(1, 2, "ORG")))]})
    report = check(task_file(small, labels=["PER", "LOC", "ORG", "T"]))
    assert found(report)["unseen-label"].message == "ORG: 2 entities in dev, none in train"
    assert found(report)["unused-label"].message == "the label 'T' is in no split"
    assert found(report)["unused-label"].place == str(small / "task.yaml")


def test_long_lists_are_cut_and_the_rest_counted(small):
    (small / "dev.txt").write_text("a\n" * 7, encoding="utf-8")
    (small / "dev_TAG.txt").write_text("O O\n" * 7, encoding="utf-8")
    lines = list(as_text(check(task_file(small)), shown=5))
    assert sum("1 units, 2 tags" in line for line in lines) == 5
    assert "  and 2 more" in lines
    assert lines[-1].startswith("7 errors")


def test_control_characters_of_the_data_never_reach_the_terminal(small):
    (small / "dev.txt").write_text("\x1b]0;x\x07\t \x1b\n", encoding="utf-8")
    text = "\n".join(as_text(check(task_file(small))))
    assert "unequal-lengths" in text
    assert "\x1b" not in text


def test_carved_splits_have_statistics_of_their_own(small):
    splits = {"train": "train.txt", "test": "test.txt"}
    path = task_file(small, splits=splits, carve={"dev": {"from": "train", "share": 0.5}})
    write_parallel(small, {"train": [("甲", ()), ("乙", ()), ("丙", ()), ("丁", ())]})
    sizes = {row.split: (row.sentences, row.spelling) for row in check(path).statistics}
    assert sizes == {"train": (2, "BIO, B-X"), "dev": (2, "BIO, B-X"), "test": (1, "BIO, B_X")}


def test_a_wrong_task_file_or_no_data_is_no_report(small):
    with pytest.raises(ConfigError):
        check(task_file(small, labels=[]))
    with pytest.raises(DataError, match="tried"):
        check(task_file(small, root="nowhere"))
