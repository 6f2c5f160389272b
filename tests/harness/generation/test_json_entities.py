"""Entities as JSON: gold comes back whole, and of a damaged answer what can be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence, Text
from harness.generation.formats import FORMATS, format_named
from harness.generation.fuzz import _mangled
from harness.generation.repair import repair
from harness.generation.repair_kinds import KINDS
from harness.tags import invalid_transitions, may_follow, tag_set

JSON = format_named("json")
TAGS = tag_set(["PER", "LOC"])
SENTENCE = Sentence("s", tuple("张三在北京，北京"))
GOLD = ("B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O", "O", "O")
SAID = (
    '{"entities": [{"text": "张三", "label": "PER"}, '
    '{"text": "北京", "label": "LOC", "occurrence": 1}]}'
)
PER, LOC = '{"text": "张三", "label": "PER"}', '{"text": "北京", "label": "LOC", "occurrence": 1}'

ODD_TAGS = tag_set(["PER", "a b", "<x>", '"', "O", "\\"])
HOSTILE = st.sampled_from(["{", "}", '"', "\\", "]", " ", "\n", "\ud800", "\0", "👨\u200d👩", ":"])


@st.composite
def tagged(draw):
    """Any sentence with any legal tags."""
    units = tuple(draw(st.lists(HOSTILE | st.sampled_from("北京"), max_size=10)))
    tags = []
    for _ in units:
        previous = tags[-1] if tags else "O"
        tags.append(draw(st.sampled_from([tag for tag in ODD_TAGS if may_follow(previous, tag)])))
    return Sentence("s", units, draw(st.sampled_from(["", " "]))), tuple(tags)


def repaired(text, sentence=SENTENCE, tags=TAGS):
    return repair(Text(text, "json"), sentence, tags)


def test_what_it_looks_like():
    assert JSON.render(SENTENCE, GOLD) == SAID
    assert JSON.render(SENTENCE, ("O",) * 8) == '{"entities": []}'
    assert "json" not in FORMATS


@given(tagged())
def test_what_is_rendered_is_parsed_back(case):
    sentence, gold = case
    text = JSON.render(sentence, gold)
    assert JSON.parse(text, sentence, ODD_TAGS) == gold
    assert JSON.join(JSON.items(sentence, gold)) == text


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        f"\n{SAID} ",
        f"[{LOC}, {PER}]",
        SAID.replace('"PER"}', '"PER", "why": "a name", "occurrence": null}'),
    ],
)
def test_what_leaves_nothing_to_guess_is_taken_as_it_is(text):
    decoded = repaired(text)
    assert (decoded.tags, decoded.raw_tags, decoded.repairs) == (GOLD, GOLD, {})


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (f"Sure! Here is it:\n```json\n{SAID}\n```", {"text_before": 1, "text_after": 1}),
        (f'{{"entities": [{PER}, {LOC}, {{"text": "北', {"cut_off": 1}),
        (f"[{PER}; {LOC}]", {"invalid_json": 1}),
        (f"{PER}\n{LOC}", {"invalid_json": 1}),  # a whole object a line: nothing breaks off
        (f'{PER}\n{LOC}\n{{"text": "北', {"cut_off": 1}),
        (f"[PER], [LOC]: {PER}\n{LOC}", {"invalid_json": 1}),
        (SAID.replace(": 1}", ': "1"}'), {"invalid_json": 1}),
        (SAID.replace(": 1}", ": 1.0}"), {"invalid_json": 1}),
        (SAID.replace(": 1}", ': "the first"}'), {"wrong_occurrence": 1}),
        (f'[{PER}, {LOC}, 3, {{"text": 7}}]', {"malformed_entity": 2}),
        (f'[{PER}, {{"word": "北京", "type": "LOC", "occurrence": 1}}]', {"renamed_key": 1}),
        (f'[{PER.replace("PER", "per")}, {LOC}]', {"label_typo": 1}),
        (f'[{PER}, {LOC.replace("1}", "9}")}]', {"wrong_occurrence": 1}),
        ('{"PER": ["张三"], "LOC": [{"text": "北京", "occurrence": 1}]}', {"renamed_key": 1}),
        ('[{"text": "张三", "label": "PER"}, {"text": "北京", "label": "LOC"}]',
         {"found_twice": 1}),
        (f"[{PER}, {LOC}, {PER}]", {"duplicated_entity": 1}),
        (f'[{PER}, {LOC}, {{"text": "三", "label": "PER"}}]', {"nested": 1}),
        (f'[{PER}, {LOC}, {{"text": "上海", "label": "LOC"}}]', {"not_found": 1}),
    ],
)  # fmt: skip
def test_each_damage_is_repaired_and_counted(text, repairs):
    decoded = repaired(text)
    assert (decoded.tags, decoded.repairs) == (GOLD, repairs)
    assert decoded.raw_tags == ("O",) * 8
    assert decoded.raw == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", "empty"), ("I cannot help with that.", "unrecoverable"), ("[" * 9999, "unrecoverable"),
     ('{"a": 1}', "unrecoverable"), ("null", "unrecoverable")],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_no_answer(text, fault):
    decoded = repaired(text)
    assert decoded.tags == ("O",) * 8
    assert decoded.repairs == {fault: 1}
    assert decoded.fates == "-" * 8


def test_what_follows_the_end_of_a_broken_answer_was_never_answered():
    assert repaired(f'{{"entities": [{PER}, {{"te').fates == "pp------"


def test_an_unknown_label_stays_a_wrong_answer():
    decoded = repaired(SAID.replace("PER", "dog"))
    assert decoded.tags[:2] == ("B-dog", "I-dog")
    assert decoded.repairs == {"unknown_label": 1}


@given(tagged(), st.randoms(use_true_random=False))
def test_any_text_becomes_legal_tags_always_the_same(case, rng):
    sentence, gold = case
    text = _mangled(JSON.render(sentence, gold), rng)
    decoded = repaired(text, sentence, ODD_TAGS)
    assert len(decoded.tags) == len(sentence)
    assert not invalid_transitions(decoded.tags)
    assert set(decoded.repairs) <= set(KINDS)
    assert decoded == repaired(text, sentence, ODD_TAGS)


@pytest.mark.parametrize("piece", ['{"', '{"text": "张三", "label": "PER"},', '{"x', '"\\', "[{"])
def test_an_answer_without_end_costs_little(piece):
    """The bound is on work: what is read is as long as the sentence allows."""
    decoded = repaired(piece * 100_000)
    assert decoded.repairs.get("overflow") or decoded.repairs == {"unrecoverable": 1}


def test_json_of_numbers_without_end_is_no_answer():
    assert repaired(json.dumps({"entities": 1})[:-1] + "9" * 5000).repairs == {"unrecoverable": 1}
