"""Entities of windows put together: nested gold that crosses a border comes back whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Example, Sentence, Span
from harness.data.merging import merge_entities
from harness.data.windows import Window, WindowPolicy, clip

POLICY = WindowPolicy(limit=12, margin=3)
SENTENCE = Sentence("s", tuple("天南地北，东西南北中。春夏秋冬年月日时分秒金木水火土"))
SPANS = st.tuples(st.integers(0, 25), st.integers(1, 20), st.sampled_from("ABCDEFGH"))


def spans_of(places):
    found = {Span(start, min(start + size, len(SENTENCE)), label) for start, size, label in places}
    return tuple(sorted(found))


def merged(windows, answers):
    return tuple(merge_entities(windows, [dict.fromkeys(one) for one in answers])["s"])


@given(st.lists(SPANS, max_size=8, unique_by=lambda place: place[2]))
def test_gold_clipped_to_its_windows_and_merged_is_the_gold(places):
    spans, windows = spans_of(places), POLICY.cut(SENTENCE)
    assert len(windows) > 2
    views = POLICY.examples(Example(SENTENCE, spans, nested=True))
    assert all(view.nested for view in views)
    assert merged(windows, [view.spans for view in views]) == spans


@pytest.mark.parametrize(
    "spans",
    [
        (Span(1, 20, "A"), Span(3, 18, "A")),  # one within the other, both longer than a view
        (Span(7, 15, "A"), Span(7, 16, "A"), Span(7, 20, "A")),  # beginning together
        (Span(2, 16, "A"), Span(5, 16, "A")),  # ending together
    ],
)
def test_entities_of_one_label_find_their_ends_again(spans):
    windows = POLICY.cut(SENTENCE)
    views = [clip(spans, window.start, window.end) for window in windows]
    assert merged(windows, views) == spans


def test_an_entity_is_taken_from_the_window_that_owns_its_first_unit():
    first, second = Window(SENTENCE, 0, 9, 0, 6), Window(SENTENCE, 3, len(SENTENCE), 6, 27)
    here, there = Span(5, 7, "A"), Span(7, 9, "A")
    answers = [(here, there), (Span(2, 5, "B"), Span(4, 7, "A"))]  # of the second: 5 to 8, 7 to 10
    assert merged((first, second), answers) == (here, Span(7, 10, "A"))


def test_what_the_next_window_does_not_see_go_on_stays_as_it_was_found():
    windows = Window(SENTENCE, 0, 9, 0, 6), Window(SENTENCE, 3, len(SENTENCE), 6, 27)
    assert merged(windows, [(Span(5, 9, "A"),), (Span(2, 9, "B"),)]) == (Span(5, 9, "A"),)


def test_an_entity_of_several_parts_is_as_sure_as_the_least_sure_of_them():
    windows = Window(SENTENCE, 0, 9, 0, 6), Window(SENTENCE, 3, len(SENTENCE), 6, 27)
    whole = Span(2, 12, "A")
    for scores, least in (((0.9, 0.4), 0.4), ((0.3, 0.4), 0.3), ((0.9, None), None)):
        answers = [{Span(2, 9, "A"): scores[0]}, {Span(0, 9, "A"): scores[1]}]
        assert merge_entities(windows, answers)["s"] == {whole: least}
