"""Confidences through windows, and what is asked of a backend after its answers."""

import math

import pytest

from harness.core import Example, Sentence, Span, Tags, Text
from harness.data.windows import WindowPolicy
from harness.errors import BackendError
from harness.runs.after_answers import gold_bits
from harness.runs.contract import checked
from harness.runs.decode import decode
from harness.tags import encode, tag_set

TAGS = tag_set(["PER"])
SENTENCE = Sentence("s", tuple("甲" * 60))
POLICY = WindowPolicy(40, 8)
WINDOWS = POLICY.cut(SENTENCE)
FIRST, SECOND = WINDOWS
BORDER = FIRST.owned_end


def test_the_windows_are_as_the_tests_below_take_them():
    assert (FIRST.start, FIRST.owned_start, FIRST.end) == (0, 0, BORDER + 8)
    assert (SECOND.start, SECOND.owned_start, SECOND.end) == (BORDER - 8, BORDER, 60)


def answer(window, *spans):
    """What a window says: (start, end, confidence) in units of the sentence."""
    inside = [Span(start - window.start, end - window.start, "PER") for start, end, _ in spans]
    return Tags(encode(inside, len(window.view)), confidence=tuple(sure for *_, sure in spans))


def joined(first, second):
    (decoded,) = decode([answer(FIRST, *first), answer(SECOND, *second)], WINDOWS, TAGS).values()
    return decoded


def test_each_entity_keeps_the_probability_of_the_window_that_owns_it():
    """What the other window says of the same place, in its margin, does not count."""
    near = BORDER - 3
    decoded = joined([(2, 4, 0.9), (near, near + 2, 0.8)], [(near, near + 2, 0.1), (50, 51, 0.7)])
    assert decoded.confidence == (0.9, 0.8, 0.7)


def test_an_entity_across_the_border_has_that_of_the_window_where_it_begins():
    decoded = joined([(BORDER - 2, BORDER + 2, 0.6)], [(BORDER - 2, BORDER + 2, 0.5)])
    assert decoded.tags == encode([Span(BORDER - 2, BORDER + 2, "PER")], 60)
    assert decoded.confidence == (0.6,)


def test_an_entity_that_no_window_sees_whole_has_the_lowest_of_its_parts():
    """The first window sees it end at the border, where the second goes on with it."""
    decoded = joined([(BORDER - 2, BORDER + 1, 0.6)], [(BORDER - 2, BORDER + 3, 0.4)])
    assert decoded.tags == encode([Span(BORDER - 2, BORDER + 3, "PER")], 60)
    assert decoded.confidence == (0.4,)


def test_without_confidence_of_one_window_there_is_none():
    outputs = [answer(FIRST, (2, 4, 0.9)), Tags(("O",) * len(SECOND.view))]
    assert decode(outputs, WINDOWS, TAGS)["s"].confidence is None
    text = Text("O " * len(SECOND.view), "tags")
    assert decode([outputs[0], text], WINDOWS, TAGS)["s"].confidence is None


def test_what_was_not_read_takes_no_confidence_away():
    (window,) = WindowPolicy().cut(Sentence("s", tuple("甲乙丙")))
    (decoded,) = decode([Tags(("B-PER",), 2, (0.5,))], [window], TAGS).values()
    assert decoded.confidence == (0.5,)


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        ((), "0 confidences for 1 entities"),
        ((0.5, 0.5), "2 confidences for 1 entities"),
        ((1.5,), "a probability, not 1.5"),
        ((-0.1,), "a probability, not -0.1"),
        ((math.nan,), "a probability, not nan"),
        (("high",), "a probability, not 'high'"),
        (0.5, "confidence is a tuple or None, not float"),
    ],
)
def test_a_confidence_that_is_no_probability_of_an_entity_is_refused(confidence, words):
    (window,) = WindowPolicy().cut(Sentence("s", ("甲",)))
    with pytest.raises(BackendError, match=words):
        decode([Tags(("B-PER",), confidence=confidence)], [window], TAGS)


class Measuring:
    """Pays one bit for a tag of an entity and a quarter for any other; notes what it is given."""

    def __init__(self, change=lambda bits: bits):
        self.change, self.given = change, []

    def surprisal(self, examples):
        self.given += examples
        bits = [
            [0.25 if tag == "O" else 1.0 for tag in encode(e.spans, len(e.sentence))]
            for e in examples
        ]
        return self.change(bits)


GOLD = [
    Example(SENTENCE, (Span(BORDER - 2, BORDER + 2, "PER"),)),
    Example(Sentence("empty", ()), ()),
]


def test_each_unit_is_paid_for_once_and_an_empty_sentence_costs_nothing():
    assert gold_bits(Measuring(), GOLD, POLICY) == {"s": 56 * 0.25 + 4, "empty": 0.0}


def test_gold_is_handed_out_in_windows_under_names_that_tell_nothing():
    backend = Measuring()
    gold_bits(backend, GOLD, POLICY)
    assert [len(e.sentence) for e in backend.given] == [len(w.view) for w in WINDOWS]
    assert not any(e.sentence.id.startswith("s") for e in backend.given)


def test_what_one_window_cannot_measure_the_sentence_does_not_have():
    backend = Measuring(lambda bits: [None, *bits[1:]])
    assert gold_bits(backend, GOLD, POLICY) == {"empty": 0.0}


def test_a_backend_that_does_not_measure_is_not_asked():
    assert gold_bits(object(), GOLD, POLICY) == {}
    assert gold_bits(checked("none", object()), GOLD, POLICY) == {"empty": 0.0}


@pytest.mark.parametrize("change", [lambda bits: bits[:-1], lambda bits: None, lambda bits: 3])
def test_answers_that_are_not_one_for_each_sentence_are_refused(change):
    backend = checked("few", Measuring(change))
    with pytest.raises(BackendError, match=r"surprisal of backend 'few' .* for 2 sentences"):
        gold_bits(backend, GOLD, POLICY)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda bits: [["1", *bits[0][1:]], *bits[1:]], "finite and not negative, not '1'"),
        (lambda bits: [bits[0][:-1], *bits[1:]], "bits for"),
        (lambda bits: [[math.inf, *bits[0][1:]], *bits[1:]], "finite and not negative"),
        (lambda bits: [[-1.0, *bits[0][1:]], *bits[1:]], "finite and not negative"),
        (lambda bits: [[math.nan, *bits[0][1:]], *bits[1:]], "finite and not negative"),
    ],
)
def test_bits_that_are_none_are_refused(change, words):
    with pytest.raises(BackendError, match=words):
        gold_bits(Measuring(change), GOLD, POLICY)
