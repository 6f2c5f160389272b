"""A share of train: drawn by a stated number, each within the next; dev and test stay."""

from itertools import pairwise

import pytest
import tiny_task
from hypothesis import given
from hypothesis import strategies as st

from harness.data.share import kept, with_share
from harness.data.task import load


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return load(tiny_task.make(tmp_path_factory.mktemp("task"), repeat=25))


def places(task, share, draw=0):
    """Which sentences of train are left, by their numbers."""
    ids = [example.sentence.id for example in task.splits["train"].examples]
    return [
        ids.index(e.sentence.id) for e in with_share(task, share, draw).splits["train"].examples
    ]


def test_all_of_it_is_the_task_itself(task):
    assert with_share(task, 1.0, 7) is task


@pytest.mark.parametrize(("share", "number"), [(0.01, 1), (0.07, 7), (0.5, 50), (0.999, 100)])
def test_a_share_has_its_number_of_sentences_in_the_order_of_the_file(task, share, number):
    found = places(task, share)
    assert len(found) == number == kept(100, share)
    assert found == sorted(found)


def test_a_smaller_share_is_part_of_every_larger_one(task):
    shares = [set(places(task, share)) for share in (0.05, 0.2, 0.6, 1.0)]
    assert all(a < b for a, b in pairwise(shares))


def test_another_draw_is_another_share(task):
    assert places(task, 0.2, draw=0) == places(task, 0.2, draw=0) != places(task, 0.2, draw=1)


def test_dev_and_test_and_the_fingerprint_stay(task):
    part = with_share(task, 0.1, 0)
    assert part.fingerprint == task.fingerprint
    assert all(part.splits[name] is task.splits[name] for name in ("dev", "test"))
    assert len(part.splits["train"].documents) == len(part.splits["train"].examples)


@given(st.integers(1, 10**6), st.floats(1e-6, 1))
def test_something_is_always_left(number, share):
    assert 1 <= kept(number, share) <= number
