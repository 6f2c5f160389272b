"""One vocabulary for all families: a character is a position, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from backends.generating.scratch import END as SCRATCH_END
from backends.generating.scratch import PADDING as SCRATCH_PADDING
from backends.generating.vocabulary import UnitVocabulary
from backends.pretraining.characters import (
    END,
    FIRST,
    MASK,
    NAMES,
    PADDING,
    UNKNOWN,
    Characters,
    is_character,
)
from backends.tagging.encoding import PretrainedTable, UnitTokenizer
from harness.core import Sentence

KNOWN = "的一是在Aa1 。\u3000\u200b\ufe0f😀▁Ġ[]"
ODD = ("\u200b", "\ufe0f", "\x07", " ", "\u3000", "😀", "１", "℃", "<", "▁", "Ġ", "[", "é")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("characters")
    Characters(KNOWN).save(made, 512)
    return made


@pytest.fixture(scope="module")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


def test_ids_are_those_of_the_tokenizer(tokenizer):
    characters = Characters(KNOWN)
    text = "的一A 😀é\u3000"
    (ids,) = characters.ids([text])
    assert ids.tolist() == tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(tokenizer) == len(characters) == FIRST + len(KNOWN)


def test_a_line_end_is_the_end_and_what_is_not_known_is_unknown():
    (ids,) = Characters(KNOWN).ids(["的\n龘一"])
    assert ids.tolist() == [FIRST, END, UNKNOWN, FIRST + 1]
    assert is_character(ids).tolist() == [True, False, False, True]


def test_the_tokens_that_are_no_text_are_those_of_models_from_scratch(tokenizer):
    assert (PADDING, END) == (SCRATCH_PADDING, SCRATCH_END)
    found = (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id)
    assert found == (PADDING, END, UNKNOWN)
    assert tokenizer.mask_token_id == MASK


@given(st.lists(st.sampled_from([*KNOWN, *ODD]) | st.characters(exclude_categories=["Cs"])))
def test_n_characters_own_n_positions_of_a_tagger(tokenizer, units):
    encoder = UnitTokenizer(PretrainedTable(tokenizer), 512)
    encoded = encoder.encode(Sentence("s", tuple(units)))
    assert len(encoded.ids) == len(encoded.firsts) == len(units)
    expected = [FIRST + KNOWN.index(u) if u in KNOWN else UNKNOWN for u in units]
    assert list(encoded.ids) == expected


@given(st.lists(st.sampled_from([*KNOWN, *ODD]), min_size=1))
def test_n_characters_own_n_positions_of_a_generator(folder, units):
    vocabulary = UnitVocabulary(AutoTokenizer.from_pretrained(folder), ["B_PER", "O"])
    sentence = Sentence("s", tuple(units))
    assert all(len(pieces) == 1 for pieces in vocabulary.pieces(sentence))
    assert not vocabulary.control & set(vocabulary.anchors(sentence))


def test_text_that_looks_like_a_token_is_only_text(tokenizer):
    table = PretrainedTable(tokenizer)
    for name in NAMES[:5]:
        assert set(table.pieces(name)) <= {UNKNOWN} | set(range(FIRST, FIRST + len(KNOWN)))


def test_characters_are_written_together(tokenizer):
    assert tokenizer.decode(Characters(KNOWN).ids(["的一是在A"])[0]) == "的一是在A"


def test_a_tagger_reads_as_many_positions_as_the_model_has(tokenizer):
    assert tokenizer.model_max_length == 512
