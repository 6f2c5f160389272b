"""Overlap: which sentences of a split another one has, exactly or nearly, in linear time."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Example, Sentence, Span
from harness.data import overlap
from harness.data.overlap import SHINGLE, Overlap, Seen, contained, overlaps, refuse, seen_in_train
from harness.errors import DataError

LONG = "据林晓介绍，周三从平湖出发，前往北岭大学。"
texts = st.lists(st.text("甲乙丙", max_size=20), max_size=6)


def sentence(text):
    return Sentence(text, tuple(text))


def splits(**given):
    return {name: [Example(sentence(text), ()) for text in each] for name, each in given.items()}


def match(text, held=(LONG, "好", "")):
    return Seen.of(map(sentence, held), [sentence(text)]).match(sentence(text))


def test_a_sentence_is_in_a_split_exactly_nearly_or_not():
    assert match(LONG) == "exact"
    assert match(LONG + "！") == "near"
    assert match("好") == "exact"  # shorter than a shingle: exactly or not at all
    assert match("好吧") == ""
    assert match(LONG[: SHINGLE - 1]) == ""
    assert match("") == ""
    assert match("！") == ""


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("好！", "好"),
        ("Java 8工程师", "java８工程師".replace("師", "师")),
        ("ＩＢＭ", "ibm"),
        ("、".join(LONG), LONG),
        ("\u200b".join(LONG), LONG),
        (LONG, f"某报讯{LONG}"),
    ],
)
def test_punctuation_width_case_and_spacing_do_not_make_another_sentence(text, held):
    assert match(text, [held]) == "near"
    assert match(held, [text]) == "near" or len(held) > len(text)


def test_what_is_of_punctuation_alone_is_in_a_split_only_as_it_is():
    assert match("……", ["……"]) == "exact"
    assert match("……", ["。"]) == ""


def test_units_are_what_is_compared_not_the_text_they_join_to():
    asked = Sentence("b", ("new york",), " ")
    assert Seen.of([Sentence("a", ("new", "york"), " ")], [asked]).match(asked) == ""


@given(texts, texts)
def test_near_is_half_of_the_shingles_whatever_the_order_of_the_sentences(train, test):
    seen = Seen.of(map(sentence, train), map(sentence, test))
    found = [seen.match(sentence(text)) for text in test]
    held = {text[at : at + SHINGLE] for text in train for at in range(len(text) - SHINGLE + 1)}
    for text, match in zip(test, found, strict=True):
        shingles = [text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1)]
        near = bool(shingles) and 2 * sum(one in held for one in shingles) >= len(shingles)
        assert match == ("exact" if text and text in train else "near" if near else "")


def test_sentences_and_surfaces_are_counted_for_each_pair_of_splits():
    def example(text, *spans):
        return Example(sentence(text), tuple(Span(*span) for span in spans))

    given = {
        "train": [example("张三在京", (0, 2, "PER"), (3, 4, "LOC")), example(LONG)],
        "dev": [example("好"), example("")],
        "test": [example("张三好", (0, 2, "PER")), example("沪", (0, 1, "LOC")), example(LONG)],
    }
    assert overlaps(given) == (
        Overlap("test", "train", 3, 1, 0, 2, 1),
        Overlap("test", "dev", 3, 0, 0, 2, 0),
        Overlap("dev", "train", 1, 0, 0, 0, 0),
    )
    assert seen_in_train(given) == (False, False, True)


def test_more_than_half_of_test_is_refused_with_counts_and_remedy():
    half = overlaps(splits(train=["甲", "乙"], dev=[], test=["甲", "丙"]))
    refuse("mine", half)
    most = overlaps(splits(train=["甲", LONG], dev=[], test=["甲", LONG + "！", "丙"]))
    with pytest.raises(DataError) as error:
        refuse("mine", most)
    assert "1 of 3 test sentences are in train, 1 more nearly" in str(error.value)
    assert "--allow-overlap" in str(error.value)
    assert error.value.exit_code == 3


def test_dev_in_train_is_counted_but_only_test_is_refused():
    found = overlaps(splits(train=["甲"], dev=["甲"], test=["丙"]))
    assert found[2].exact == 1
    assert contained(found) == ()


def test_what_is_kept_is_of_the_part_that_is_looked_up_however_large_train_is():
    def peak(size):
        train = [f"{number}{LONG}{number}" for number in range(size)]
        given = splits(train=train, dev=["好"], test=[LONG, "0" + LONG])
        overlaps(given)  # what a text or a number makes on its own
        tracemalloc.start()
        assert overlaps(given)[0].near == 2
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(2000) < 1.5 * peak(200)


def test_the_work_grows_with_the_text_and_not_with_pairs_of_sentences(monkeypatch):
    hashed = []
    shingles = overlap.shingles
    monkeypatch.setattr(overlap, "shingles", lambda u: hashed.append(len(u)) or shingles(u))

    def work(size):
        hashed.clear()
        given = splits(**{name: [f"{name}{i}{LONG}" for i in range(size)] for name in
                          ("train", "dev", "test")})  # fmt: skip
        overlaps(given)
        return len(hashed)

    assert work(80) == 2 * work(40)
