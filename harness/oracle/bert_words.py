"""The words that BERT's basic tokenizer makes of a text, with their places in it.

The rule is that of ``BasicTokenizer`` (google-research/bert, ``tokenization.py``) with lower-casing
and accents stripped, written again so that no tokenizer is needed to measure what it loses: control
characters and combining marks are dropped, Chinese characters and punctuation stand alone, white
space separates, and whatever touches is one word.
"""

import unicodedata
from typing import TypeAlias

Range: TypeAlias = tuple[int, int]

_CHINESE = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip
_ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_SEPARATORS = frozenset("\t\n\r")


def words(text: str) -> tuple[Range, ...]:
    """The half-open ranges of the words of ``text``, in code points.

    A character that is dropped inside of a word is in its range and has no word of its own.
    """
    found: list[Range] = []
    open_word = False
    for place, character in enumerate(text):
        if is_dropped(character):
            continue
        if character.isspace():
            open_word = False
        elif open_word and not _stands_alone(character):
            found[-1] = found[-1][0], place + 1
        else:
            found.append((place, place + 1))
            open_word = not _stands_alone(character)
    return tuple(found)


def is_dropped(character: str) -> bool:
    """Whether no word shows that ``character`` was there: control, format, private use, accents."""
    if character in _SEPARATORS:
        return False
    category = unicodedata.category(character)
    return character == "\ufffd" or category == "Mn" or category.startswith("C")


def _stands_alone(character: str) -> bool:
    code = ord(character)
    if character in _ASCII_PUNCTUATION or unicodedata.category(character).startswith("P"):
        return True
    return any(low <= code <= high for low, high in _CHINESE)
