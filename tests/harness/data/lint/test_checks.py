"""Each check finds its fault where it is planted, and none finds any in clean data."""

import json
import re
from pathlib import Path

import clean_data
import pytest
from reading import task_file, write_conll, write_jsonl, write_parallel

from harness.core import Span
from harness.data.lint import characters
from harness.data.lint.check import check
from harness.data.lint.registry import CHECKS
from harness.data.task import load, read
from harness.errors import DataError

READERS = Path(__file__).parents[4] / "harness" / "data"
PER, LOC, ORG = "PER", "LOC", "ORG"
THREE = {"labels": [PER, LOC, ORG]}


def with_sentence(text, *spans, split="train", **keys):
    """Clean data with one sentence more in front; ``keys`` change the task file."""

    def plant(folder):
        corpus = clean_data.characters()
        corpus[split].insert(0, ([*text], spans))
        write_parallel(folder, corpus)
        return task_file(folder, **keys)

    return plant


def with_sentences(*sentences, split="train", **keys):
    def plant(folder):
        corpus = clean_data.characters()
        corpus[split][:0] = [([*text], spans) for text, spans in sentences]
        write_parallel(folder, corpus)
        return task_file(folder, **keys)

    return plant


def with_tags(text, tags):
    """Clean data with one sentence more in front, its tags as they are given."""

    def plant(folder):
        write_parallel(folder, clean_data.characters())
        for name, line in (("train.txt", " ".join(text)), ("train_TAG.txt", tags)):
            path = folder / name
            path.write_text(f"{line}\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
        return task_file(folder)

    return plant


def without_gold(folder):
    corpus = clean_data.characters()
    corpus["dev"] = [(text, ()) for text, _ in corpus["dev"]]
    write_parallel(folder, corpus)
    return task_file(folder)


def words_that_are_characters(folder):
    write_parallel(folder, clean_data.characters())
    return task_file(folder, joiner=" ")


def one_file_twice(folder):
    write_parallel(folder, clean_data.characters())
    return task_file(folder, splits={"train": "train.txt", "dev": "dev.txt", "test": "dev.txt"})


def one_document_twice(folder):
    splits = {}
    for split, rows in clean_data.characters().items():
        lines = [
            json.dumps({"tokens": text, "document": f"{split}-{n // 2}",
                        "spans": [vars_of(span) for span in spans]})
            for n, (text, spans) in enumerate(rows)
        ]  # fmt: skip
        splits[split] = lines
    splits["test"][4] = splits["test"][4].replace("test-2", "train-7")
    for split, lines in splits.items():
        (folder / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return task_file(folder, format="jsonl", splits={s: f"{s}.jsonl" for s in splits})


def vars_of(span):
    return {"start": span.start, "end": span.end, "label": span.label}


def a_known_size(folder):
    corpus = clean_data.characters()
    corpus["test"] = [([f"王{n}"[0], *str(n)], (Span(0, 1, PER),)) for n in range(4365)]
    write_parallel(folder, corpus)
    return task_file(folder)


def nested_in_name_only(folder):
    write_jsonl(folder, {
        split: [("".join(text), spans) for text, spans in rows]
        for split, rows in clean_data.characters().items()
    })  # fmt: skip
    splits = {split: f"{split}.jsonl" for split in ("train", "dev", "test")}
    return task_file(folder, format="jsonl", splits=splits, nested=True)


def a_text_of_two_lines(folder):
    rows = {
        split: [("".join(text), spans) for text, spans in rows]
        for split, rows in clean_data.characters().items()
    }
    write_jsonl(folder, {**rows, "train": [("丙\n丁来", (Span(0, 3, LOC),)), *rows["train"]]})
    return task_file(folder, format="jsonl", splits={s: f"{s}.jsonl" for s in rows})


LONG = "今天上午十点整在人民大会堂隆重举行了开幕式"
PLANTED = {  # what has the fault, where it is, and what is said of it
    "invisible": (with_sentence("他\u200b来"), "train.txt:1:2", "U+200B ZERO WIDTH SPACE"),
    "not-composed": (with_sentence("五\u2126"), "train.txt:1:2", "NFC writes U+03A9"),
    "compatibility": (with_sentence("五㎡"), "train.txt:1:2", "'㎡' by 'm2'"),
    "mixed-width": (with_sentence("８77"), "train.txt:1:1", "of full width, here '８'"),
    "blank-unit": (with_sentence("他\u3000来"), "train.txt:1:2", "U+3000 IDEOGRAPHIC SPACE"),
    "line-break": (
        a_text_of_two_lines, "train.jsonl:1:2", "with line breaks, here first; in 1 of them"),
    "markup": (with_sentence("他来<br/>了&nbsp;"), "train.txt:1:3", "'<br/>'"),
    "mojibake": (with_sentence("他锟斤拷"), "train.txt:1:2", "'锟斤拷'"),
    "long-unit": (with_sentence(["他", "ab"]), "train.txt:1:2", "1 unit of train longer"),
    "spaced-characters": (words_that_are_characters, "task.yaml", "a Chinese character each"),
    "long-sentence": (with_sentence("的" * 511), "train.txt:1", "the longest has 511"),
    "adjacent-without-b": (
        with_tags("北京张三", "B_LOC I_LOC I_PER I_PER"), "train_TAG.txt:1:3",
        "1 of 1 entities right after another begin without B in train, here I_PER after I_LOC"),
    "contradictory-label": (
        with_sentence("在北京", Span(1, 3, PER)), "train_TAG.txt:1:2",
        "'北京' is PER here and LOC 30 times elsewhere"),
    "unlabelled": (
        with_sentence("在北京"), "train_TAG.txt:1:2",
        "'北京' is no entity here, and LOC 30 times elsewhere"),
    "off-by-one": (
        with_sentence("在北京", Span(1, 2, LOC)), "train_TAG.txt:1:2",
        "of '北京' all but the end is the entity here (LOC), all 30 times elsewhere"),
    "blank-edge": (with_sentence("在\u3000丙丁", Span(1, 4, LOC)), "train_TAG.txt:1:2", "丙丁'"),
    "mark-edge": (with_sentence("在丙丁，", Span(1, 4, LOC)), "train_TAG.txt:1:2", "LOC '丙丁，'"),
    "half-bracket": (with_sentence("《丙丁》", Span(0, 3, LOC)), "train_TAG.txt:1:1", "'《丙丁'"),
    "long-entity": (with_sentence("丙" * 51, Span(0, 51, LOC)), "train_TAG.txt:1:1", "51 units"),
    "no-entities": (without_gold, "dev_TAG.txt:1", "no entity in the 40 sentences of dev"),
    "unseen-label": (
        with_sentence("丙丁", Span(0, 2, ORG), split="dev", **THREE), "dev_TAG.txt:1",
        "ORG: 1 entity in dev, none in train"),
    "untested-label": (
        with_sentence("丙丁", Span(0, 2, ORG), **THREE), "task.yaml",
        "ORG: 1 entity in train, none in test"),
    "unused-label": (with_sentence("丙", **THREE), "task.yaml", "'ORG' is in no split"),
    "few-to-learn": (
        with_sentence("丙丁", Span(0, 2, ORG), **THREE), "train_TAG.txt:1", "in train: ORG 1"),
    "few-to-rank": (
        with_sentence("丙丁", Span(0, 2, ORG), split="test", **THREE), "test_TAG.txt:1",
        "in test: ORG 1"),
    "alike-labels": (with_sentence("丙", labels=["PER", "LOC", "per."]), "task.yaml", "'per.'"),
    "duplicates": (
        with_sentences(("丙丁", ()), ("丙丁", ())), "train_TAG.txt:2", "this one of line 1"),
    "near-duplicates": (
        with_sentences((LONG, ()), (f"{LONG}了", ())), "train_TAG.txt:2", "nearly copies"),
    "conflicting-gold": (
        with_sentences(("丙丁", ()), ("丙丁", (Span(0, 1, LOC),))), "train_TAG.txt:2",
        "the sentence of line 1, with other gold"),
    "overlap-of-splits": (
        with_sentence("张汀去北京", Span(0, 2, PER), Span(3, 5, LOC), split="test"),
        "test_TAG.txt:1", "of test are in train, too"),
    "split-document": (one_document_twice, "test.jsonl:5", "'train-7' is in train, too"),
    "nothing-nested": (nested_in_name_only, "train.jsonl:1", "overlap"),
    "known-data": (a_known_size, "task.yaml", "this is MSRA, 4,365 test sentences"),
}  # fmt: skip


def test_one_file_for_two_splits_is_found_and_refused(tmp_path):
    path = one_file_twice(tmp_path)
    first = next(problem for problem in check(path).problems if problem.code == "same-file")
    assert first.place == str(path)
    assert "dev and test are both 'dev.txt'" in first.message
    with pytest.raises(DataError, match=r"error\[same-file\]: dev and test are both"):
        load(path)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_in_its_place(tmp_path, name):
    plant, place, words = PLANTED[name]
    report = check(plant(tmp_path))
    first = next(problem for problem in report.problems if problem.code == name)
    assert first.place == str(tmp_path / place)
    assert words in first.message
    assert first.severity == CHECKS[name].severity


def test_a_split_that_could_not_be_read_lacks_no_label(tmp_path):
    path = with_sentence("丙", **THREE)(tmp_path)
    (tmp_path / "train_TAG.txt").write_text("B-PER I_PER E-PER\n", encoding="utf-8")
    found = {problem.code for problem in check(path).problems}
    assert found.isdisjoint({"unseen-label", "untested-label", "unused-label"})
    assert "unequal-files" in found


def test_every_check_has_a_planted_fault():
    assert {name for name, one in CHECKS.items() if one.find} == set(PLANTED)


@pytest.mark.parametrize("write", [write_parallel, write_conll, write_jsonl])
def test_clean_data_of_characters_have_no_finding(tmp_path, write):
    write(tmp_path, clean_data.characters())
    form, suffix = {write_parallel: ("parallel", "txt"), write_conll: ("conll", "conll"),
                    write_jsonl: ("jsonl", "jsonl")}[write]  # fmt: skip
    if form == "jsonl":
        write(tmp_path, {s: [("".join(t), spans) for t, spans in rows]
                         for s, rows in clean_data.characters().items()})  # fmt: skip
    splits = {name: f"{name}.{suffix}" for name in ("train", "dev", "test")}
    assert check(task_file(tmp_path, format=form, splits=splits)).problems == ()


def test_clean_data_of_words_have_no_finding(tmp_path):
    write_parallel(tmp_path, clean_data.words())
    assert check(task_file(tmp_path, joiner=" ", language="en")).problems == ()


def test_whatever_can_be_said_as_files_are_read_is_in_the_registry():
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (READERS / "examples.py", READERS / "task.py", *READERS.glob("readers/*.py"))
    )
    said = re.findall(r'"([a-z-]+)", "(?:error|note|warning)"', sources)
    said += re.findall(r'EntryError\(\s*"([a-z-]+)"', sources)
    said += re.findall(r'return "([a-z-]+)", (?:str\(|f")', sources)
    said += re.findall(r'UNREADABLE = "([a-z-]+)"', sources)
    assert set(said) - {"error"} == {name for name, one in CHECKS.items() if one.find is None}


def test_each_says_what_it_finds_and_what_to_do_in_a_sentence():
    assert len(CHECKS) > 50
    for one in CHECKS.values():
        assert one.finds.endswith(".")
        assert one.remedy.endswith((".", "`.", ")."))


def test_exceptions_are_told_only_where_they_are_few(tmp_path):
    names = [("在北京", (Span(1, 3, PER),))] * 6  # 6 of 36 are no slip
    corpus = clean_data.characters()
    corpus["train"][:0] = [([*text, str(n)], spans) for n, (text, spans) in enumerate(names)]
    write_parallel(tmp_path, corpus)
    found = {problem.code for problem in check(task_file(tmp_path)).problems}
    assert "contradictory-label" not in found


def test_a_name_that_is_often_no_entity_is_not_told(tmp_path):
    corpus = clean_data.characters()
    corpus["train"][:0] = [([*"在北京", chr(0x5200 + n)], ()) for n in range(6)]  # beside 30
    write_parallel(tmp_path, corpus)
    assert "unlabelled" not in {one.code for one in check(task_file(tmp_path)).problems}


def test_a_name_inside_another_entity_is_not_unlabelled(tmp_path):
    plant = with_sentence("北京大学", Span(0, 4, LOC))
    assert check(plant(tmp_path)).problems == ()


def test_neighbours_that_begin_with_b_are_no_fault(tmp_path):
    assert check(with_tags("丙丁戊", "B_LOC B_LOC B_PER")(tmp_path)).problems == ()


def test_a_known_data_set_with_other_gold_is_told_apart(tmp_path):
    corpus = {name: [([*str(n), name[0]], ()) for n in range(size)]
              for name, size in (("train", 1350), ("dev", 270), ("test", 270))}  # fmt: skip
    corpus["train"][0] = (["丙"], (Span(0, 1, PER),))
    write_parallel(tmp_path, corpus)
    found = [one for one in check(task_file(tmp_path)).problems if one.code == "known-data"]
    assert "as many sentences as Weibo, second release, but 0 entities in test" in str(found[0])


def test_labels_that_the_task_does_not_name_are_one_error_and_no_missing_gold(tmp_path):
    """Sentences with such labels are left out, so that a split may seem to have none."""
    write_parallel(tmp_path, clean_data.characters())
    found = {one.code for one in check(task_file(tmp_path, labels=["NAME"])).problems}
    assert "unknown-label" in found
    assert "no-entities" not in found


def test_a_long_line_full_of_markup_is_looked_through_once(tmp_path):
    """The place of a match is found by halves, not by all units before and behind it."""
    corpus = clean_data.characters()
    corpus["train"][0] = ([*"&nbsp;" * 2000], ())
    write_parallel(tmp_path, corpus)
    looked = []

    class Counted(tuple):
        def __iter__(self):
            looked.append(len(self))
            return super().__iter__()

    draft = read(task_file(tmp_path))
    for item in draft.items["train"]:
        item.example.sentence.__dict__["starts"] = Counted(item.example.sentence.starts)
    assert len(list(characters.markup(draft))) == 2000
    assert sum(looked) <= 12_000
