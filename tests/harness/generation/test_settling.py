"""Entities without places find them, and what a flat task cannot hold is dropped by one rule."""

from time import thread_time
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import PlacedEntity, Sentence, Span, Spans, WrittenEntity
from harness.generation import placing, settling
from harness.generation.nearest import nearest
from harness.generation.repair_kinds import KINDS
from harness.generation.settling import settle
from harness.tags import tag_set

TAGS = tag_set(["PER", "LOC", "ORG", "creative-work"])
SENTENCE = Sentence("s", tuple("北京大学在北京，张三在北京"))


def settled(*entities, sentence=SENTENCE, unread=0):
    return settle(Spans(entities, unread), sentence, TAGS)


def found(*entities, sentence=SENTENCE):
    """The entities that stand, as text, and what was repaired."""
    one = settled(*entities, sentence=sentence)
    spans = [(span.start, sentence.mention(span), span.label) for span in one.spans]
    return spans, dict(one.faults)


def written(text, label="LOC", **given):
    return WrittenEntity(text, label, **given)


def test_a_text_that_stands_once_is_found_without_a_repair():
    assert found(written("张三", "PER")) == ([(8, "张三", "PER")], {})


def test_a_longer_text_is_placed_first_whatever_the_order_of_the_answer():
    one = [(0, "北京大学", "ORG"), (5, "北京", "LOC"), (11, "北京", "LOC")]
    org, loc = written("北京大学", "ORG"), written("北京")
    assert found(org, loc, loc) == (one, {})
    assert found(loc, org, loc) == (one, {})


def test_a_text_with_more_places_than_mentions_is_counted_and_goes_behind_the_one_before():
    one = found(written("张三", "PER"), written("北京"))
    assert one == ([(8, "张三", "PER"), (11, "北京", "LOC")], {"found_twice": 1})
    one = found(written("北京"), written("张三", "PER"))
    assert one == ([(0, "北京", "LOC"), (8, "张三", "PER")], {"found_twice": 1})


def test_an_answer_may_say_which_occurrence_it_means():
    assert found(written("北京", occurrence=3)) == ([(11, "北京", "LOC")], {})
    assert found(written("北京", occurrence=4))[1] == {"wrong_occurrence": 1}
    assert found(written("北京", occurrence=0))[1] == {"wrong_occurrence": 1}


def test_what_the_sentence_does_not_have_is_lost_and_counted():
    assert found(written("上海"), written("", "PER")) == ([], {"not_found": 2})


@pytest.mark.parametrize(
    ("text", "units", "place"),
    [
        ("ＡＢＣ１", "x abc1 y", (2, 6)),
        ("中华人民共国", "在中华人民共和国说", (1, 8)),
        ("中华人民共和国家", "在中华人民共和国说", (1, 8)),
        ("中国石油天燃气", "是中国石油天然气的", (1, 8)),
        ("李四", "张三在", None),
        ("上海市政府", "上海没有市里的政府", None),
    ],
)
def test_a_text_that_is_almost_there_is_aligned(text, units, place):
    """One code point in four may be otherwise, a difference of width or case is none."""
    assert nearest(Sentence("s", tuple(units)), text) == place


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Café", "a Café b"),
        ("Tiếng Việt", "x Tiếng Việt y"),
        ("한국", "은한국에"),
        ("がぎ", "ががぎあ"),
    ],
)
@pytest.mark.parametrize(("said", "has"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_letter_and_its_marks_are_one_character_however_written(text, sentence, said, has):
    text, sentence = normalize(said, text), Sentence("s", tuple(normalize(has, sentence)))
    start, end = nearest(sentence, text)
    assert "".join(sentence.units[start:end]) == normalize(has, text)


def test_marks_without_end_cost_little():
    begun = thread_time()
    assert nearest(SENTENCE, "北" + "\u0301" * 100_000) is None
    assert thread_time() - begun < 1


def test_an_aligned_text_is_a_repair():
    sentence = Sentence("s", ("in", "New", "York"), " ")
    assert found(written("new york"), sentence=sentence) == (
        [(1, "New York", "LOC")], {"inexact_text": 1},
    )  # fmt: skip


def test_texts_are_found_on_unit_borders_only():
    sentence = Sentence("s", ("theatre", "the"), " ")
    assert found(written("the"), sentence=sentence) == ([(1, "the", "LOC")], {})


def test_no_answer_aligns_more_texts_than_its_bound(monkeypatch):
    aligned = []
    monkeypatch.setattr(settling, "nearest", lambda sentence, text: aligned.append(text))
    settled(*(written(f"x{number}") for number in range(100)))
    assert len(aligned) == placing.ALIGNED


def test_labels_in_another_spelling_are_read_and_unknown_ones_stay_wrong_answers():
    assert found(written("张三", "per")) == ([(8, "张三", "PER")], {"label_typo": 1})
    assert found(written("张三", "CREATIVE_WORK"))[0] == [(8, "张三", "creative-work")]
    assert found(written("张三", "dog")) == ([(8, "张三", "dog")], {"unknown_label": 1})


def test_a_label_of_the_task_wins_over_one_that_it_does_not_have():
    one = found(PlacedEntity(0, 4, "dog", 0.9), PlacedEntity(0, 2, "LOC", 0.1))
    assert one == ([(0, "北京", "LOC")], {"unknown_label": 1, "nested": 1})


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        (PlacedEntity(0, 2, "LOC"), "nested"),
        (PlacedEntity(0, 4, "LOC"), "overlap"),
        (PlacedEntity(3, 5, "LOC"), "overlap"),
        (PlacedEntity(0, 4, "ORG"), "duplicated_entity"),
    ],
)
def test_the_longest_stays_where_there_are_no_scores_and_the_other_is_counted(second, fault):
    one = ([(0, "北京大学", "ORG")], {fault: 1})
    assert found(PlacedEntity(0, 4, "ORG"), second) == one


