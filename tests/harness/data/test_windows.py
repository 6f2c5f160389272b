"""Windows: every unit owned once, gold lossless, the same cuts for everyone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Example, Sentence, Span
from harness.data.windows import STOPS, WindowPolicy, clip, merge
from harness.tags import encode

alphabet = st.sampled_from("上海的人，。a1\u200b👍")
borders = st.sampled_from(["punctuation", "plain"])
policies = st.tuples(st.integers(1, 5), st.integers(0, 9), borders).map(
    lambda drawn: WindowPolicy(4 * drawn[0] + drawn[1], drawn[0], drawn[2])
)
sentences = st.builds(lambda text: Sentence("s", tuple(text)), st.lists(alphabet, max_size=120))


@given(policies, sentences)
def test_each_unit_is_owned_by_exactly_one_window(policy, sentence):
    owned = [u for w in policy.cut(sentence) for u in range(w.owned_start, w.owned_end)]
    assert owned == list(range(len(sentence)))


@given(policies, sentences)
def test_no_view_is_longer_than_the_limit_and_cut_sides_have_context(policy, sentence):
    for window in policy.cut(sentence):
        assert len(window.view) <= policy.limit
        assert window.start in (0, window.owned_start - policy.margin)
        assert window.end in (len(sentence), window.owned_end + policy.margin)


@given(policies, sentences, st.data())
def test_gold_comes_back_whole_through_windows_of_any_size(policy, sentence, data):
    size = len(sentence)
    borders = sorted(data.draw(st.sets(st.integers(0, size), max_size=10)))
    spans = tuple(Span(a, b, "X") for a, b in zip(borders[::2], borders[1::2], strict=False))
    windows = policy.cut(sentence)
    answers = [encode(clip(spans, w.start, w.end), len(w.view)) for w in windows]
    assert merge(windows, answers).get("s", ()) == encode(spans, size)


def test_a_cut_falls_after_a_full_stop_where_there_is_one():
    sentence = Sentence("s", tuple("甲" * 60 + "。" + "乙" * 60))
    borders = [window.owned_end for window in WindowPolicy(80, 8).cut(sentence)]
    assert borders[0] == 61
    assert sentence.units[borders[0] - 1] in STOPS


@pytest.mark.parametrize("stop", [".", "...", "?", "।", "؟"])
def test_windows_of_words_end_after_the_stop_of_a_sentence(stop):
    sentence = Sentence("s", (*["word"] * 9, stop) * 60, " ")
    windows = WindowPolicy().cut(sentence)
    assert len(windows) > 2
    assert {sentence.units[window.owned_end - 1] for window in windows} == {stop}


@pytest.mark.parametrize("mark", [".", "।", "؟"])
def test_a_stop_that_may_stand_within_a_number_ends_no_window_of_characters(mark):
    stopped, plain = (Sentence("s", tuple("甲" * 60 + one + "甲" * 60)) for one in (mark, "乙"))
    ends = [[w.owned_end for w in WindowPolicy(80, 8).cut(each)] for each in (stopped, plain)]
    assert ends[0] == ends[1]


def test_a_plain_cut_falls_where_the_window_is_full():
    sentence = Sentence("s", tuple("甲" * 60 + "。" + "乙" * 60))
    first, second = WindowPolicy(80, 8, "plain").cut(sentence)
    assert (first.owned_end, len(first.view), second.owned_start) == (72, 80, 72)


def test_a_run_that_names_no_border_cut_at_punctuation():
    settings = {"window_limit": 80, "window_margin": 8}
    assert WindowPolicy.of(settings) == WindowPolicy(80, 8)
    assert WindowPolicy.of(settings | {"window_cut": "plain"}) == WindowPolicy(80, 8, "plain")


def test_a_short_sentence_is_its_own_window():
    sentence = Sentence("s", tuple("短句"))
    (window,) = WindowPolicy().cut(sentence)
    assert window.view is sentence
    example = Example(sentence, (Span(0, 1, "X"),))
    assert WindowPolicy().examples(example) == (example,)


def test_an_empty_sentence_has_no_window():
    assert WindowPolicy().cut(Sentence("s", ())) == ()


def test_training_windows_clip_gold_to_their_view():
    sentence = Sentence("s", tuple("甲" * 40))
    parts = WindowPolicy(16, 4).examples(Example(sentence, (Span(0, 40, "X"),)))
    assert len(parts) > 1
    assert all(part.spans == (Span(0, len(part.sentence), "X"),) for part in parts)


def test_a_window_without_room_is_refused():
    with pytest.raises(
        ValueError, match="set window_limit to 16 or more, or window_margin to 2 or less"
    ):
        WindowPolicy(10, 4)
