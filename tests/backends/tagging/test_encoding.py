"""N units own N positions: whatever the tokenizer drops, splits or takes for a control token."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.tagging.encoding import LearnedTable, PretrainedTable, UnitTokenizer, levelled
from harness.core import Sentence
from harness.errors import ConfigError

CONTROL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*CONTROL, "中", "国", "ab", "##c", "##d", "2", "<", "/", "s", ">", "[", "]", "sep"]
NO_PIECE = ["\u200b", "\ufe0f", "\x07", "\u3000", " ", "\u0301"]


def sentence(*units, joiner=""):
    return Sentence("s1", tuple(units), joiner)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    from transformers import BertTokenizer

    folder = tmp_path_factory.mktemp("bert")
    (folder / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
    return PretrainedTable(BertTokenizer(vocab=str(folder / "vocab.txt"), model_max_length=512))


def names(ids):
    return [PIECES[i] for i in ids]


def test_first_piece_of_each_unit_is_known(table):
    encoded = UnitTokenizer(table, 64).encode(sentence("中", "abcd", "国", joiner=" "))
    assert names(encoded.ids) == ["[CLS]", "中", "ab", "##c", "##d", "国", "[SEP]"]
    assert names(encoded.ids[i] for i in encoded.firsts) == ["中", "ab", "国"]


@pytest.mark.parametrize("unit", NO_PIECE)
def test_a_unit_without_a_piece_gets_the_unknown_one(table, unit):
    encoded = UnitTokenizer(table, 64).encode(sentence("中", unit, "国"))
    assert names(encoded.ids) == ["[CLS]", "中", "[UNK]", "国", "[SEP]"]
    assert encoded.firsts == (1, 2, 3)


@pytest.mark.parametrize("unit", [*CONTROL, "中[SEP]国"])
def test_text_that_looks_like_a_control_token_is_only_text(table, unit):
    ids = table.pieces(unit)
    assert ids
    assert not {"[CLS]", "[SEP]", "[PAD]", "[MASK]"} & set(names(ids))
    assert names(table.pieces("[SEP]")) == ["[", "sep", "]"]
    assert names(table.pieces("</s>")) == ["<", "/", "s", ">"]


def test_a_control_token_that_is_a_plain_piece_is_out_of_reach_too(table):
    """Some tokenizers find ``</s>`` in text even where they are told not to."""
    from transformers import BertTokenizer

    ends = BertTokenizer(vocab={piece: i for i, piece in enumerate(PIECES)}, sep_token="国")
    assert names(PretrainedTable(ends).pieces("国")) == ["[UNK]"]
    assert names(table.pieces("国")) == ["国"]


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=4), max_size=20))
def test_any_units_own_as_many_positions(table, units):
    encoder = UnitTokenizer(table, 64)
    encoded = encoder.encode(sentence(*units, joiner=" "))
    assert len(encoded.firsts) == len(units)
    assert list(encoded.firsts) == sorted(set(encoded.firsts))
    assert len(encoded.ids) == encoder.positions(sentence(*units, joiner=" ")) <= 64


def test_later_pieces_of_the_longest_units_go_first(table):
    units = sentence("中", "abccc", "abc", "国", joiner=" ")
    whole = UnitTokenizer(table, 11).encode(units)
    cut = UnitTokenizer(table, 8).encode(units)
    assert len(whole.ids) == 10
    assert names(cut.ids) == ["[CLS]", "中", "ab", "##c", "ab", "##c", "国", "[SEP]"]
    assert len(cut.firsts) == 4


@given(st.lists(st.integers(1, 30), min_size=2, max_size=40), st.data())
def test_levelling_fills_the_room_and_keeps_every_first_piece(counts, data):
    if sum(counts) == len(counts):
        return
    room = data.draw(st.integers(len(counts), sum(counts) - 1))
    kept = levelled(counts, room)
    assert sum(kept) == room
    assert all(1 <= k <= c for k, c in zip(kept, counts, strict=True))
    level = max(kept)
    assert all(k >= level - 1 or k == c for k, c in zip(kept, counts, strict=True))


def test_more_units_than_positions_is_an_error_that_names_the_setting(table):
    with pytest.raises(ConfigError, match=r"sentence s1 has 7 units .* window_limit=6"):
        UnitTokenizer(table, 8).encode(sentence(*"中国中国中国中"))


def learned(*texts, joiner=""):
    return LearnedTable.learn([Sentence(t, tuple(t.split()), joiner) for t in texts])


def test_rare_units_are_unknown():
    table = learned("中 中 国", "国 人")
    assert table.pieces("人") == (table.unknown,)
    assert table.pieces("中") != table.pieces("国")
    assert table.unknown not in (*table.pieces("中"), *table.pieces("国"))


def test_a_rare_word_is_its_characters_and_a_frequent_one_is_whole():
    table = learned("in Rome", "in Roma")
    assert len(table.pieces("in")) == 1
    assert [table.words[i] for i in table.pieces("Rome")] == ["R", "##o", "##m", "[UNK]"]


@pytest.mark.parametrize("text", ["[PAD]", "[UNK]"])
def test_the_markers_of_a_learned_vocabulary_are_out_of_reach(text):
    seen, unseen = learned(f"{text} {text} a a", "人"), learned("a a [ [")
    (piece,) = seen.pieces(text)
    assert piece not in (seen.padding, seen.unknown)
    assert seen.pieces("人") == (seen.unknown,)
    assert unseen.pieces(text) == (*unseen.pieces("["), *[unseen.unknown] * 4)


def test_a_learned_vocabulary_does_not_hang_on_the_order_of_the_text():
    assert learned("a b b c c", "d d").words == learned("d d", "c b a b c").words


@pytest.mark.parametrize("unit", ["\u200b", "\ufe0f", "１", "É", " "])
def test_a_learned_vocabulary_tells_all_characters_apart(unit):
    table = LearnedTable.learn([sentence(unit, unit, "1", "1", "E", "E")])
    assert table.pieces(unit) not in (table.pieces("1"), table.pieces("E"), (table.unknown,))


def test_saved_tables_load_equal(table, tmp_path):
    table.save(tmp_path)
    again = PretrainedTable.load(tmp_path / PretrainedTable.FOLDER)
    own = learned("中 中 国 国 in in")
    own.save(tmp_path)
    assert json.loads((tmp_path / LearnedTable.FILE).read_text(encoding="utf-8"))
    for unit in ["中", "abcd", "\u200b", "[SEP]", "in"]:
        assert again.pieces(unit) == table.pieces(unit)
        assert LearnedTable.load(tmp_path).pieces(unit) == own.pieces(unit)
