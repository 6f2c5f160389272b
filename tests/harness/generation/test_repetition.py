"""Loops: what was said again at the end is cut, as far as the sentence has no use for it."""

import pytest

from harness.core import Sentence, Text
from harness.generation.repair import repair
from harness.generation.repetition import length_without_repetition
from harness.tags import tag_set

TAGS = ("O", "B", "I")


def cut(text, keys):
    words = text.split()
    return " ".join(words[: length_without_repetition(words, keys, TAGS)])


@pytest.mark.parametrize(
    ("text", "keys", "kept"),
    [
        ("1 O 2 B 1 O 2 B 1 O 2 B", "12", "1 O 2 B"),
        ("1 O 2 B 3 I 3 I 3 I", "123", "1 O 2 B 3 I"),
        ("1 O 2 B 1 O 2 B", "1212", "1 O 2 B 1 O 2 B"),  # the sentence says it twice
        ("1 O 2 B 1 O 2 B 1 O 2 B", "1212", "1 O 2 B 1 O 2 B"),
        ("1 O 2 B 3 O 2 B 3 O 2 B 3 O", "1234567", "1 O 2 B 3 O"),  # and never got further
        ("1 O 2 B 3 O 2 B", "123", "1 O 2 B 3 O 2 B"),  # a doubled pair is no loop
        ("O O O O O O O O", "OO", "O O O O O O O O"),  # units and tags are not told apart
        ("", "12", ""),
    ],
)
def test_a_loop_is_cut_as_far_as_it_is_superfluous(text, keys, kept):
    assert cut(text, keys) == kept


def test_a_loop_does_not_stand_in_for_what_is_missing_before_it():
    sentence = Sentence("s", tuple("选为模范；"))
    text = "选 O 为 O I_PER 范 I_PER ； O" + " 范 I_PER ； O" * 4  # 模 is missing
    decoded = repair(Text(text, "char-tag"), sentence, tag_set(["PER"]))
    assert decoded.tags == ("O", "O", "B-PER", "I-PER", "O")
    assert decoded.repairs == {"missing_unit": 1, "loop": 1, "invalid_transition": 1}
