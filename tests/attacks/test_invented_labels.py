"""Labels that a model invents are wrong answers, however near they are to those of the task."""

import json

import pytest

from harness.core import PlacedEntity, Sentence, Span, Spans, Tags, Text
from harness.data.windows import WindowPolicy
from harness.errors import BackendError
from harness.generation.repair import repair
from harness.runs.decode import decode as decoded
from harness.tags import decode, is_word, tag_set

SENTENCE = Sentence("s", tuple("孙洋在上海"))
INVENTED = ("P", "O", "X", "N", "人", "T1", "PT")


def found(text, form, *labels):
    """The entities of an answer, as text and label, and what was repaired."""
    decoded = repair(Text(text, form), SENTENCE, tag_set(labels))
    spans = decode(decoded.tags)
    return [(SENTENCE.mention(span), span.label) for span in spans], decoded.repairs


def listing(label):
    return json.dumps({"entities": [{"text": "孙洋", "label": label}]}, ensure_ascii=False)


@pytest.mark.parametrize("label", [*INVENTED, "TO"])
def test_an_invented_label_is_not_read_as_the_only_short_one_of_the_task(label):
    """Of a label of one letter, any other of one or two letters is an edit away."""
    assert found(listing(label), "json", "T") == ([("孙洋", label)], {"unknown_label": 1})
    assert found(listing(label), "json", "PER", "T") == ([("孙洋", label)], {"unknown_label": 1})
    assert found(f"<{label}>孙洋</{label}>在上海", "inline", "T") == ([], {"unknown_label": 1})


@pytest.mark.parametrize("label", INVENTED)
def test_nor_is_a_tag_of_it(label):
    """``B_TO`` is not here: it is also ``B_T`` and ``O`` without the space between."""
    tags = f"孙 B_{label} 洋 I_{label} 在 O 上 O 海 O"
    assert found(tags, "char-tag", "T") == ([], {"unknown_label": 2})


@pytest.mark.parametrize("label", ["t", "Ｔ"])
def test_another_spelling_of_a_short_label_is_that_label(label):
    assert found(listing(label), "json", "T") == ([("孙洋", "T")], {"label_typo": 1})


@pytest.mark.parametrize("label", ["PERR", "PR", "PET"])
def test_a_label_of_three_letters_is_known_with_one_of_them_wrong(label):
    assert found(listing(label), "json", "PER", "T") == ([("孙洋", "PER")], {"label_typo": 1})


HOSTILE = {
    "a\nb": "a␛a;b", "PER x": "PER␛20;x", "a\tb": "a␛9;b", "\ud800x": "␛d800;x",
    "\u2028": "␛2028;", "x\u200b": "x␛200b;",
}  # fmt: skip


@pytest.mark.parametrize(("label", "kept"), HOSTILE.items(), ids=ascii)
def test_an_invented_label_holds_nothing_that_no_label_may(label, kept):
    """So it takes one line and one column wherever it is written."""
    assert found(listing(label), "json", "PER") == ([("孙洋", kept)], {"unknown_label": 1})
    (one,) = decoded_of(Spans((PlacedEntity(0, 2, label),))).values()
    assert decode(one.tags) == (Span(0, 2, kept),)
    assert is_word(kept)


def test_tags_with_such_a_label_are_a_fault_of_the_program():
    with pytest.raises(BackendError, match=r"sentence s: 'B-a\\nb' has a label that no task has"):
        decoded_of(Tags(("B-a\nb", "O", "O", "O", "O")))


def decoded_of(output):
    return decoded([output], WindowPolicy().cut(SENTENCE), tag_set(["PER"]))
