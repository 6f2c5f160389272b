"""Fuzzing: nothing breaks repair, and what would break it is found and can be found again."""

from dataclasses import replace
from itertools import repeat

import pytest

from harness.core import Decoded, Sentence, Text
from harness.generation import fuzz as module
from harness.generation.fuzz import FuzzCase, broken, case_of, check, fuzz
from harness.generation.repair import repair
from harness.tags import tag_set

TAGS = tag_set(["PER"])


def test_repair_stands_a_few_thousand_texts():
    report = fuzz(2500, seed=3)
    assert report.failures == ()
    assert report.texts == 2500
    assert 1000 < report.malformed < 2500
    assert report.slowest < module.SECONDS


@pytest.mark.slow
def test_workers_find_the_same_as_one_process(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 100)
    seen = []
    alone, shared = fuzz(300, 5), fuzz(300, 5, 2, lambda *done: seen.append(done))
    assert seen == [(100, 300), (200, 300), (300, 300)]
    assert (alone.texts, alone.malformed) == (shared.texts, shared.malformed)


def test_a_case_is_made_from_its_number_alone():
    assert case_of(1, 17) == case_of(1, 17)
    assert len({case_of(1, number) for number in range(200)}) > 190


def test_cases_are_of_all_formats_and_some_are_long():
    cases = [case_of(0, number) for number in range(3000)]
    assert {case.text.format for case in cases} == {"tags", "char-tag", "indexed", "inline", "json"}
    assert max(len(case.sentence) for case in cases) > 100
    assert sum(not case.sentence.units for case in cases) > 100


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ({"tags": ("O",)}, "1 tags for 2 units"),
        ({"tags": ("B-LOC", "O")}, "a tag out of the tag set"),
        ({"tags": ("O", "I-PER")}, "an illegal transition"),
        ({"raw_tags": ("B-PER", "O")}, "raw tags are not what the text says"),
        ({"repairs": {}}, "repairs counted: {}"),
        ({"repairs": {"loop": 0}}, "repairs counted: {'loop': 0}"),
        ({"tags": ("O", "I-PER")}, "not the same when rendered and repaired again"),
        ({"raw": ""}, "not the same twice"),
    ],
)
def test_each_broken_promise_is_seen(change, promise):
    case = FuzzCase(Text("甲 B_PER", "char-tag"), Sentence("s", ("甲", "乙")), TAGS)
    right = repair(case.text, case.sentence, case.tags)
    assert list(broken(case, right)) == []
    assert promise in list(broken(case, replace(right, **change)))


def entity(text, label):
    written = f'{{"entities": [{{"text": "{text}", "label": "{label}"}}]}}'
    return FuzzCase(Text(written, "json"), Sentence("s", ("甲", "乙")), TAGS)


def test_a_label_of_an_entity_that_the_task_does_not_have_stays_a_wrong_answer():
    case = entity("甲", "GPE")
    decoded = repair(case.text, case.sentence, case.tags)
    assert (decoded.tags, decoded.repairs) == (("B-GPE", "O"), {"unknown_label": 1})
    assert list(broken(case, decoded)) == []


def test_a_tag_out_of_the_tag_set_that_no_repair_counts_is_seen():
    case = entity("甲", "PER")
    decoded = replace(repair(case.text, case.sentence, case.tags), tags=("B-GPE", "O"))
    assert "a tag out of the tag set" in list(broken(case, decoded))


def test_an_exception_is_a_failure_with_its_case(monkeypatch):
    def fails(text, sentence, tags):
        raise IndexError("out of range")

    monkeypatch.setattr(module, "repair", fails)
    assert check(7, 12).failures == ("seed 7 case 12: raised IndexError: out of range",)


def test_a_slow_text_is_a_failure_with_its_case(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", -1.0)
    assert check(7, 12).failures[0].startswith("seed 7 case 12: took 0.0")


def test_a_report_keeps_few_failures(monkeypatch):
    monkeypatch.setattr(module, "broken", lambda case, decoded: repeat("wrong", 2))
    report = fuzz(50, 0)
    assert len(report.failures) == module.SHOWN
    assert isinstance(
        repair(case_of(0, 0).text, case_of(0, 0).sentence, case_of(0, 0).tags), Decoded
    )
