"""Formats: what is rendered is parsed back, for any text, and nothing else is taken for it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence
from harness.errors import ConfigError
from harness.generation.formats import FORMATS, Item, escape, format_named, spellings
from harness.tags import may_follow, tag_set

LABELS = ["PER", "LOC", "per-son", "a b", "<x>", "/PER", "O", "NAM.1"]
TAGS = tag_set(LABELS)
SENTENCE = Sentence("s", tuple("王芳去A国"))
GOLD = ("B-PER", "I-PER", "O", "B-LOC", "I-LOC")

HOSTILE = st.sampled_from(
    ["O", "B_PER", "B-PER", " ", "  ", "\u3000", "\n", "\x1c", "\x85", "␣", "␛", "␛20;",
     "👨\u200d👩", "</s>", "<PER>", "</PER>", "<unk>", "&lt;", "&amp;", "&", "<", ">", "0", "10",
     "\ud800", "\0"]
)  # fmt: skip
UNITS = st.lists(HOSTILE | st.text(min_size=1, max_size=3), max_size=12)
NAMES = st.sampled_from(sorted(FORMATS))


@st.composite
def tagged(draw):
    """Any sentence with any legal tags."""
    units = tuple(draw(UNITS))
    tags = []
    for _ in units:
        previous = tags[-1] if tags else "O"
        tags.append(draw(st.sampled_from([tag for tag in TAGS if may_follow(previous, tag)])))
    return Sentence("s", units, draw(st.sampled_from(["", " ", "<", "&"]))), tuple(tags)


@given(tagged(), NAMES)
def test_what_is_rendered_is_parsed_back(case, name):
    sentence, gold = case
    form = FORMATS[name]
    text = form.render(sentence, gold)
    assert form.parse(text, sentence, TAGS) == gold
    assert form.join(form.items(sentence, gold), sentence.joiner) == text


@given(tagged(), tagged(), NAMES)
def test_two_answers_never_look_alike(one, other, name):
    form, sentence = FORMATS[name], one[0]
    gold = (other[1] + ("O",) * len(sentence))[: len(sentence)]
    if all(map(may_follow, ("O", *gold), gold)) and gold != one[1]:
        assert form.render(sentence, one[1]) != form.render(sentence, gold)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tags", "B_PER I_PER O B_LOC I_LOC"),
        ("char-tag", "王 B_PER 芳 I_PER 去 O A B_LOC 国 I_LOC"),
        ("echo", "王 B_PER 芳 I_PER 去 O A B_LOC 国 I_LOC"),
        ("indexed", "0 B_PER 1 I_PER 2 O 3 B_LOC 4 I_LOC"),
        ("inline", "<PER>王芳</PER>去<LOC>A国</LOC>"),
    ],
)
def test_what_the_formats_look_like(name, text):
    assert FORMATS[name].render(SENTENCE, GOLD) == text


@pytest.mark.parametrize("name", FORMATS)
def test_each_piece_of_a_well_formed_text_matters(name):
    form = FORMATS[name]
    text = form.render(SENTENCE, GOLD)
    pieces = text.split() if name != "inline" else list(text)
    glue = "" if name == "inline" else " "
    for at in range(len(pieces)):
        assert form.parse(glue.join(pieces[:at] + pieces[at + 1 :]), SENTENCE, TAGS) is None
        assert form.parse(glue.join([*pieces[:at], "X", *pieces[at:]]), SENTENCE, TAGS) is None


@pytest.mark.parametrize("name", FORMATS)
def test_white_space_around_a_text_carries_no_meaning(name):
    text = FORMATS[name].render(SENTENCE, GOLD)
    assert FORMATS[name].parse(f" {text}\n", SENTENCE, TAGS) == GOLD


def test_a_sentence_of_white_space_keeps_it():
    sentence = Sentence("s", (" ", "\u3000", "\n", "␣"))
    gold = ("B-PER", "I-PER", "O", "O")
    assert FORMATS["char-tag"].render(sentence, gold) == "␣ B_PER ␛3000; I_PER ␛a; O ␛2423; O"
    assert FORMATS["inline"].parse("<PER> \u3000</PER>\n␣", sentence, TAGS) == gold
    assert FORMATS["inline"].parse("<PER>\u3000</PER>\n␣", sentence, TAGS) is None


def test_every_code_point_becomes_one_word():
    for code in [*range(0x3100), 0xD800, 0xDFFF, 0xFEFF, 0x1F600, sys.maxunicode]:
        assert escape(chr(code)).split() == [escape(chr(code))]


def test_words_are_joined_as_their_language_does():
    sentence = Sentence("s", ("Ada", "Byron", "wrote", "<this>"), " ")
    gold = ("B-PER", "I-PER", "O", "O")
    assert FORMATS["inline"].render(sentence, gold) == "<PER>Ada Byron</PER> wrote &lt;this>"


def test_inline_reads_marks_that_can_only_be_text():
    sentence = Sentence("s", tuple("1<2&3"))
    marked = FORMATS["inline"].parse("1<<PER>2</PER>&3", sentence, TAGS)
    assert marked == ("O", "O", "B-PER", "O", "O")
    assert FORMATS["inline"].parse("1<2&3", sentence, TAGS) == ("O",) * 5


def test_marks_are_what_a_generator_needs_a_token_for():
    tags = tag_set(["PER"])
    assert FORMATS["char-tag"].marks(tags) == tuple(Item("tag", tag) for tag in tags)
    assert [FORMATS["inline"].spell(mark) for mark in FORMATS["inline"].marks(tags)] == [
        "<PER>",
        "</PER>",
    ]


def test_items_carry_raw_units_and_tags_of_the_tag_set():
    items = FORMATS["char-tag"].items(Sentence("s", (" ", "O")), ("B-PER", "O"))
    assert items == (Item("unit", " "), Item("tag", "B-PER"), Item("unit", "O"), Item("tag", "O"))


def test_spellings_are_one_to_one():
    assert sorted(spellings(TAGS).values()) == sorted(TAGS)


def test_an_unknown_format_names_those_there_are():
    with pytest.raises(ConfigError, match=r"'xml'.*tags, char-tag, echo, indexed, inline"):
        format_named("xml")
