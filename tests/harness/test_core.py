"""The nouns validate themselves and derive offsets and scores."""

import pytest

from harness.core import Counts, Example, Sentence, Span


def test_character_offsets_are_in_code_points_of_the_untouched_text():
    sentence = Sentence("s", ("张", "👨‍👩‍👧", "在", "北", "京"))
    span = Span(3, 5, "LOC")
    start, end = sentence.characters(span)
    assert sentence.text[start:end] == sentence.mention(span) == "北京"


def test_words_are_joined_by_the_joiner():
    sentence = Sentence("s", ("in", "New", "York"), " ")
    assert sentence.text == "in New York"
    assert sentence.characters(Span(1, 3, "LOC")) == (3, 11)


@pytest.mark.parametrize("bounds", [(2, 2), (3, 1), (-1, 2)])
def test_a_span_is_half_open_and_not_empty(bounds):
    with pytest.raises(ValueError, match="start < end"):
        Span(*bounds, "PER")


def test_gold_may_not_overlap_nor_leave_the_sentence():
    sentence = Sentence("s", tuple("一二三四"))
    with pytest.raises(ValueError, match="overlaps"):
        Example(sentence, (Span(0, 2, "A"), Span(1, 3, "A")))
    with pytest.raises(ValueError, match="of 4 units"):
        Example(sentence, (Span(2, 5, "A"),))


def test_an_empty_unit_is_refused():
    with pytest.raises(ValueError, match="unit 1 is empty"):
        Sentence("s", ("a", "", "b"))


def test_scores_derive_from_counts_and_are_undefined_without_any():
    counts = Counts(3, 1, 0) + Counts(0, 0, 2)
    assert (counts.precision, counts.recall, counts.f1) == (3 / 4, 3 / 5, 6 / 9)
    assert counts.support == 5
    nothing = Counts()
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)


def test_borders_are_where_units_begin_and_end_in_the_text():
    begins, ends = Sentence("", ("New", "York"), " ").borders()
    assert (begins, ends) == ({0: 0, 4: 1}, {3: 1, 8: 2})
