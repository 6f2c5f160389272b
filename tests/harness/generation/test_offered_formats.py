"""Answer formats of installed distributions: read by their own code, and never trusted."""

import sys

import pytest
from plugin_site import made_site

from harness.core import Sentence, Text
from harness.errors import BackendError, ConfigError
from harness.generation import formats
from harness.generation.formats import format_named
from harness.generation.repair import repair
from harness.tags import tag_set

LETTERS = '''
from harness.generation.formats import Words


class Letters(Words):
    """A letter for each tag."""

    def __init__(self):
        super().__init__("letters", None)

    def render(self, sentence, tags):
        return "".join(tag[0] for tag in tags)

    def parse(self, text, sentence, tags):
        known = {"O": "O", "B": "B-PER", "I": "I-PER"}
        return tuple(known[x] for x in text) if set(text) <= set(known) else None
'''
SENTENCE, TAGS = Sentence("s", tuple("张三去了")), tag_set(["PER"])


@pytest.fixture
def offer(tmp_path, monkeypatch):
    def give(source):
        site = made_site(tmp_path, {"letters": source}, group=formats.GROUP, target="Letters")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, "made_letters", raising=False)
        formats._loaded.cache_clear()

    return give


def test_a_well_formed_answer_has_the_tags_that_its_format_reads(offer):
    offer(LETTERS)
    gold = ("B-PER", "I-PER", "O", "O")
    assert format_named("letters").render(SENTENCE, gold) == "BIOO"
    found = repair(Text("BIOO", "letters"), SENTENCE, TAGS)
    assert (found.tags, dict(found.repairs)) == (gold, {})
    assert repair(Text("IIOO", "letters"), SENTENCE, TAGS).repairs == {"invalid_transition": 1}


def test_an_answer_that_its_format_cannot_read_is_counted_and_all_o(offer):
    offer(LETTERS)
    found = repair(Text("?", "letters"), SENTENCE, TAGS)
    assert found.tags == ("O",) * 4
    assert dict(found.repairs) == {"unrecoverable": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("for x in text)", "for x in text[1:])"), "format .letters. read 3 tags for a"),
        (("B-PER", "B-LOC"), "format 'letters' read 'B-LOC' as a tag"),
    ],
)  # fmt: skip
def test_a_format_that_reads_wrongly_is_named(offer, change, said):
    offer(LETTERS.replace(*change))
    with pytest.raises(BackendError, match=said):
        repair(Text("BIOO", "letters"), SENTENCE, TAGS)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Letters = 3", "lacks the methods items, marks, spell, join, render, parse of a format"),
        ("import sys; sys.exit(1)", "format 'letters' of ner-letters 0.1 fails to import"),
    ],
)
def test_one_that_is_of_no_use_is_named_with_its_distribution(offer, source, said):
    offer(source)
    with pytest.raises(BackendError, match=said):
        format_named("letters")


def test_a_name_that_none_has_is_told_with_those_that_there_are(offer):
    offer(LETTERS)
    with pytest.raises(ConfigError, match=r"no format is named 'leters': choose .*letters"):
        format_named("leters")
