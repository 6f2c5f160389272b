"""Files as the tools themselves write them, by their documentation; what is wrong has its place."""

import json

import pytest
from reading import codes, messages, put

from harness.core import Span
from harness.data import readers
from harness.data.readers import brat as brat_reader
from harness.data.readers import labelstudio
from harness.data.readers.brat import BratSource
from harness.data.readers.doccano import DoccanoSource
from harness.data.readers.labelstudio import LabelStudioSource

SONY = "Sony formed a joint venture with Ericsson, a mobile phone company based in Sweden."


def region(start, end, label="PER", **more):
    value = {"start": start, "end": end, "labels": [label], **more}
    return {"id": "x", "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def task(text, *regions, **more):
    return {
        "id": 1,
        "data": {"text": text},
        "annotations": [{"id": 7, "result": [*regions]}],
    } | more


def studio(tmp_path, *tasks, indent=None):
    text = tasks[0] if isinstance(tasks[0], str) else json.dumps(tasks, indent=indent)
    return readers.read(LabelStudioSource(put(tmp_path / "a.json", text)))


def test_label_studio_regions_are_entities_and_relations_and_choices_are_not(tmp_path):
    relation = {"type": "relation", "from_id": "x", "to_id": "y", "direction": "right"}
    choice = {"type": "choices", "value": {"choices": ["good"]}}
    given = task("张三在北京", region(0, 2, text="张三"), relation, choice, region(3, 5, "LOC"))
    found = studio(tmp_path, given)
    assert codes(found) == [("not-an-entity", 1, None)]
    assert "left out: 1 of type relation, 1 of type choices" in messages(found)
    assert found.problems[0].severity == "note"
    assert found.records[0].spans == (Span(0, 2, "PER"), Span(3, 5, "LOC"))


def test_regions_that_mark_entities_under_another_type_are_counted_by_it(tmp_path):
    html = region(0, 2) | {"type": "hypertextlabels"}
    found = studio(tmp_path, task("甲"), task("张三", html), task("李四", html), indent=1)
    assert [one.spans for one in found.records] == [(), (), ()]
    (problem,) = found.problems
    assert problem.message.endswith("left out: 2 of type hypertextlabels")
    assert problem.line > 1


ONE = json.dumps(task("甲"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[{ONE}]\n[{ONE}]\n", "the list of tasks ends, and the file does not, found '[{"),
        (f"[{ONE}]garbage", "the file does not, found 'garbage' on line 1; one list a file"),
        ("[]\n]", "the file does not, found ']' on line 2"),
        (f"[{ONE}\n{ONE}]", "expected a comma, or the ] of the list, found '{"),
        (f"[{ONE}", "expected a comma, or the ] of the list, found the end of the file"),
        (f"[{ONE},]", "not valid JSON in the task on line 1"),
        (f"[,{ONE}]", "not valid JSON in the task on line 1"),
        (f"[{ONE},,{ONE}]", "not valid JSON in the task on line 1"),
    ],
)
def test_no_task_of_a_file_is_left_out_because_a_list_ended(tmp_path, text, words):
    """Two exports in a row (``cat a.json b.json``) are one file that is no list."""
    found = studio(tmp_path, text)
    assert words in messages(found)
    assert "error" in {problem.severity for problem in found.problems}


def test_the_one_text_of_a_task_is_its_text_whatever_it_is_called(tmp_path):
    given = task("", region(0, 1)) | {"data": {"review": "张三", "number": 3}}
    assert studio(tmp_path, given).records[0].units == ("张", "三")


def test_a_task_that_nobody_annotated_is_no_sentence_without_entities(tmp_path):
    undone = [
        task("甲", annotations=[]),
        task("乙", annotations=[{"result": [], "was_cancelled": True}]),
    ]
    found = studio(tmp_path, *undone, task("丙"))
    assert [one.units for one in found.records] == [("丙",)]
    assert codes(found) == [("not-annotated", 1, None)]
    assert "2 lines" in messages(found)


def test_of_several_annotations_ground_truth_counts(tmp_path):
    first, second = {"result": [region(0, 1)]}, {"result": [], "ground_truth": True}
    assert studio(tmp_path, task("甲乙", annotations=[first, second])).records[0].spans == ()
    found = studio(tmp_path, task("甲乙", annotations=[first, {"result": []}]))
    assert codes(found) == [("annotations", 1, None)]
    assert "mark one as ground truth" in messages(found)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{}", "expected a JSON list of tasks"),
        ("[1]", 'expected a task with "data"'),
        ('[{"data": {"text": "a"}, "data": {}}]', "appears twice"),
        ("[{", "not valid JSON in the task on line 1"),
        ("[" * 100_000, "not valid JSON"),
        ("", "expected a JSON list"),
        (task("ab", region(0, 9)), "leaves the text of 2 characters"),
        (task("ab", region(0, 1, text="b")), "the text there is 'a'"),
        (task("😀ab", region(2, 4, text="ab")), "UTF-16 code units"),
        (task("ab", {"type": "labels", "value": {"start": 0, "end": 1, "labels": ["A", "B"]}}),
         "expected one label"),
        (task("ab", {"type": "labels"}), "has no value"),
        ({"data": {"a": "x", "b": "y"}, "annotations": [{"result": []}]}, 'no "text"'),
        ({"data": {"text": "a"}, "annotations": [{}]}, 'no list "result"'),
        ({"data": {"text": "a"}, "annotations": 3}, "must be a list"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_label_studio_is_a_problem(tmp_path, given, words):
    found = studio(tmp_path, given)
    assert words in messages(found)
    assert [p.severity for p in found.problems if words in p.message] == ["error"]


def test_a_task_is_told_by_the_line_it_begins_on(tmp_path):
    found = studio(tmp_path, task("甲"), task("乙", region(0, 5)), indent=1)
    text = (tmp_path / "a.json").read_text(encoding="utf-8").split("\n")
    (problem,) = found.problems
    assert text[problem.line - 1].strip() == "{"
    assert problem.line > 5


def doccano(tmp_path, *rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return readers.read(DoccanoSource(put(tmp_path / "a.jsonl", text)))


@pytest.mark.parametrize(
    "labels",
    [
        {"label": [[0, 2, "PER"], [3, 5, "LOC"]]},
        {"labels": [[0, 2, "PER"], [3, 5, "LOC"]]},
        {"entities": [{"id": 3, "label": "PER", "start_offset": 0, "end_offset": 2},
                      {"id": 4, "label": "LOC", "start_offset": 3, "end_offset": 5}],
         "relations": []},
    ],
)  # fmt: skip
def test_doccano_in_each_of_its_three_forms(tmp_path, labels):
    found = doccano(tmp_path, {"id": 1, "text": "张三在北京", **labels, "Comments": []})
    assert found.problems == ()
    assert found.records[0].spans == (Span(0, 2, "PER"), Span(3, 5, "LOC"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"text": "a"}, 'one of "label", "labels" and "entities"'),
        ({"text": "a", "label": [], "labels": []}, "found the keys"),
        ({"text": "a", "label": {}}, "must be a list"),
        ({"text": "a", "label": [[0, 1]]}, "expected [start, end, label]"),
        ({"text": "a", "label": [[0, 2, "A"]]}, "leaves the text"),
        ({"text": "a", "label": [[0, 0, "A"]]}, "is empty; the end looks inclusive: add 1"),
        ({"text": "a", "label": [[1, 0, "A"]]}, "ends at 0, before it begins at 1"),
        ({"text": "a", "entities": [{"label": "A"}]}, "expected whole start and end"),
    ],
)
def test_what_is_wrong_in_doccano_is_a_problem_with_its_line(tmp_path, row, words):
    found = doccano(tmp_path, {"text": "a", "label": []}, row)
    (problem,) = found.problems
    assert words in problem.message
    assert problem.line == 2


def brat(tmp_path, text, notes, joiner=" "):
    (tmp_path / "docs").mkdir(exist_ok=True)
    put(tmp_path / "docs" / "one.txt", text)
    put(tmp_path / "docs" / "one.ann", notes)
    return readers.read(BratSource(tmp_path / "docs", joiner))


def test_brat_as_its_manual_shows_it(tmp_path):
    notes = (
        "T1\tOrganization 0 4\tSony\nT2\tMERGE-ORG 14 27\tjoint venture\n"
        "T3\tOrganization 33 41\tEricsson\nE1\tMERGE-ORG:T2 Org1:T1 Org2:T3\n"
        "R1\tOrigin Arg1:T3 Arg2:T4\nA1\tNegation E1\n*\tEquiv T1 T3\n#1\tAnnotatorNotes T1\tnote\n"
        "T4\tCountry 75 81\tSweden\n"
    )
    found = brat(tmp_path, f"{SONY}\n\nNext.\n", notes, "")
    spans = found.records[0].spans
    assert [(SONY[s.start : s.end], s.label) for s in spans] == [
        ("Sony", "Organization"), ("joint venture", "MERGE-ORG"), ("Ericsson", "Organization"),
        ("Sweden", "Country"),
    ]  # fmt: skip
    assert found.records[1].document == "one"
    assert found.records[1].line == 3
    (note,) = found.problems
    assert (note.severity, note.code) == ("note", "not-an-entity")
    assert "5 lines" in note.message


def test_offsets_of_brat_count_carriage_returns_as_its_files_have_them(tmp_path):
    found = brat(tmp_path, "ab c\r\nxy z\r\n", "T1\tA 6 8\txy\n")
    assert [one.spans for one in found.records] == [(), (Span(0, 1, "A"),)]


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ("T1\tA 0 1;3 4\ta c\n", "in several pieces"),
        ("T1\tA 0\n", "expected T1, a tab"),
        ("T1\n", "expected T1, a tab"),
        ("T1\tA 0 9\tx\n", "goes on beyond its line"),
        ("T1\tA 0 7\tab c xy\n", "goes on beyond its line"),
        ("T1\tA 0 2\txx\n", "the text there is 'ab'"),
        ("T1\tA 99 100\tx\n", "goes on beyond its line, or leaves the document"),
        ("T1\tA 0 1\ta\n", "does not begin and end with a unit"),
        (f"T1\tA 0 {'9' * 5000}\tx\n", "expected T1, a tab"),
    ],
)
def test_what_is_wrong_in_brat_is_a_problem_with_its_file(tmp_path, notes, words):
    found = brat(tmp_path, "ab c\nxy z\n", notes)
    (problem,) = [p for p in found.problems if p.severity == "error"]
    assert words in problem.message
    assert problem.line == 1


