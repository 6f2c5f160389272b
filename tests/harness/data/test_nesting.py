"""Entities that overlap in a flat task: what the task file says stays, and all else is counted."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import called
from reading import KEYS, codes, put, task_file
from stored_runs import change, write_run

from harness import api
from harness.core import Sentence, Span
from harness.data import nesting, readers
from harness.data import task as tasks
from harness.data.lint.check import check
from harness.data.readers.brat import BratSource
from harness.errors import ConfigError, DataError
from harness.runs.recording import data_of

LABELS = ["ORG", "LOC", "PER"]
TEXT = "南京市长江大桥管理处"
ALL = (Span(0, 10, "ORG"), Span(0, 7, "LOC"), Span(0, 3, "LOC"), Span(3, 5, "LOC"))
INNER, CROSSING = ALL[2:], (Span(0, 5, "LOC"), Span(3, 7, "ORG"))


def line(spans, text=TEXT):
    found = [{"start": one.start, "end": one.end, "label": one.label} for one in spans]
    return json.dumps({"text": text, "spans": found}, ensure_ascii=False) + "\n"


def nested_task(folder, spans=ALL, **keys):
    """A task of JSON Lines whose second sentence of train has ``spans``."""
    folder.mkdir(exist_ok=True)
    flat = line((Span(0, 2, "PER"),), "李雷去京")
    put(folder / "train.jsonl", flat + line(spans))
    for split in ("dev", "test"):
        put(folder / f"{split}.jsonl", flat.replace("李雷", f"{split[0]}某"))
    splits = {split: f"{split}.jsonl" for split in KEYS["splits"]}
    return task_file(folder, format="jsonl", labels=LABELS, splits=splits, **keys)


def train_of(path):
    return tasks.load(path).splits["train"]


# --- what stays ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "keep", "stay"),
    [
        (ALL, "outermost", ALL[:1]),
        (ALL, "longest", ALL[:1]),
        (ALL[1:], "outermost", ALL[1:2]),
        (INNER, "outermost", INNER),  # neighbours are no overlap
        (CROSSING, "longest", CROSSING[:1]),
        ((Span(0, 4, "PER"), Span(3, 7, "LOC"), Span(6, 9, "PER")), "longest",
         (Span(0, 4, "PER"), Span(6, 9, "PER"))),  # the leftmost of equal ones first
        ((Span(0, 2, "PER"), Span(0, 2, "ORG")), "outermost", (Span(0, 2, "ORG"),)),
        ((Span(0, 2, "PER"), Span(0, 2, "ORG")), "longest", (Span(0, 2, "ORG"),)),
        ((Span(0, 2, "PER"), Span(0, 2, "PER")), "outermost", (Span(0, 2, "PER"),)),
        ((), "outermost", ()),
    ],
)  # fmt: skip
def test_what_stays(spans, keep, stay):
    for order in itertools.permutations(spans):
        assert nesting.undecided(order, keep) is None
        assert nesting.kept(order, keep, LABELS) == stay


@pytest.mark.parametrize(
    ("spans", "keep", "pair"),
    [
        (ALL, "error", (ALL[2], ALL[1])),
        (CROSSING, "error", CROSSING),
        (CROSSING, "outermost", CROSSING),
        ((Span(0, 9, "ORG"), *CROSSING), "outermost", CROSSING),
        ((Span(0, 2, "PER"), Span(0, 2, "PER")), "error", (Span(0, 2, "PER"),) * 2),
    ],
)
def test_what_is_not_decided(spans, keep, pair):
    for order in itertools.permutations(spans):
        assert nesting.undecided(order, keep) == pair


PLACES = st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(LABELS))
SPANS = st.lists(PLACES.map(lambda p: Span(p[0], p[0] + p[1], p[2])), max_size=8)


def overlap(one, other):
    return one.start < other.end and other.start < one.end


def inside(one, other):
    return other.start <= one.start and one.end <= other.end


@given(SPANS)
def test_it_is_undecided_exactly_where_two_cross_or_overlap(spans):
    pairs = list(itertools.combinations(spans, 2))
    crossing = [(a, b) for a, b in pairs if overlap(a, b) and not (inside(a, b) or inside(b, a))]
    assert (nesting.undecided(spans, "outermost") is not None) == bool(crossing)
    assert (nesting.undecided(spans, "error") is not None) == any(overlap(a, b) for a, b in pairs)


@given(SPANS, st.sampled_from(["outermost", "longest"]))
def test_what_stays_is_flat_and_what_goes_overlaps_what_stays(spans, keep):
    if nesting.undecided(spans, keep) is not None:
        return
    stay = nesting.kept(spans, keep, LABELS)
    assert list(stay) == sorted(stay)
    assert not any(overlap(a, b) for a, b in itertools.combinations(stay, 2))
    for span in spans:
        owners = [one for one in stay if overlap(span, one)]
        assert owners
        assert keep == "longest" or inside(span, owners[0])
        assert max(map(len, owners)) >= len(span)


# --- a task --------------------------------------------------------------------------------------


def test_nested_gold_without_keep_is_an_error_with_its_place_and_what_to_do(tmp_path):
    path = nested_task(tmp_path)
    with pytest.raises(DataError) as raised:
        tasks.load(path)
    said = str(raised.value)
    assert f"{tmp_path}/train.jsonl:2: error[overlap]: LOC '南京市' at (0, 3) and LOC" in said
    assert "say `keep: outermost` or `keep: longest` in the task file" in said
    out, _ = called("check-data", path, folder=tmp_path, code=3)
    assert "error[overlap]" in out
    assert "train.jsonl:2" in out
    assert "a run would refuse this task" in out


def test_two_that_cross_have_no_outer_one(tmp_path):
    with pytest.raises(DataError, match=r"train.jsonl:2.* cross; .*`keep: longest`"):
        tasks.load(nested_task(tmp_path, CROSSING, keep="outermost"))
    assert train_of(nested_task(tmp_path, CROSSING, keep="longest")).dropped == 1


def test_what_is_left_out_is_counted_noted_and_recorded(tmp_path):
    path = nested_task(tmp_path, keep="outermost")
    task = tasks.load(path)
    assert task.splits["train"].examples[1].spans == ALL[:1]
    assert [task.splits[split].dropped for split in ("train", "dev", "test")] == [3, 0, 0]
    (note,) = [one for one in check(path).problems if one.code == "nested"]
    assert (note.severity, note.place) == ("note", f"{tmp_path}/train.jsonl:2")
    assert note.message == "3 entities are left out by `keep: outermost`, first LOC '南京市'"
    recorded = data_of(task, None)
    assert (recorded.keep, recorded.dropped) == ("outermost", {"train": 3})


def test_the_rule_is_in_the_fingerprint_and_changes_none_of_a_task_without_it(tmp_path):
    plain = nested_task(tmp_path / "plain", ALL[:1])
    told = nested_task(tmp_path / "told", ALL[:1], keep="outermost")
    other = nested_task(tmp_path / "other", ALL[:1], keep="longest")
    refused = nested_task(tmp_path / "refused", ALL[:1], keep="error")
    found = [tasks.load(path).fingerprint for path in (plain, told, other, refused)]
    assert len(set(found[:3])) == 3
    assert found[3] == found[0]


def test_a_rule_that_is_none_is_refused_in_the_task_file(tmp_path):
    with pytest.raises(ConfigError, match="keep: Input should be 'outermost', 'longest' or 'erro"):
        tasks.load(nested_task(tmp_path, keep="innermost"))


def test_unknown_labels_of_nested_gold_are_told_as_ever(tmp_path):
    with pytest.raises(DataError, match=r"unknown-label.*'XYZ' is not among the labels"):
        tasks.load(nested_task(tmp_path, (ALL[0], Span(0, 3, "XYZ")), keep="longest"))


def test_flat_gold_leaves_with_the_rule_that_made_it_and_comes_back(tmp_path):
    path = nested_task(tmp_path, keep="outermost")
    called("export-data", path, "--to", "jsonl", "-o", tmp_path / "made", folder=tmp_path)
    again = tasks.load(tmp_path / "made" / "small.yaml")
    assert again.fingerprint == tasks.load(path).fingerprint
    assert again.splits["train"].dropped == 0


def test_brat_is_told_by_its_document(tmp_path):
    put(tmp_path / "a.txt", f"好\n{TEXT}\n")
    put(tmp_path / "a.ann", f"T1\tORG 2 12\t{TEXT}\nT2\tLOC 2 9\t{TEXT[:7]}\n")
    found = readers.read(BratSource(tmp_path))
    assert codes(found) == []
    assert found.records[1].spans == (ALL[1], ALL[0])
    assert (found.records[1].file, found.records[1].line) == (str(tmp_path / "a.txt"), 2)


@pytest.mark.parametrize(
    ("keep", "dropped", "words"),
    [
        ("error", {}, "conlleval"),
        ("longest", {}, "conlleval; of entities that overlap, longest; none left out"),
        ("outermost", {"train": 3},
         "conlleval; of entities that overlap, outermost; left out: train 3"),
    ],
)  # fmt: skip
def test_the_certificate_says_how_nested_gold_was_read(tmp_path, keep, dropped, words):
    folder = write_run(tmp_path, "bert-crf")
    change(folder / "run.json", "data", "keep", to=keep)
    change(folder / "run.json", "data", "dropped", to=dropped)
    (block,) = api.build_leaderboard(api.read(tmp_path), published=False).blocks
    (line,) = [check for check in block.certificate if check.name == "gold read under"]
    assert line.value == words


def test_a_pair_is_told_in_characters():
    sentence = Sentence("a", ("New", "York", "City"), " ")
    pair = (Span(0, 3, "LOC"), Span(1, 2, "LOC"))
    assert (
        nesting.together(pair, sentence)
        == "LOC 'New York City' at (0, 13) and LOC 'York' at (4, 8)"
    )
