"""The dictionary remembers mentions and finds the longest of them, from left to right."""

import pytest

from backends.dictionary import Dictionary
from harness.core import Example, Sentence, Span


def example(text, *spans):
    return Example(Sentence(text, tuple(text)), tuple(Span(*span) for span in spans))


def tags(backend, text):
    (output,) = backend.predict([Sentence("s", tuple(text))])
    return output.tags


@pytest.fixture
def backend():
    train = [
        example("上海的雨", (0, 2, "LOC")),
        example("上海铁路局", (0, 5, "ORG")),
        example("王的车", (0, 1, "PER")),
        example("东方好", (0, 2, "PER")),
        example("东方大", (0, 2, "LOC")),
        example("东方小", (0, 2, "LOC")),
    ]
    made = Dictionary(None)
    made.fit(train, [])
    return made


def test_longest_mention_wins(backend):
    assert tags(backend, "上海铁路局") == ("B-ORG", *["I-ORG"] * 4)
    assert tags(backend, "上海铁路") == ("B-LOC", "I-LOC", "O", "O")


def test_matching_goes_on_behind_a_mention(backend):
    assert tags(backend, "上海上海") == ("B-LOC", "I-LOC", "B-LOC", "I-LOC")


def test_most_frequent_label_wins(backend):
    assert tags(backend, "东方") == ("B-LOC", "I-LOC")


def test_mentions_of_one_character_are_forgotten_unless_asked_for(backend):
    assert tags(backend, "王") == ("O",)
    eager = Dictionary(None, shortest=1)
    eager.fit([example("王的车", (0, 1, "PER"))], [])
    assert tags(eager, "王") == ("B-PER",)


def test_a_word_of_two_characters_is_no_short_mention():
    backend = Dictionary(None)
    backend.fit([Example(Sentence("w", ("Rome", "is"), " "), (Span(0, 1, "LOC"),))], [])
    assert backend.predict([Sentence("s", ("in", "Rome"), " ")])[0].tags == ("O", "B-LOC")


def test_nothing_learned_and_empty_text():
    backend = Dictionary(None)
    report = backend.fit([], [])
    assert (report.weights, report.trained) == ("none", 0)
    assert tags(backend, "上海") == ("O", "O")
    assert tags(backend, "") == ()


def test_saved_and_loaded_it_answers_the_same(backend, tmp_path):
    backend.save(tmp_path)
    again = Dictionary(None)
    again.load(tmp_path)
    assert again.labels == backend.labels
