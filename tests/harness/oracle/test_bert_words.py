"""The words of BERT's basic tokenizer, beside the tokenizer itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from harness.oracle.bert_words import words

# Letters, marks, controls, blanks and signs of each class that the rule tells apart.
SIGNS = (
    "aB9_é中㐀\uf900國が한İ１①℃…，-$^|'𠮷😀"
    "\t\n\r \u3000\u00a0\u0301\u3099\u200b\u200d\ufe0f\ufffd\x00\x07\ue000"
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("iPhone4S在2008年", ["iPhone4S", "在", "2008", "年"]),
        ("don't", ["don", "'", "t"]),
        ("中 国", ["中", "国"]),
        ("a\u200bb", ["a\u200bb"]),
        ("e\u0301a", ["e\u0301a"]),
        ("カタカナ", ["カタカナ"]),
        ("\u200d\ufe0f \x07", []),
    ],
)
def test_the_words_of_a_text_are_ranges_of_it(text, parts):
    assert [text[start:end] for start, end in words(text)] == parts


@given(st.text(SIGNS, max_size=30))
def test_the_words_are_those_of_the_tokenizer(text):
    """Its words are normalised, so they are compared with what its normaliser makes of ours."""
    normal = BertNormalizer(lowercase=True)
    theirs = [word for word, _ in BertPreTokenizer().pre_tokenize_str(normal.normalize_str(text))]
    ours = ["".join(normal.normalize_str(text[a:b]).split()) for a, b in words(text)]
    assert ours == theirs
