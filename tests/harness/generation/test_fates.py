"""Fates: each unit of an answer is predicted, repaired or never answered, whatever was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence, Text
from harness.generation.fates import PREDICTED, REPAIRED, UNANSWERED, Fates
from harness.generation.formats import FORMATS, format_named
from harness.generation.repair import repair
from harness.tags import may_follow, tag_set

TAGS = tag_set(["PER", "LOC"])
SENTENCE = Sentence("s", tuple("昨天王小芳去O市"))
GOLD = ("O", "O", "B-PER", "I-PER", "I-PER", "O", "B-LOC", "I-LOC")
WELL_FORMED = "昨 O 天 O 王 B_PER 小 I_PER 芳 I_PER 去 O O B_LOC 市 I_LOC"
INLINE = "昨天<PER>王小芳</PER>去<LOC>O市</LOC>"


def fates(text, form="char-tag"):
    return repair(Text(text, form), SENTENCE, TAGS).fates


@pytest.mark.parametrize("form", FORMATS)
def test_a_perfect_answer_is_predicted_throughout(form):
    decoded = repair(Text(format_named(form).render(SENTENCE, GOLD), form), SENTENCE, TAGS)
    assert decoded.fates == ""
    assert decoded.tags == GOLD


@pytest.mark.parametrize("form", ["tags", "char-tag", "indexed"])
@pytest.mark.parametrize("kept", range(9))
def test_units_after_a_cut_were_never_answered_wherever_it_is(form, kept):
    words = format_named(form).render(SENTENCE, GOLD).split(" ")
    each = len(words) // len(GOLD)
    found = fates(" ".join(words[: each * kept]), form)
    assert (found or PREDICTED * 8) == PREDICTED * kept + UNANSWERED * (8 - kept)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        (WELL_FORMED.replace("王 B_PER", "王 B-PER"), "char-tag", "pprppppp"),  # read as B_PER
        (WELL_FORMED.replace("天 O", "天 I_PER"), "char-tag", "prpppppp"),  # made legal
        (WELL_FORMED.replace("小 I_PER", "小"), "char-tag", "ppp-pppp"),  # its tag is the bridge's
        (WELL_FORMED.replace("小 I_PER ", ""), "char-tag", "ppp-pppp"),
        (WELL_FORMED.replace("去", "来"), "char-tag", "ppppprpp"),  # another unit stands for it
        (INLINE.replace("<PER>", "<PERS>"), "inline", "pprrrppp"),
        (INLINE.replace("</PER>", ""), "inline", "pprrrrpp"),  # opened and never closed
        ("昨天<PER>王小", "inline", "pprr----"),
        (INLINE.replace("天", "日"), "inline", "prpppppp"),
        ("", "char-tag", "--------"),
        ("没问题！", "char-tag", "--------"),
    ],
)  # fmt: skip
def test_what_a_fault_did_to_each_unit(text, form, expected):
    assert fates(text, form) == expected


WORDS = st.sampled_from(["O", "B_PER", "I_LOC", "b-per", "昨", "天", "王", "0", "1", "<PER>", "x"])


@given(st.lists(WORDS, max_size=30).map(" ".join), st.sampled_from([*FORMATS]))
def test_the_sums_are_all_units_and_a_predicted_tag_is_one_that_was_written(text, form):
    decoded = repair(Text(text, form), SENTENCE, TAGS)
    sums = Fates.of([decoded.fates or PREDICTED * 8])
    assert sums.predicted + sums.repaired + sums.unanswered == 8
    assert set(decoded.fates) <= {PREDICTED, REPAIRED, UNANSWERED}
    if form != "inline":
        spelled = [tag.replace("-", "_") for tag in decoded.tags]
        predicted = [s for s, fate in zip(spelled, decoded.fates, strict=False) if fate == "p"]
        words = text.split()
        assert all(words.count(tag) >= predicted.count(tag) for tag in predicted)


@given(st.data())
def test_a_bridge_over_a_gap_is_never_the_models_answer(data):
    """A unit taken out of a perfect answer was not answered, even where its tag comes back."""
    at = data.draw(st.integers(0, 7))
    pairs = WELL_FORMED.split(" ")
    found = repair(
        Text(" ".join(pairs[: 2 * at] + pairs[2 * at + 2 :]), "char-tag"), SENTENCE, TAGS
    )
    assert found.fates[at] == UNANSWERED
    assert all(may_follow(a, b) for a, b in zip(("O", *found.tags), found.tags, strict=False))
