"""Our three policies equal seqeval's two modes, on valid tags and on nonsense; a lie is caught."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core import Span
from harness.errors import HarnessError
from harness.scoring import cross_check
from harness.scoring.counting import CountMatrix, count
from harness.scoring.flat import flatten
from harness.scoring.score import of_policies
from harness.tags import POLICIES, decode, tag_set

LABELS = ("PER", "LOC", "-X-")  # seqeval's strict mode would take the hyphens off the last
TAGS = tag_set((*LABELS, "X", "NEW"))

pairs = st.integers(0, 8).flatmap(
    lambda size: st.tuples(*[st.lists(st.sampled_from(TAGS), min_size=size, max_size=size)] * 2)
)
sets = st.lists(pairs, max_size=5)


def orphan_begins(tags):
    """conlleval, from its definition: an entity begins at B-, or at I- with no such type before."""
    return spans_from(tags, lambda previous, tag: tag[0] == "B" or previous[1:] != tag[1:])


def only_b_begins(tags):
    """IOB2, from its definition: an entity is a B- and the I- of its type right after it."""
    return spans_from(tags, lambda previous, tag: tag[0] == "B")


def spans_from(tags, begins):
    padded = ["O", *tags, "O"]
    found = set()
    for start in range(1, len(tags) + 1):
        tag = padded[start]
        if tag != "O" and begins(padded[start - 1], tag):
            end = start + 1
            while padded[end] == "I" + tag[1:]:
                end += 1
            found.add((start - 1, end - 1, tag[2:]))
    return found


ORACLES = {"conlleval": orphan_begins, "strict": only_b_begins, "discard": only_b_begins}


@given(sets, st.sampled_from(POLICIES))
def test_policies_equal_their_definitions(sentences, policy):
    gold = [decode(wanted) for wanted, _ in sentences]
    tags = [found for _, found in sentences]
    parts = [0, 0, 0]
    for spans, answer in zip(gold, tags, strict=True):
        wanted = {(span.start, span.end, span.label) for span in spans}
        found = ORACLES[policy](answer)
        for place, part in enumerate((wanted & found, found - wanted, wanted - found)):
            parts[place] += len(part)
    assert count(gold, tags, policy, LABELS).values.sum(axis=(0, 1)).tolist() == parts


@given(sets)
@settings(deadline=None)
def test_policies_equal_seqeval(sentences):
    gold = [decode(wanted) for wanted, _ in sentences]
    tags = [found for _, found in sentences]
    cross_check.check(gold, tags, of_policies(flatten(gold, tags, LABELS)))


GOLD = [(Span(0, 2, "PER"),), (Span(1, 2, "LOC"),), ()]
FOUND = [("B-PER", "I-PER"), ("O", "I-LOC"), ("O", "B-NEW")]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("cell", [(0, 0, 0), (1, 1, 2), (2, 3, 1), (2, 0, 1)])
def test_one_entity_too_many_fails_the_run(policy, cell):
    counts = of_policies(flatten(GOLD, FOUND, LABELS))
    values = counts[policy].values.copy()
    values[cell] += 1
    wrong = {**counts, policy: replace(counts[policy], values=values)}
    with pytest.raises(HarnessError, match=f"counts under {policy} should equal .* here and "):
        cross_check.check(GOLD, FOUND, wrong)


@pytest.mark.parametrize("policy", POLICIES)
def test_seqeval_itself_catches_what_our_own_reading_would_miss(policy, monkeypatch):
    monkeypatch.setattr(cross_check, "_check_totals", lambda *_: None)
    counts = of_policies(flatten(GOLD, FOUND, LABELS))
    values = counts[policy].values.copy()
    values[0, 0] = (0, 1, 1)
    wrong = {**counts, policy: replace(counts[policy], values=values)}
    with pytest.raises(
        HarnessError, match=r"equal seqeval's, but for PER the precision is 0\.0 he"
    ):
        cross_check.check(GOLD, FOUND, wrong)


def test_a_type_that_was_dropped_from_the_counts_is_named():
    counts = of_policies(flatten(GOLD, FOUND, LABELS))
    kept = {p: CountMatrix(m.labels[:3], m.values[:, :3]) for p, m in counts.items()}
    with pytest.raises(HarnessError, match=r"for NEW the right, found, gold is \(0, 0, 0\) here"):
        cross_check.check(GOLD, FOUND, kept)


def test_beyond_the_limit_seqeval_reads_a_sample_and_the_totals_stay_exact(monkeypatch):
    gold, tags = GOLD * 50, FOUND * 50
    seen = []
    monkeypatch.setattr(cross_check, "_report", spy(cross_check._report, seen))
    counts = of_policies(flatten(gold, tags, LABELS))
    cross_check.check(gold, tags, counts, limit=60)
    assert seen == [60, 60]  # units, for each of seqeval's two modes
    shifted = counts["conlleval"].values.copy()
    shifted[-1, 0] += np.array([0, 1, 0])
    wrong = {"conlleval": replace(counts["conlleval"], values=shifted)}
    with pytest.raises(HarnessError, match=r"equal harness\.tags's, but for PER"):
        cross_check.check(gold, tags, wrong, limit=60)


def spy(function, seen):
    def watched(gold, found, **options):
        seen.append(sum(map(len, found)))
        return function(gold, found, **options)

    return watched


def test_an_empty_set_has_nothing_to_check():
    cross_check.check([], [], of_policies(flatten([], [], LABELS)))
    cross_check.check([()], [()], of_policies(flatten([()], [()], LABELS)))
