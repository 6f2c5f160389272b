"""Batches: every example once, within the budget, neighbours in length, drawn anew each time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backends.training.batching import area, batches, by_length, cut

LENGTHS = st.lists(st.integers(1, 300), max_size=200)
BUDGET = st.integers(1, 2000)


def holds(plan, lengths, budget):
    assert sorted(i for batch in plan for i in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or area(batch, lengths) <= budget for batch in plan)


@given(LENGTHS, BUDGET, st.integers(0, 9))
def test_every_example_once_within_the_budget(lengths, budget, seed):
    holds(batches(lengths, budget, np.random.default_rng(seed), pool=64), lengths, budget)
    holds(by_length(lengths, budget), lengths, budget)
    holds(cut(range(len(lengths)), lengths, budget), lengths, budget)


@given(LENGTHS, BUDGET)
def test_prediction_starts_with_the_longest(lengths, budget):
    flat = [lengths[i] for batch in by_length(lengths, budget) for i in batch]
    assert flat == sorted(lengths, reverse=True)


def test_a_plan_is_drawn_anew_and_repeats_with_its_generator():
    lengths = np.random.default_rng(0).integers(5, 60, 400).tolist()

    def plan(seed):
        return batches(lengths, 512, np.random.default_rng([13, seed]))

    assert plan(1) == plan(1)
    assert sorted(map(sorted, plan(1))) != sorted(map(sorted, plan(2)))


def test_little_is_padding_on_lengths_like_those_of_microblogs():
    draw = np.random.default_rng(1)
    lengths = np.clip(draw.lognormal(3.8, 0.65, 1350), 5, 175).astype(int).tolist()
    shares = [
        sum(lengths) / sum(area(batch, lengths) for batch in batches(lengths, 1024, rng))
        for rng in map(np.random.default_rng, range(5))
    ]
    assert min(shares) > 0.97


def test_neighbours_in_a_batch_are_neighbours_in_length():
    lengths = list(range(1, 101))
    for batch in batches(lengths, 200, np.random.default_rng(3)):
        inside = sorted(lengths[i] for i in batch)
        assert inside == list(range(inside[0], inside[0] + len(inside)))


def test_equal_sentences_split_into_equal_micro_batches():
    lengths = [10] * 8
    assert [len(b) for b in cut(range(8), lengths, 80)] == [8]
    assert [len(b) for b in cut(range(8), lengths, 40)] == [4, 4]
    assert [len(b) for b in cut(range(8), lengths, 20)] == [2, 2, 2, 2]
