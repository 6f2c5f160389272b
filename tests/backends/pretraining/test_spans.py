"""Hidden places: an exact share of the characters, in spans that do not touch."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.pretraining.spans import hidden, runs

LENGTH = 200


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(0, 9))
def test_only_what_may_be_hidden_is_and_exactly_its_share(may, seed):
    may = np.array(may)
    chosen = hidden(may, 0.15, 2.0, np.random.default_rng(seed))
    assert not (chosen & ~may).any()
    count = round(0.15 * may.sum())
    assert chosen.sum() == (count if count < may.sum() else 0)


@pytest.mark.parametrize("mean", [1.0, 2.0, 3.0])
def test_spans_have_their_mean_length_and_do_not_touch(mean):
    rng, lengths = np.random.default_rng(5), []
    for _ in range(300):
        found = runs(hidden(np.ones(LENGTH, bool), 0.15, mean, rng))
        assert len(found) in (round(30 / mean), round(30 / mean) + 1)  # one around the ends
        assert all(after > end for (_, end), (after, _) in itertools.pairwise(found))
        lengths += [end - start for start, end in found]
    assert np.mean(lengths) == pytest.approx(mean, rel=0.02)


def test_every_place_is_hidden_as_often_as_any_other():
    rng, times = np.random.default_rng(5), np.zeros(40)
    for _ in range(6000):
        times += hidden(np.ones(40, bool), 0.2, 2.0, rng)
    assert times.mean() == pytest.approx(1200)
    assert (abs(times - 1200) < 140).all(), times  # some four standard deviations


def test_a_span_goes_on_behind_what_may_not_be_hidden():
    may = np.ones(LENGTH, bool)
    may[::4] = False
    split = 0
    for seed in range(20):
        chosen = hidden(may, 0.15, 3.0, np.random.default_rng(seed))
        assert not chosen[::4].any()
        split += len(runs(chosen)) > round(0.15 * may.sum() / 3.0)
    assert split > 10


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_a_window_that_is_too_short_keeps_what_it_has(size):
    assert not hidden(np.ones(size, bool), 0.15, 2.0, np.random.default_rng(1)).any()


def test_runs_are_half_open():
    chosen = np.array([True, True, False, True, False, False, True])
    assert runs(chosen) == [(0, 2), (3, 4), (6, 7)]
    assert runs(np.zeros(3, bool)) == []
