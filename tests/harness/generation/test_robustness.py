"""Robustness: faults planted in gold, what was lost without repair, and what is left after it."""

from random import Random

import pytest

from harness.core import Example, Sentence, Span
from harness.generation.fault_injection import (
    FAULTS,
    SINGLE,
    UNRECOVERABLE,
    faults_of,
    join_pieces,
    plant,
    to_pieces,
)
from harness.generation.formats import FORMATS, format_named
from harness.generation.robustness import MIXED, NONE, robustness
from harness.tags import encode, tag_set

TAGS = tag_set(["PER", "LOC"])
EXAMPLES = [
    Example(
        Sentence("a", tuple("昨天王小芳去了南山公园散步")), (Span(2, 5, "PER"), Span(7, 11, "LOC"))
    ),
    Example(Sentence("b", tuple("李明说：“下周见！”")), (Span(0, 2, "PER"),)),
    Example(Sentence("c", tuple("这里什么名字也没有")), ()),
    Example(Sentence("d", ("Ada", "met", "Grace", "Hopper", "there"), " "), (Span(0, 1, "PER"),)),
] * 10  # fmt: skip


@pytest.fixture(scope="module", params=["tags", "char-tag", "indexed", "inline"])
def rows(request):
    return {row.fault: row for row in robustness(EXAMPLES, TAGS, request.param, seed=0)}


def test_without_faults_nothing_is_lost(rows):
    row = rows[NONE]
    assert row.raw.f1 == row.repaired.f1 == 1.0
    assert (row.malformed, row.repairs) == (0, 0)


def test_repair_never_loses_what_was_well_formed(rows):
    for row in rows.values():
        assert row.repaired.tp >= row.raw.tp
        assert row.repaired.support == row.raw.support == 40


def test_there_is_a_row_for_each_fault_of_the_format(rows):
    form = FORMATS[next(iter(rows.values())).format]
    assert tuple(rows) == (NONE, MIXED, *faults_of(form))
    assert [name for name, row in rows.items() if not row.recoverable] == [*UNRECOVERABLE]


@pytest.mark.parametrize("form", ["char-tag", "indexed"])
def test_formats_with_something_to_hold_on_to_keep_nearly_all(form):
    rows = {row.fault: row for row in robustness(EXAMPLES, TAGS, form, seed=1)}
    assert rows[MIXED].raw.f1 < 0.2
    assert rows[MIXED].repaired.f1 > 0.95
    for fault in (
        "duplicated_label",
        "label_typo",
        "missing_unit",
        "loop",
        "merged",
        "text_before",
    ):
        assert rows[fault].repaired.f1 == 1.0


def test_of_json_no_fault_is_listed_that_it_cannot_have():
    form, rng = format_named("json"), Random(0)
    pieces = to_pieces(form, EXAMPLES[0].sentence, encode(EXAMPLES[0].spans, 13))
    for fault in faults_of(form):
        assert join_pieces(form, plant(pieces, [fault], rng)) != join_pieces(form, pieces)
    rows = {row.fault: row for row in robustness(EXAMPLES, TAGS, "json", seed=0)}
    assert {"missing_label", "label_typo", "invalid_transition", "merged"}.isdisjoint(rows)
    assert all(row.malformed or row.raw.f1 < 1 for row in rows.values() if row.fault != NONE)


def test_the_same_seed_plants_the_same_faults():
    assert robustness(EXAMPLES, TAGS, "inline", 2) == robustness(EXAMPLES, TAGS, "inline", 2)
    assert robustness(EXAMPLES, TAGS, "inline", 2) != robustness(EXAMPLES, TAGS, "inline", 3)


@pytest.mark.parametrize("name", FORMATS)
def test_pieces_without_a_fault_are_the_rendering(name):
    for example in EXAMPLES[:4]:
        tags = encode(example.spans, len(example.sentence))
        pieces = to_pieces(FORMATS[name], example.sentence, tags)
        text = join_pieces(FORMATS[name], pieces, example.sentence.joiner)
        assert text == FORMATS[name].render(example.sentence, tags)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_changes_the_text_and_leaves_the_pieces_alone(fault):
    form, example = FORMATS["char-tag"], EXAMPLES[0]
    pieces = to_pieces(form, example.sentence, encode(example.spans, len(example.sentence)))
    before = join_pieces(form, pieces)
    assert join_pieces(form, plant(pieces, [fault], Random(0))) != before
    assert join_pieces(form, pieces) == before


def test_faults_find_no_place_in_nothing():
    assert plant([], list(FAULTS), Random(0)) == []
    assert {*SINGLE, *UNRECOVERABLE} < {*FAULTS}