def test_a_document_without_annotations_and_a_folder_without_documents_are_said(tmp_path):
    (tmp_path / "docs").mkdir()
    put(tmp_path / "docs" / "one.txt", "a\n")
    assert "one.ann" in messages(readers.read(BratSource(tmp_path / "docs")))
    assert "no document" in messages(readers.read(BratSource(tmp_path / "none")))


def test_annotations_of_brat_without_their_text_are_an_error(tmp_path):
    (tmp_path / "docs").mkdir()
    put(tmp_path / "docs" / "two.ann", "T1\tA 0 1\ta\n")
    found = brat(tmp_path, "ab\n", "")
    (problem,) = found.problems
    assert (problem.severity, problem.code) == ("error", "unreadable")
    assert problem.place == str(tmp_path / "docs" / "two.ann")
    assert "there is no two.txt beside them" in problem.message


@pytest.mark.parametrize(("text", "place"), [
    ("ab\n   \ncd\n", "3 5"), ("ab\n \t \ncd\n", "3 4"), ("ab\n\ncd\n", "3 3"),
    ("ab\n", "3 3"),
])  # fmt: skip
def test_an_entity_of_brat_on_a_line_that_is_no_sentence_is_an_error(tmp_path, text, place):
    found = brat(tmp_path, text, f"T1\tPER 0 1\ta\nT2\tPER {place}\n", "")
    (problem,) = found.problems
    assert (problem.severity, problem.code, problem.line) == ("error", "span", 2)
    assert "begins on a blank line, which is no sentence" in problem.message


