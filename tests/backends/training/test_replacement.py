"""Mention replacement: other names of train in the places of names, and nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_objective import DATA, NAMES, UnitTagger, context

from backends.training.loop import train
from backends.training.recipe import Recipe
from backends.training.replacement import Replacement
from harness.core import Example, Sentence, Span
from harness.data.training_digest import digest
from harness.errors import ConfigError


def everything(example):
    return True


def names_in(examples):
    return {(s.label, e.sentence.mention(s)) for e in examples for s in e.spans}


def outside(example):
    """The text around the mentions, and the types of these."""
    inside = {i for span in example.spans for i in range(span.start, span.end)}
    text = "".join(u for i, u in enumerate(example.sentence.units) if i not in inside)
    return text, [span.label for span in example.spans]


@given(st.integers(0, 2**32 - 1), st.integers(1, 50), st.floats(0, 1))
def test_tags_stay_in_place_and_names_are_those_of_train(seed, number, rate):
    made = Replacement(DATA, rate, seed, everything).epoch(number)
    assert [outside(example) for example in made] == [outside(example) for example in DATA]
    assert names_in(made) <= names_in(DATA)


def test_at_a_rate_of_one_names_do_change_and_sentences_too():
    made = Replacement(DATA, 1.0, 13, everything).epoch(1)
    assert sum(a != b for a, b in zip(made, DATA, strict=True)) > len(DATA) / 2
    assert len({len(example.sentence) for example in made}) > 1


def test_names_are_drawn_as_often_as_they_stand_in_train():
    rare = [Example(Sentence("r", tuple("周五来")), (Span(0, 2, "PER"),))]
    made = Replacement([*DATA * 20, *rare], 1.0, 5, everything).epoch(1)
    drawn = [e.sentence.mention(s) for e in made for s in e.spans if s.label == "PER"]
    assert drawn.count("周五") < len(drawn) / 50
    for name in NAMES["PER"]:
        assert drawn.count(name) / len(drawn) == pytest.approx(1 / 3, abs=0.08)


def test_an_epoch_is_a_function_of_its_number_and_the_seed():
    once, again = (Replacement(DATA, 0.5, 13, everything) for _ in range(2))
    assert once.epoch(2) == again.epoch(2)
    assert once.epoch(2) != once.epoch(3)
    assert once.epoch(2) != Replacement(DATA, 0.5, 14, everything).epoch(2)


def test_what_would_not_fit_stays_as_it_is():
    longest = min(len(example.sentence) for example in DATA)
    made = Replacement(DATA, 1.0, 13, lambda e: len(e.sentence) <= longest).epoch(1)
    pairs = zip(made, DATA, strict=True)
    assert all(a == b or len(a.sentence) <= longest for a, b in pairs)


def test_training_reads_no_name_of_dev_and_says_which_sentences_it_was_fed(tmp_path):
    dev = [Example(Sentence("d", tuple("吴九去北江")), (Span(0, 2, "PER"), Span(3, 5, "LOC")))]
    objective = UnitTagger()
    recipe = Recipe(epochs=3, batch_units=60, replace_mentions=0.5)
    training = train(objective, DATA, dev, recipe, context(tmp_path))
    assert {e.training_digest for e in training.epochs} == {digest(DATA)}
    assert names_in(objective.fed) <= names_in(DATA)
    assert not names_in(objective.fed) & names_in(dev)
    texts = {example.sentence.units for example in objective.fed}
    assert len(texts) > len({example.sentence.units for example in DATA})


def test_nothing_grows_beyond_the_longest_sentence_of_train(tmp_path):
    objective = UnitTagger()
    train(objective, DATA, [], Recipe(epochs=5, replace_mentions=1.0), context(tmp_path))
    longest = max(len(example.sentence) for example in DATA)
    assert max(len(example.sentence) for example in objective.fed) == longest


def test_nested_gold_is_refused_since_other_names_have_other_names_within():
    spans = (Span(0, 2, "LOC"), Span(0, 4, "ORG"))
    nested = Example(Sentence("s", tuple("北京大学")), spans, nested=True)
    with pytest.raises(ConfigError, match=r"replace_mentions=0.1: gold is nested, .*leave"):
        Replacement([nested], 0.1, 13, everything)
    assert Replacement([nested], 0.0, 13, everything).epoch(1) == [nested]
