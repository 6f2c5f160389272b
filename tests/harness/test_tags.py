"""Tags and spans: the codec, the three policies, the legality matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Span
from harness.tags import (
    POLICIES,
    decode,
    discarded,
    encode,
    invalid_transitions,
    legality,
    may_follow,
    may_follow_in_bioes,
    split,
    tag_set,
)

LABELS = ("PER", "LOC", "creative-work")
TAGS = tag_set(LABELS)
sequences = st.lists(st.sampled_from(TAGS), max_size=12)


@st.composite
def span_sets(draw):
    """Disjoint spans in order, over a sentence of at most 20 units."""
    size = draw(st.integers(0, 20))
    borders = sorted(draw(st.sets(st.integers(0, size), max_size=8)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    return size, tuple(Span(a, b, draw(st.sampled_from(LABELS))) for a, b in pairs)


@given(span_sets())
def test_every_policy_reads_back_what_was_encoded(case):
    size, spans = case
    for policy in POLICIES:
        assert decode(encode(spans, size), policy) == spans


@given(sequences)
def test_strict_and_discard_are_two_definitions_of_the_same_spans(tags):
    assert decode(tags, "strict") == decode(tags, "discard")


@given(sequences)
def test_policies_agree_where_all_transitions_are_valid(tags):
    valid = discarded(tags)
    assert invalid_transitions(valid) == 0
    assert len({decode(valid, policy) for policy in POLICIES}) == 1


@given(sequences)
def test_decoded_spans_are_sorted_disjoint_and_inside(tags):
    for policy in POLICIES:
        end = 0
        for span in decode(tags, policy):
            assert end <= span.start < span.end <= len(tags)
            end = span.end


@pytest.mark.parametrize(
    ("tags", "conlleval", "strict"),
    [
        (["I-PER", "I-PER"], [(0, 2, "PER")], []),
        (["B-PER", "I-LOC"], [(0, 1, "PER"), (1, 2, "LOC")], [(0, 1, "PER")]),
        (["B-PER", "B-PER"], [(0, 1, "PER"), (1, 2, "PER")], [(0, 1, "PER"), (1, 2, "PER")]),
        (["O", "I-creative-work"], [(1, 2, "creative-work")], []),
    ],
)
def test_orphans_begin_an_entity_for_conlleval_alone(tags, conlleval, strict):
    assert decode(tags) == tuple(Span(*span) for span in conlleval)
    assert decode(tags, "strict") == tuple(Span(*span) for span in strict)


def test_the_legality_matrix_says_what_may_follow():
    start, follow = legality(TAGS)
    assert start.tolist() == [not tag.startswith("I-") for tag in TAGS]
    assert follow.tolist() == [[may_follow(a, b) for b in TAGS] for a in TAGS]
    assert follow.dtype == np.bool_


@pytest.mark.parametrize("tag", ["", "B", "B-", "X-PER", "b-PER", "OO", "-PER", "B_PER"])
def test_what_is_not_a_bio_tag_is_refused(tag):
    with pytest.raises(ValueError, match="is not a BIO tag"):
        split(tag)


@pytest.mark.parametrize(
    ("before", "after"),
    [*((closed, "O B-X S-X B-Y S-Y") for closed in ("O", "E-X", "S-Y")), ("B-X", "I-X E-X"),
     ("I-X", "I-X E-X")],
)  # fmt: skip
def test_where_entities_have_ends_one_that_began_goes_on(before, after):
    tags = ("O", *(f"{prefix}-{label}" for label in "XY" for prefix in "BIES"))
    assert " ".join(tag for tag in tags if may_follow_in_bioes(before, tag)) == after
