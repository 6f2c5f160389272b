"""The report shows each kind of problem once, with what to do; programs get all of it as JSON."""

import json
from dataclasses import replace

import clean_data
import pytest
from program import called
from reading import task_file, write_parallel

from harness.core import Span
from harness.data.lint.check import check
from harness.data.lint.registry import CHECKS
from harness.data.lint.report import as_json, as_text
from harness.data.readers import Problem


@pytest.fixture
def spotted(tmp_path):
    """Data with nine zero-width spaces and a malformed tag."""
    corpus = clean_data.characters()
    for text, _ in corpus["train"][:9]:
        text[2] = "\u200b"
    corpus["train"][0] = (["\u200b", *"\u200c去"], ())
    write_parallel(tmp_path, corpus)
    tags = tmp_path / "train_TAG.txt"
    tags.write_text(tags.read_text(encoding="utf-8").replace("O O O", "O I_PER O", 1))
    return task_file(tmp_path)


def checked(task, *options, code=0):
    return called("check-data", task, *options, folder=task.parent, code=code)[0]


def test_alike_problems_stand_under_one_head_with_what_to_do(spotted):
    lines = checked(spotted, "--show", 1).splitlines()
    at = lines.index(
        "warning[invisible] × 2: Zero-width and direction characters, alone or inside of a word."
    )
    folder = spotted.parent
    assert lines[at + 1 : at + 4] == [
        f"  {folder}/train.txt:1:1: U+200B ZERO WIDTH SPACE (9 times, first here)",
        "  and 1 more",
        f"  → {CHECKS['invisible'].remedy}",
    ]
    assert lines[-1] == "0 errors, 2 warnings, 1 note: a run takes this task"


def test_json_has_every_problem_and_the_remedies_of_those_there_are(spotted):
    found = json.loads(checked(spotted, "--json"))
    assert [(one["check"], one["line"], one["column"]) for one in found["problems"]] == [
        ("invisible", 1, 1), ("invisible", 1, 2), ("malformed", 1, 2),
    ]  # fmt: skip
    assert set(found["checks"]) == {"invisible", "malformed"}
    assert found["checks"]["invisible"]["remedy"].startswith("Remove them")
    assert (found["refused"], sorted(found["labels"])) == (False, ["LOC", "PER"])
    assert found["splits"][0]["entities"] == {"PER": 40, "LOC": 39}


def test_strict_makes_notes_an_exit_code_and_ignore_takes_them_out(spotted):
    checked(spotted, "--strict", code=3)
    checked(spotted, "--strict", "--ignore", "invisible", code=3)
    out = checked(spotted, "--strict", "--ignore", "invisible", "malformed")
    assert out.endswith("0 errors, 0 warnings, 0 notes: a run takes this task\n")


def test_a_check_that_does_not_exist_cannot_be_ignored(spotted):
    _, told = called("check-data", spotted, "--ignore", "invisble", folder=spotted.parent, code=2)
    assert "did you mean 'invisible'" in told


def test_an_error_is_never_ignored(tmp_path):
    write_parallel(tmp_path, {**clean_data.characters(), "dev": [("丙", (Span(0, 1, "X"),))]})
    out = checked(task_file(tmp_path), "--ignore", "unknown-label", code=3)
    assert "error[unknown-label]" in out


def test_one_wrong_name_of_a_label_is_one_problem_and_the_line_for_the_task_is_ready(tmp_path):
    write_parallel(tmp_path, clean_data.characters())
    for tags in tmp_path.glob("*_TAG.txt"):
        tags.write_text(tags.read_text(encoding="utf-8").replace("PER", "PERSON"))
    lines = checked(task_file(tmp_path), code=3).splitlines()
    at = lines.index("error[unknown-label] × 3: A label that the task does not name.")
    assert (
        "the tag 'B_PERSON': 'PERSON' is not among the labels of the task (did you mean 'PER'?)"
        in lines[at + 1]
    )
    assert "(80 times, first here)" in lines[at + 1]
    assert lines[lines.index("the labels of these files, for the task file:") + 1] in (
        "labels: [PERSON, LOC]", "labels: [LOC, PERSON]",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ("B-PER I-PER O B_LOC I_LOC", "2 of 480 tags are of the rarest kind, first 'B-PER' here"),
        ("B_PER E_PER O B_LOC I_LOC", ""),
        ("B_PER M_PER O B_LOC I_LOC", "1 of 480 tags are of the rarest kind, first 'M_PER' here"),
    ],
)
def test_the_rarer_of_two_spellings_is_pointed_at(tmp_path, tags, words):
    corpus = clean_data.characters()
    corpus["train"] *= 3
    write_parallel(tmp_path, corpus)
    path = tmp_path / "train_TAG.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[6] = tags
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = checked(task_file(tmp_path), code=3 if words else 0)
    assert words in out
    if words:
        assert f"{path}:7:" in out


@pytest.mark.parametrize(
    ("mark", "name"),
    [("", ""), ("\t", ", but by tabs"), ("\u3000", ", but by ideographic spaces (U+3000)")],
)
def test_text_that_is_not_cut_into_units_is_one_error_beside_its_lines(tmp_path, mark, name):
    write_parallel(tmp_path, clean_data.characters())
    path = tmp_path / "train.txt"
    path.write_text(path.read_text(encoding="utf-8").replace(" ", mark), encoding="utf-8")
    out = checked(task_file(tmp_path), code=3)
    assert f"units are not separated by one space{name} (40 lines, first here)" in out


def test_what_a_reader_of_a_plugin_finds_is_told_though_no_check_here_knows_it(tmp_path):
    write_parallel(tmp_path, clean_data.characters())
    report = check(task_file(tmp_path))
    foreign = Problem("a.xml", 3, "half-tag", "note", "a tag that is never closed")
    told = replace(report, problems=(foreign,))
    lines = list(as_text(told))
    assert lines[lines.index("note[half-tag]:") + 1] == "  a.xml:3: a tag that is never closed"
    assert json.loads(as_json(told))["problems"][0]["check"] == "half-tag"
