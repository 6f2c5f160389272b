"""Objects in damaged text: those that one pattern finds, in a time that grows with the text."""

import re
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence, Text
from harness.generation import fuzz
from harness.generation.json_objects import objects
from harness.generation.repair import repair
from harness.tags import tag_set

# What an object is; as a pattern it reads the rest of the text again from each place.
OBJECT = re.compile(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}', re.DOTALL)


@given(st.text(alphabet='{{}""\\a\n', max_size=40))
def test_objects_are_those_of_the_pattern(text):
    assert list(objects(text)) == [match.span() for match in OBJECT.finditer(text)]


ESCAPED = '{\\"text\\": \\"孙洋\\", \\"label\\": \\"PER\\"}, '


@pytest.mark.parametrize(
    "text",
    ['{\\"' * 23_000, "{" + '\\"{"' * 17_000, ESCAPED * 2000],
    ids=["strings", "turns", "escaped"],
)
def test_no_text_keeps_repair_of_json_longer_than_is_promised(text):
    sentence = Sentence("s", tuple(("昨天孙洋在上海游泳。" * 26)[:254]))
    begun = thread_time()
    repair(Text(text, "json"), sentence, tag_set(["PER"]))
    assert thread_time() - begun < fuzz.SECONDS


def test_an_object_after_a_string_that_never_ends_is_found():
    assert list(objects('["x}, {"text": "甲"}]}')) == [(6, 19)]
