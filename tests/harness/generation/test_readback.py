"""Lists of strings read back as spans: each rule does what it says, and has its ceiling."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence, Span
from harness.generation.readback import RULES, cursor, disjoint, every, first

SENTENCE = Sentence("s", tuple("上海的上海铁路局在上海"))


def test_the_cursor_finds_mentions_in_the_order_of_the_text():
    mentions = [("LOC", "上海"), ("ORG", "上海铁路局"), ("LOC", "上海")]
    assert cursor(SENTENCE, mentions) == (Span(0, 2, "LOC"), Span(3, 8, "ORG"), Span(9, 11, "LOC"))


def test_a_set_of_strings_loses_repeated_mentions_or_invents_them():
    mentions = [("LOC", "上海"), ("ORG", "上海铁路局")]
    assert first(SENTENCE, mentions) == (Span(0, 2, "LOC"), Span(3, 8, "ORG"))
    assert every(SENTENCE, mentions) == (
        Span(0, 2, "LOC"), Span(3, 8, "ORG"), Span(9, 11, "LOC"),
    )  # fmt: skip


def test_what_is_not_in_the_text_is_not_found():
    for rule in RULES.values():
        assert rule(SENTENCE, [("LOC", "北京"), ("LOC", "")]) == ()


def test_a_text_that_the_sentence_does_not_have_costs_no_look_at_its_units():
    sentence = Sentence("s", tuple("上海的上海铁路局"))
    assert every(sentence, [("LOC", "北京")]) == ()
    assert "starts" not in vars(sentence)  # it is computed when it is first asked for


def test_words_are_found_on_word_borders_only():
    sentence = Sentence("s", ("the", "theatre", "of", "York"), " ")
    assert every(sentence, [("X", "the")]) == (Span(0, 1, "X"),)
    assert every(sentence, [("X", "of York")]) == (Span(2, 4, "X"),)


spans = st.lists(
    st.builds(lambda a, n, label: Span(a, a + n, label), st.integers(0, 9), st.integers(1, 5),
              st.sampled_from("AB")), max_size=8,
)  # fmt: skip


@given(spans)
def test_overlaps_resolve_to_the_longest_then_the_leftmost(found):
    kept = disjoint(found)
    assert all(a.end <= b.start for a, b in pairwise(kept))
    assert set(kept) <= set(found)
    for lost in set(found) - set(kept):
        rivals = [k for k in kept if k.start < lost.end and lost.start < k.end]
        assert any(len(k) >= len(lost) for k in rivals)


@given(st.lists(st.sampled_from("上海的"), max_size=8).map(tuple), st.data())
def test_the_cursor_reads_back_gold_that_was_written_down_in_order(units, data):
    sentence = Sentence("s", units)
    borders = sorted(data.draw(st.sets(st.integers(0, len(units)), max_size=6)))
    gold = tuple(Span(a, b, "X") for a, b in zip(borders[::2], borders[1::2], strict=False))
    mentions = [(span.label, sentence.mention(span)) for span in gold]
    assert len(cursor(sentence, mentions)) == len(gold)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_answers_with_disjoint_spans_in_order(rule):
    found = rule(SENTENCE, [("ORG", "上海铁路局"), ("LOC", "上海"), ("LOC", "海的上")])
    assert all(a.end <= b.start for a, b in pairwise(found))
