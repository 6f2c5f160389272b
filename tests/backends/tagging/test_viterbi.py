"""The decoder of a file: one sentence's path is its own, ties are settled, no rule is broken."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backends.tagging.viterbi import Chain, viterbi, viterbi_legal
from harness import tags

TAGS = tags.tag_set(("PER", "LOC"))
START, FOLLOW = tags.legality(TAGS)
ANY = np.ones(len(TAGS), np.bool_)


def make_chain(labels, seed=0):
    noise = np.random.default_rng(seed)
    shapes = (labels, (labels, labels), labels)
    return Chain(*(noise.standard_normal(shape).astype(np.float32) for shape in shapes))


def make_rows(lengths, labels, seed=0):
    noise = np.random.default_rng(seed)
    return [noise.standard_normal((length, labels), np.float32) for length in lengths]


def logits(elements):
    shapes = st.tuples(st.integers(1, 8), st.just(len(TAGS)))
    return st.lists(
        shapes.flatmap(lambda shape: arrays.arrays(np.float32, shape, elements=elements)),
        min_size=1,
        max_size=6,
    )


def test_a_path_does_not_depend_on_its_neighbours():
    chain, rows = make_chain(5), make_rows([3, 40, 1, 17, 17, 2] * 60, 5)
    together = viterbi(rows, chain)
    alone = [viterbi([row], chain)[0] for row in rows]
    assert [path.tolist() for path in together] == [path.tolist() for path in alone]


@pytest.mark.parametrize("limit", ["_SENTENCES", "_SUMS", "_KEPT"])
def test_bounds_of_cache_and_memory_change_nothing(limit, monkeypatch):
    chain, rows = make_chain(5), make_rows([3, 40, 1, 17, 17, 2], 5)
    whole = viterbi(rows, chain)
    monkeypatch.setattr(f"backends.tagging.viterbi.{limit}", 2)
    assert [path.tolist() for path in viterbi(rows, chain)] == [path.tolist() for path in whole]


def test_ties_go_to_the_first_tag():
    level = Chain(np.zeros(3, np.float32), np.zeros((3, 3), np.float32), np.zeros(3, np.float32))
    (path,) = viterbi([np.zeros((4, 3), np.float32)], level)
    assert path.tolist() == [0, 0, 0, 0]


def test_sums_that_rounding_makes_equal_go_to_the_first_tag():
    """Without the emission tag 1 is ahead by 1e-3; with one of 1e6 in both sums, neither is."""
    chain = Chain(
        np.array([0, 1e-3], np.float32), np.zeros((2, 2), np.float32), np.zeros(2, np.float32)
    )
    row = np.array([[0, 0], [1e6, 0]], np.float32)
    (path,) = viterbi([row], chain)
    assert path.tolist() == [0, 0]


def test_sentences_without_units_have_empty_paths():
    paths = viterbi(make_rows([0, 2, 0], 5), make_chain(5))
    assert [len(path) for path in paths] == [0, 2, 0]
    assert [len(path) for path in viterbi(make_rows([0, 0], 5), make_chain(5))] == [0, 0]
    assert viterbi([], make_chain(5)) == []


def test_a_score_that_is_not_a_number_is_refused_with_its_sentence():
    rows = make_rows([3, 9, 4], 5)
    rows[2][1, 3] = np.nan
    with pytest.raises(ValueError, match="sentence 2: a score is not a number"):
        viterbi(rows, make_chain(5))


def test_a_wrong_shape_is_refused_with_its_sentence():
    rows = [*make_rows([3], 5), *make_rows([3], 4)]
    with pytest.raises(ValueError, match=r"sentence 1: expected .*\(units, 5\), found \(3, 4\)"):
        viterbi(rows, make_chain(5))


@settings(deadline=None)
@given(logits(st.floats(-10, 10, width=32)))
def test_legal_paths_are_legal_and_the_best_of_the_legal_ones(rows):
    for row, path in zip(rows, viterbi_legal(rows, START, FOLLOW, ANY), strict=True):
        assert not tags.invalid_transitions([TAGS[tag] for tag in path])
        if len(row) <= 4:
            legal = [
                candidate
                for candidate in itertools.product(range(len(TAGS)), repeat=len(row))
                if not tags.invalid_transitions([TAGS[tag] for tag in candidate])
            ]
            scores = [sum(map(float, row[range(len(row)), list(path)])) for path in legal]
            found = sum(map(float, row[range(len(row)), path]))
            assert found == pytest.approx(max(scores), abs=1e-4)


@settings(deadline=None)
@given(logits(st.floats(-1e6, 1e6, width=32)))
def test_a_legal_arg_max_is_kept_however_large_the_scores(rows):
    for row, path in zip(rows, viterbi_legal(rows, START, FOLLOW, ANY), strict=True):
        plain = row.argmax(axis=1)
        if not tags.invalid_transitions([TAGS[tag] for tag in plain]):
            assert path.tolist() == plain.tolist()


def test_a_large_score_does_not_drown_a_small_difference_elsewhere():
    row = np.zeros((2, len(TAGS)), np.float32)
    row[0, 0] = 1e8
    row[1, 1] = 0.25
    (path,) = viterbi_legal([row], START, FOLLOW, ANY)
    assert path.tolist() == [0, 1]


def test_rules_that_lead_nowhere_are_refused():
    follow, end = FOLLOW.copy(), ANY.copy()
    follow[2] = end[2] = False
    with pytest.raises(ValueError, match="nothing may follow"):
        viterbi_legal(make_rows([3], 5), START, follow, end)
    with pytest.raises(ValueError, match="no first tag"):
        viterbi_legal(make_rows([3], 5), np.zeros_like(START), FOLLOW, ANY)


def test_a_tag_that_ends_a_sentence_needs_no_successor():
    follow = FOLLOW.copy()
    follow[2] = False
    (path,) = viterbi_legal(make_rows([3], 5), START, follow, ANY)
    assert 2 not in path[:-1]


def test_a_path_ends_where_it_may():
    end = ANY.copy()
    end[1] = False
    row = np.zeros((2, len(TAGS)), np.float32)
    row[:, 1] = 5
    (path,) = viterbi_legal([row], START, FOLLOW, end)
    assert path[-1] != 1
