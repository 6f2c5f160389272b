"""Answers to a task with nested gold: each entity once, each loss and each doubt counted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import PlacedEntity, Sentence, Span, Spans, WrittenEntity
from harness.generation import nested
from harness.generation.formats import JSON
from harness.tags import decode, tag_set

TAGS = tag_set(["ORG", "LOC"])
SENTENCE = Sentence("s", tuple("北京大学在北京"))
INNER, OUTER, ALONE = Span(0, 2, "LOC"), Span(0, 4, "ORG"), Span(5, 7, "LOC")
ALL = (INNER, OUTER, ALONE)


def placed(*spans, score=None):
    return tuple(PlacedEntity(one.start, one.end, one.label, score) for one in spans)


def of_spans(*entities, unread=0):
    return nested.decoded(Spans(entities, unread), SENTENCE, TAGS, "said")


def of_json(text):
    return nested.decoded_json(text, SENTENCE, TAGS)


def test_all_stay_and_tags_are_of_the_outermost():
    found = of_spans(*placed(ALONE, OUTER, INNER))
    assert (found.entities, found.repairs) == (ALL, {})
    assert decode(found.tags) == (OUTER, ALONE)
    assert found.raw_tags == found.tags


def test_two_labels_at_one_place_and_two_that_cross_stay():
    spans = (Span(0, 2, "LOC"), Span(0, 2, "ORG"), Span(1, 4, "LOC"))
    assert of_spans(*placed(*spans)).entities == spans


def test_what_is_said_twice_is_one_entity_as_sure_as_the_surer():
    found = of_spans(
        *placed(INNER, score=0.4), *placed(INNER, score=0.9), *placed(OUTER, score=0.2)
    )
    assert (found.entities, found.repairs) == ((INNER, OUTER), {"duplicated_entity": 1})
    assert found.confidence == (0.9, 0.2)
    assert set(found.raw_tags) == {"O"}


def test_a_label_in_another_spelling_is_the_one_that_is_meant_and_a_strange_one_stays():
    found = of_spans(*placed(Span(0, 2, "loc"), Span(0, 4, "XYZ")))
    assert found.entities == (INNER, Span(0, 4, "XYZ"))
    assert found.repairs == {"label_typo": 1, "unknown_label": 1}


def test_units_that_were_not_read_are_no_repair_of_what_was_said():
    found = of_spans(*placed(INNER, OUTER), unread=3)
    assert (found.entities, found.repairs) == ((INNER, OUTER), {"unread": 3})
    assert found.raw_tags == found.tags
    assert found.fates == "pppp---"


def test_names_within_names_are_found_without_their_places():
    written = [WrittenEntity("北京大学", "ORG"), WrittenEntity("北京", "LOC", occurrence=1)]
    found = of_spans(*written, WrittenEntity("北京", "LOC", occurrence=2))
    assert (found.entities, found.repairs) == (ALL, {})


PLACES = st.tuples(st.integers(0, 6), st.integers(1, 4), st.sampled_from(["ORG", "LOC"]))
GOLD = st.lists(PLACES, max_size=8, unique=True).map(
    lambda places: tuple(sorted({Span(s, min(s + n, 7), label) for s, n, label in places}))
)


@given(GOLD)
def test_gold_goes_through_json_and_through_places_unchanged(spans):
    for found in (of_json(JSON.render_spans(SENTENCE, spans)), of_spans(*placed(*spans))):
        assert (found.entities, found.repairs) == (spans, {})


@pytest.mark.parametrize(
    ("text", "entities", "repairs"),
    [
        ("", (), {"empty": 1}),
        ("nothing to see", (), {"unrecoverable": 1}),
        ('{"entities": []}', (), {}),
        ('[{"text": "北京大学", "label": "ORG"}]', (OUTER,), {}),
        ('Here: [{"text": "北京大学", "label": "ORG"}]', (OUTER,), {"text_before": 1}),
        ('{"ORG": ["北京大学"]}', (OUTER,), {"renamed_key": 1}),
        ('{"text": "北京大学", "label": "ORG"}', (OUTER,), {"invalid_json": 1}),
        ('[{"text": "北京大学", "label": "ORG"}, {"text": "广州", "label": "LOC"}]', (OUTER,),
         {"not_found": 1}),
    ],
)  # fmt: skip
def test_json_that_is_damaged_gives_what_can_be_read_and_the_rest_is_counted(
    text, entities, repairs
):
    found = of_json(text)
    assert (found.entities, found.repairs) == (entities, repairs)
    assert found.raw == text
    assert len(found.tags) == len(SENTENCE)


def test_of_an_answer_that_breaks_off_the_rest_of_the_sentence_is_unanswered():
    whole = JSON.render_spans(SENTENCE, ALL)
    found = of_json(whole[: whole.rindex("occurrence")])
    assert (found.entities, found.repairs) == ((INNER, OUTER), {"cut_off": 1})
    assert found.fates == "pppp---"


@given(st.text(max_size=60), GOLD)
def test_no_text_at_all_is_an_error(noise, spans):
    whole = JSON.render_spans(SENTENCE, spans)
    for text in (noise, whole[: len(noise)] + noise, whole.replace('"', "'"), json.dumps(noise)):
        found = of_json(text)
        assert list(found.entities) == sorted(set(found.entities))
        assert all(span.end <= len(SENTENCE) for span in found.entities)
