"""A vote is the same whoever is counted first, never overlaps, and is bounded by a best choice."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.archive import best_choice
from harness.archive.voting import OVER, Voting
from harness.core import Counts, Span
from harness.tags import decode, encode, tag_set

LABELS = ("PER", "LOC")
TAGS = st.lists(st.sampled_from(tag_set(LABELS)), min_size=6, max_size=6).map(tuple)
SIDES = st.lists(st.tuples(TAGS, st.floats(0.01, 1.0)), min_size=1, max_size=6)


def entities(*spans, units=6):
    return encode([Span(*span) for span in spans], units)


def test_an_entity_that_more_than_half_found_is_kept_and_half_is_no_majority():
    one, other = entities((0, 2, "PER")), entities((0, 2, "PER"), (3, 5, "LOC"))
    none = entities()
    vote = Voting()
    assert vote.decide([one, other, none], [1.0] * 3, LABELS) == one
    assert vote.decide([one, other, none, none], [1.0] * 4, LABELS) == none
    assert vote.decide([one, none, none], [0.9, 0.4, 0.4], LABELS) == one


def test_entities_with_other_borders_or_types_are_other_entities():
    sides = [entities((0, 2, "PER")), entities((0, 3, "PER")), entities((0, 2, "LOC"))]
    assert Voting().decide(sides, [1.0] * 3, LABELS) == entities()


def test_tag_by_tag_systems_agree_on_parts_and_a_tie_goes_to_the_first_of_the_tag_set():
    sides = [entities((0, 3, "PER")), entities((0, 2, "PER")), entities((1, 3, "PER"))]
    assert Voting("tags").decide(sides, [1.0] * 3, LABELS) == entities((0, 3, "PER"))
    assert Voting("tags").decide([entities((0, 1, "PER")), entities()], [1.0] * 2, LABELS) == (
        entities()
    )
    assert Voting("tags").decide([("B-XX",), ("I-LOC",)], [1.0] * 2, LABELS) == ("I-LOC",)


@pytest.mark.parametrize("over", OVER)
@given(sides=SIDES, data=st.data())
def test_the_order_of_the_voters_changes_nothing(over, sides, data):
    mixed = data.draw(st.permutations(sides))
    first, second = (
        Voting(over).decide(*map(list, zip(*each, strict=True)), LABELS) for each in (sides, mixed)
    )
    assert first == second


@given(SIDES)
def test_a_vote_over_entities_holds_each_entity_that_has_a_majority_and_no_other(sides):
    answers, weights = map(list, zip(*sides, strict=True))
    found = decode(Voting().decide(answers, weights, LABELS))
    every = {span for tags in answers for span in decode(tags)}
    for span in every | set(found):
        votes = sum(w for tags, w in sides if span in decode(tags))
        others = sum(w for tags, w in sides if span not in decode(tags))
        if abs(votes - others) > 1e-9:
            assert (span in found) == (votes > others)


@given(TAGS)
def test_one_voter_is_its_own_vote(tags):
    assert decode(Voting().decide([tags], [1.0], LABELS)) == decode(tags)
    assert Voting("tags").decide([tags], [1.0], LABELS) == tags


COUNTS = st.lists(
    st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=3, max_size=3), min_size=1, max_size=3
)


@given(COUNTS)
def test_the_best_answer_for_each_sentence_is_the_best_of_all_ways_to_choose(counts):
    ways = product(range(len(counts)), repeat=3)
    best = max(
        sum((Counts(*counts[who][n]) for n, who in enumerate(way)), Counts()).f1 or 0.0
        for way in ways
    )
    assert best_choice.of_sentences(np.array(counts)) == pytest.approx(best)


def test_the_best_choice_of_entities_keeps_what_anybody_found_rightly():
    gold = [(Span(0, 2, "PER"), Span(3, 5, "LOC")), (Span(0, 1, "LOC"),)]
    found = [[(Span(0, 2, "PER"), Span(4, 5, "LOC")), ()], [(), (Span(0, 1, "LOC"),)]]
    assert best_choice.of_entities(gold, found) == Counts(2, 0, 1).f1