def test_the_most_probable_stays_where_all_have_scores():
    long, short = PlacedEntity(0, 4, "ORG", 0.4), PlacedEntity(0, 2, "LOC", 0.6)
    other = PlacedEntity(8, 10, "PER", 0.9)
    one = settled(long, other, short)
    assert one.spans == (Span(0, 2, "LOC"), Span(8, 10, "PER"))
    assert one.scores == (0.6, 0.9)
    assert settled(long, other, PlacedEntity(0, 2, "LOC")).scores == (0.4, 0.9)
    assert settled(other, PlacedEntity(0, 2, "LOC")).scores is None


def test_each_unit_has_a_fate():
    one = settled(PlacedEntity(0, 4, "ORG"), PlacedEntity(3, 5, "LOC"), unread=3)
    assert one.fates == "pppr" + "r" + "ppppp" + "---"


def test_an_answer_without_end_is_cut():
    one = settled(*[PlacedEntity(0, 1, "PER")] * 1000)
    assert one.spans == (Span(0, 1, "PER"),)
    assert one.faults["overflow"] == 1
    assert one.faults["duplicated_entity"] < 1000


TEXTS = st.text("北京大学在张", max_size=4)
PLACES = st.integers(0, len(SENTENCE) - 1)
SCORES = st.none() | st.floats(0, 1)
ENTITIES = st.one_of(
    st.builds(written, TEXTS, st.sampled_from(["PER", "per", "dog"]), score=SCORES,
              occurrence=st.none() | st.integers(-1, 4)),
    st.builds(lambda a, n, score: PlacedEntity(a, min(a + n, len(SENTENCE)), "LOC", score),
              PLACES, st.integers(1, 6), SCORES),
)  # fmt: skip


@given(st.lists(ENTITIES, max_size=8))
def test_every_entity_stands_or_is_counted_and_none_overlap(entities):
    one = settled(*entities)
    lost = sum(one.faults[kind] for kind in ("not_found", "duplicated_entity", "nested", "overlap"))
    assert len(one.spans) + lost == len(entities)
    assert all(a.end <= b.start for a, b in zip(one.spans, one.spans[1:], strict=False))
    assert one.scores is None or len(one.scores) == len(one.spans)
    assert set(one.faults) <= set(KINDS)
    assert len(one.fates) == len(SENTENCE)


@given(st.lists(PLACES, max_size=6, unique=True), st.data())
def test_all_mentions_of_gold_are_found_where_they_are_told_apart(borders, data):
    """Gold, written down as texts with their occurrences, comes back whole."""
    units = tuple(data.draw(st.text("北京", min_size=13, max_size=13)))
    sentence = Sentence("s", units)
    pairs = zip(sorted(borders)[::2], sorted(borders)[1::2], strict=False)
    gold = tuple(Span(a, b, "PER") for a, b in pairs)
    entities = list(placing.written(sentence, gold))
    data.draw(st.randoms()).shuffle(entities)
    one = settled(*entities, sentence=sentence)
    assert (one.spans, dict(one.faults)) == (gold, {})
