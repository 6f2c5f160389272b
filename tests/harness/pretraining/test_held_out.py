"""Development and test sentences are not read in pretraining, however they are written there."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence
from harness.pretraining.held_out import RUN, HeldOut, counted, fold
from harness.pretraining.sources import Source, SourceFacts, SourceText

# Fourteen characters, no two of them equal.
TEST = "小王在北京的书店买了三本词典。"


def text(*lines):
    numbered = tuple(enumerate(lines, start=1))
    return SourceText(Source("web", Path("web.txt"), SourceFacts()), "", numbered)


def held_out(*sentences, task="weibo", split="test"):
    made = HeldOut()
    made.add(task, split, [Sentence(str(i), tuple(s)) for i, s in enumerate(sentences)])
    return made


def test_a_line_with_a_test_sentence_in_it_is_removed_and_named():
    cleaned, removed = held_out(TEST).cleaned(text("前文。", f"他说：{TEST}就这样。", "后文。"))
    assert cleaned.numbered == ((1, "前文。"), (3, "后文。"))
    (one,) = removed
    assert (one.source, one.line, one.task, one.split) == ("web", 2, "weibo", "test")
    assert one.shared == fold(TEST)[:RUN]
    assert counted(removed) == {"weibo/test": 1}


@pytest.mark.parametrize("start", range(len(TEST) - RUN + 1))
def test_any_twelve_characters_in_a_row_are_enough(start):
    line = "一" + TEST[start : start + RUN] + "二"
    assert held_out(TEST).cleaned(text(line))[0].numbered == ()


@pytest.mark.parametrize("start", range(len(TEST) - RUN + 2))
def test_eleven_are_not(start):
    line = "一" + TEST[start : start + RUN - 1] + "二"
    assert held_out(TEST).cleaned(text(line))[1] == ()


@pytest.mark.parametrize(
    "line",
    [" ".join(TEST), TEST.replace("。", "\u3000。"), "ＡＢＣ１２３" + TEST[6:], TEST],
    ids=["spaced", "ideographic space", "wide", "plain"],
)
def test_spacing_width_and_case_hide_nothing(line):
    assert held_out("abc123" + TEST[6:], TEST).cleaned(text(line))[0].numbered == ()


def test_a_short_sentence_removes_a_line_that_is_it_and_no_line_that_has_it():
    cleaned, _ = held_out("转发微博").cleaned(text("转发微博", "他转发微博给我", "转发"))
    assert [line for _, line in cleaned.numbered] == ["他转发微博给我", "转发"]


def test_words_are_compared_as_the_characters_of_their_text():
    made = HeldOut()
    made.add("wnut17", "dev", [Sentence("0", ("Empire", "State", "Building"), " ")])
    assert made.cleaned(text("the empire state building"))[0].numbered == ()


def test_of_two_tasks_with_a_sentence_the_first_is_named():
    made = held_out(TEST)
    made.add("resume", "dev", [Sentence("0", tuple(TEST))])
    assert counted(made.cleaned(text(TEST))[1]) == {"weibo/test": 1}


def test_a_sentence_of_spaces_holds_out_nothing():
    assert held_out(" \u3000").cleaned(text("甲", "乙"))[1] == ()


@given(
    st.lists(st.text("甲乙丙丁 Ａa", min_size=1, max_size=40), min_size=1, max_size=6),
    st.lists(st.text("甲乙丙丁 Ａa", min_size=1, max_size=40), min_size=1, max_size=6),
)
def test_what_is_left_shares_no_run_with_what_is_held_out(sentences, lines):
    cleaned, removed = held_out(*sentences).cleaned(text(*lines))
    runs = {fold(s)[i : i + RUN] for s in sentences for i in range(len(fold(s)) - RUN + 1)}
    short = {fold(s) for s in sentences}
    for _, line in cleaned.numbered:
        assert not any(run in fold(line) for run in runs)
        assert not fold(line) or fold(line) not in short
    assert len(cleaned.numbered) + len(removed) == len(lines)
