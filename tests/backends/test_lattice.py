"""Both ways through the lattice give the same counts, and neither is trusted beyond its reach."""

import math

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from backends import _lattice


def make_lattice(labels, lengths, scale=1.0, spread=1.0, dtype=torch.float64):
    noise = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=noise, dtype=dtype)

    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    chain = normal(labels), spread * normal(labels, labels), normal(labels)
    return _lattice.Lattice.of(scale * normal(len(lengths), max(lengths), labels), *chain, mask)


def zigzag(lead, dtype=torch.float32):
    """Two labels that cannot change into each other: 0 leads for ten units, 1 by far after that.

    Every path begins with a prefix that weighs exp(-10 lead) of the best one's.
    """
    emissions = torch.zeros(1, 20, 2, dtype=dtype)
    emissions[0, :10, 0] = lead
    emissions[0, 10:, 1] = 2 * lead
    step = torch.tensor([[0, -math.inf], [-math.inf, 0]], dtype=dtype)
    edge = torch.zeros(2, dtype=dtype)
    return _lattice.Lattice.of(emissions, edge, step, edge, torch.ones(1, 20, dtype=torch.bool))


def assert_same(found, expected, tolerance):
    for name in ("log_weight", "states", "steps"):
        a, b = getattr(found, name), getattr(expected, name)
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance, check_dtype=False)


@pytest.mark.parametrize("blocks", [1, 2, 3, 5, 12, 40])
@pytest.mark.parametrize("lengths", [[1], [13, 1, 2, 12], [36, 36, 9]])
def test_blocks_side_by_side_change_nothing(blocks, lengths):
    lattice = make_lattice(5, lengths, scale=3)
    assert_same(_lattice.logarithmic(lattice, blocks), _lattice.scaled(lattice).expected(), 1e-10)


@pytest.mark.parametrize("blocks", [1, 4])
def test_blocks_lose_nothing_in_fp32_with_forbidden_steps_and_large_scores(blocks):
    lattice = zigzag(lead=500)
    found = _lattice.logarithmic(lattice, blocks)
    assert found.states[:-1, 1].min() == 1  # label 1 from the first unit on
    assert_same(found, _lattice.logarithmic(lattice.double(), 1), 1e-6)


def test_memory_bound_changes_nothing(monkeypatch):
    lattice = make_lattice(4, [17, 3])
    whole = _lattice.logarithmic(lattice, 1)
    monkeypatch.setattr(_lattice, "_CELLS", 64)
    assert_same(_lattice.logarithmic(lattice, 1), whole, 1e-12)


@pytest.mark.parametrize("scale", [1, 30, 1000])
def test_products_in_fp32_are_right_for_any_scores_while_steps_are_near(scale):
    lattice = make_lattice(9, [50, 7], scale, spread=4, dtype=torch.float32)
    assert -lattice.steps[:-1].min() <= _lattice._RANGE
    exact = _lattice.logarithmic(lattice.double(), 1)
    assert_same(_lattice.scaled(lattice).expected(), exact, 1e-5)


@pytest.mark.parametrize("lead", [1, 20, 100, 500])
def test_a_prefix_that_products_lose_is_found_by_the_way_that_is_chosen(lead):
    found = _lattice.expected(zigzag(lead))
    assert found.states[:-1, 1].min() == pytest.approx(1, abs=1e-4)


def test_products_that_lost_a_prefix_say_so():
    lost = _lattice.scaled(zigzag(100, torch.float64))
    assert lost.doubt() > _lattice._DOUBT
    assert not lost.expected().states[-2, 1] > 0.5  # where label 1 is certain
    kept = _lattice.scaled(zigzag(20, torch.float64))
    assert kept.doubt() < _lattice._DOUBT


class Operations(TorchDispatchMode):
    """How many operations were sent to the device."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += 1
        return function(*args, **(kwargs or {}))


def test_an_accelerator_is_sent_operations_by_the_root_of_the_units():
    counts = []
    for units in (64, 256):
        lattice = make_lattice(3, [units])
        elsewhere = _lattice.Lattice(lattice.steps.to("meta"), lattice.scores.to("meta"))
        with Operations() as operations:
            _lattice.expected(elsewhere)
        counts.append(operations.count)
    assert counts[1] < 2.2 * counts[0] < 2.2 * 300
