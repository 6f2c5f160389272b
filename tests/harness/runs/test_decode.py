"""From outputs to tags: the contract is checked, windows are merged, repairs are summed."""

import json

import pytest

from harness.core import PlacedEntity, Sentence, Span, Spans, Tags, Text, WrittenEntity
from harness.data.windows import WindowPolicy, clip
from harness.errors import BackendError
from harness.runs.decode import decode
from harness.tags import encode, tag_set

TAGS = tag_set(["PER"])
SENTENCE = Sentence("s", tuple("张三在家"))
(WINDOW,) = WindowPolicy().cut(SENTENCE)


def test_tags_pass_as_they_are_unknown_types_included():
    answer = ("B-PER", "I-PER", "O", "B-XYZ")
    decoded = decode([Tags(answer)], [WINDOW], TAGS)
    assert decoded["s"].tags == answer
    assert decoded["s"].raw is None
    assert decoded["s"].raw_tags is None


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ([], "0 outputs for 1 sentences"),
        ([Tags(("O",))], "1 tags for 4 units"),
        ([Tags(("O",), unread=2)], "1 tags and 2 unread for 4 units"),
        ([Tags(("O",) * 5, unread=-1)], "5 tags and -1 unread for 4 units"),
        ([Tags(("O", "O", "O", "PER"))], "'PER' is not a BIO tag"),
        ([Tags(("O", "O", "O", None))], "sentence s"),
        ([["O", "O", "O", "O"]], "not list"),
    ],
)
def test_a_backend_that_breaks_the_contract_is_told_where(outputs, words):
    with pytest.raises(BackendError, match=words):
        decode(outputs, [WINDOW], TAGS)


def test_units_that_were_not_read_are_o_and_counted():
    (decoded,) = decode([Tags(("B-PER", "I-PER"), unread=2)], [WINDOW], TAGS).values()
    assert decoded.tags == ("B-PER", "I-PER", "O", "O")
    assert decoded.repairs == {"unread": 2}


def test_text_is_repaired_and_counted_and_its_raw_reading_kept():
    good, bad = (
        Text("张 B_PER 三 I_PER 在 O 家 O", "char-tag"),
        Text("张 B_PER 三 在 O 家 O", "char-tag"),
    )
    for text, repairs in ((good, {}), (bad, {"missing_label": 1})):
        (decoded,) = decode([text], [WINDOW], TAGS).values()
        assert decoded.repairs == repairs
        assert decoded.raw == text.text
        assert len(decoded.tags) == 4
    assert decode([bad], [WINDOW], TAGS)["s"].raw_tags == ("O",) * 4


def test_the_windows_of_a_sentence_become_one_answer():
    sentence = Sentence("s", tuple("甲" * 60))
    windows = WindowPolicy(40, 8).cut(sentence)
    outputs = [Text("O " * len(w.view), "tags") for w in windows]
    (decoded,) = decode(outputs, windows, TAGS).values()
    assert len(windows) > 1
    assert decoded.tags == ("O",) * 60
    assert decoded.raw == "\n".join(output.text for output in outputs)


def test_entities_become_tags_with_their_confidence_and_the_answer_is_kept():
    answer = Spans((WrittenEntity("家", "LOC", 0.5), PlacedEntity(0, 2, "PER", 0.9)))
    (decoded,) = decode([answer], [WINDOW], tag_set(["PER", "LOC"])).values()
    assert decoded.tags == ("B-PER", "I-PER", "O", "B-LOC")
    assert (decoded.confidence, decoded.repairs) == ((0.9, 0.5), {})
    assert json.loads(decoded.raw) == [
        {"text": "家", "label": "LOC", "score": 0.5},
        {"start": 0, "end": 2, "label": "PER", "score": 0.9},
    ]
    assert decoded.raw_tags == decoded.tags


def test_an_answer_of_entities_that_needs_repair_scores_nothing_without_it():
    answer = Spans((PlacedEntity(0, 2, "PER"), PlacedEntity(1, 3, "PER")), unread=1)
    (decoded,) = decode([answer], [WINDOW], TAGS).values()
    assert decoded.tags == ("B-PER", "I-PER", "O", "O")
    assert decoded.repairs == {"overlap": 1, "unread": 1}
    assert decoded.raw_tags == ("O",) * 4
    assert decoded.fates == "prr-"


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        (PlacedEntity(2, 5, "PER"), "is not a place in the 4 units"),
        (PlacedEntity(2, 2, "PER"), "is not a place"),
        (PlacedEntity(-1, 2, "PER"), "is not a place"),
        (PlacedEntity(0.0, 2, "PER"), "whole numbers"),
        (PlacedEntity(0, 2, ""), "has no label"),
        (PlacedEntity(0, 2, "PER", 1.5), "a probability, not 1.5"),
        (PlacedEntity(0, 2, "PER", float("nan")), "a probability, not nan"),
        (WrittenEntity(None, "PER"), "has no text"),
        (WrittenEntity("家", "PER", occurrence="2"), "the occurrence of .* is a whole number"),
        (WrittenEntity("家", "PER", occurrence=2.0), "the occurrence of .* is a whole number"),
        ((0, 2, "PER"), "not tuple"),
    ],
)
def test_an_entity_that_cannot_be_is_the_fault_of_the_backend(entity, words):
    with pytest.raises(BackendError, match=f"sentence s: .*{words}"):
        decode([Spans((entity,))], [WINDOW], TAGS)


@pytest.mark.parametrize("answer", [Spans((), unread=5), Spans((), unread=-1), Spans("text")])
def test_spans_that_are_none_are_the_fault_of_the_backend(answer):
    with pytest.raises(BackendError, match="sentence s"):
        decode([answer], [WINDOW], TAGS)


def test_a_place_that_a_text_does_not_have_is_a_repair_and_no_fault_of_the_backend():
    answer = Spans((WrittenEntity("家", "PER", occurrence=0),))
    (decoded,) = decode([answer], [WINDOW], TAGS).values()
    assert decoded.repairs == {"wrong_occurrence": 1}


def test_entities_of_several_windows_become_one_answer():
    sentence = Sentence("s", tuple("甲" * 60))
    windows = WindowPolicy(40, 8).cut(sentence)
    gold = (Span(3, 5, "PER"), Span(20, 50, "PER"))
    answers = [
        Spans(tuple(PlacedEntity(s.start, s.end, s.label, 0.5) for s in clip(gold, w.start, w.end)))
        for w in windows
    ]
    (decoded,) = decode(answers, windows, TAGS).values()
    assert len(windows) > 1
    assert decoded.tags == encode(gold, 60)
    assert decoded.confidence == (0.5, 0.5)