def test_documents_of_brat_in_folders_below_are_noted(tmp_path):
    for name in ("below/one.txt", "below/one.ann", "other/deep/two.txt"):
        (tmp_path / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        put(tmp_path / "docs" / name, "")
    found = brat(tmp_path, "ab\n", "")
    (problem,) = found.problems
    assert (problem.severity, problem.code) == ("note", "folder-below")
    assert "3 files in folders of this folder are not read, first in below" in problem.message


def test_the_places_of_lines_of_brat_are_listed_once_and_not_for_each_entity(tmp_path, monkeypatch):
    searched = []
    search = brat_reader.bisect_right
    monkeypatch.setattr(
        brat_reader,
        "bisect_right",
        lambda starts, at: searched.append(starts) or search(starts, at),
    )
    notes = "".join(f"T{n}\tA {3 * n} {3 * n + 2}\tab\n" for n in range(9))
    assert len(brat(tmp_path, "ab\n" * 9, notes, "").records) == 9
    assert len(searched) == 9
    assert all(starts is searched[0] for starts in searched)


def test_each_line_end_of_label_studio_is_counted_once():
    class Counting(str):
        counted = 0

        def count(self, mark, begin=0, end=None):
            self.counted += (len(self) if end is None else end) - begin
            return super().count(mark, begin, end)

    for indent in (None, 1):
        text = Counting(json.dumps([task("甲")] * 200, indent=indent))
        lines = [line for line, _ in labelstudio.tasks(text)]
        assert text.counted <= len(text)
        if indent:
            assert [text.split("\n")[line - 1] for line in lines] == [" {"] * 200
