"""Both ways through the lattice give the same counts, and neither is trusted beyond its reach."""

import math

import pytest
import torch

from backends.tagging import lattice as module


def make_lattice(labels, lengths, scale=1.0, spread=1.0, dtype=torch.float64):
    noise = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=noise, dtype=dtype)

    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    chain = normal(labels), spread * normal(labels, labels), normal(labels)
    return module.Lattice.of(scale * normal(len(lengths), max(lengths), labels), *chain, mask)


def zigzag(lead, dtype=torch.float32):
    """Two labels that cannot change into each other: 0 leads for ten units, 1 by far after that.

    Every path begins with a prefix that weighs exp(-10 lead) of the best one's.
    """
    emissions = torch.zeros(1, 20, 2, dtype=dtype)
    emissions[0, :10, 0] = lead
    emissions[0, 10:, 1] = 2 * lead
    step = torch.tensor([[0, -math.inf], [-math.inf, 0]], dtype=dtype)
    edge = torch.zeros(2, dtype=dtype)
    return module.Lattice.of(emissions, edge, step, edge, torch.ones(1, 20, dtype=torch.bool))


def assert_same(found, expected, tolerance):
    for name in ("log_weight", "states", "steps"):
        a, b = getattr(found, name), getattr(expected, name)
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance, check_dtype=False)


SWEEPS = [module.one_by_one, module.in_a_tree]


@pytest.mark.parametrize("sweep", SWEEPS)
@pytest.mark.parametrize("lengths", [[1], [2, 1], [13, 1, 2, 12], [36, 36, 9], [64, 64]])
def test_sums_of_logarithms_are_sums_of_products(sweep, lengths):
    lattice = make_lattice(5, lengths, scale=3)
    assert_same(module.logarithmic(lattice, sweep), module.scaled(lattice).expected(), 1e-10)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_nothing_is_lost_in_fp32_with_forbidden_steps_and_large_scores(sweep):
    lattice = zigzag(lead=500)
    found = module.logarithmic(lattice, sweep)
    assert found.states[:-1, 1].min() == 1  # label 1 from the first unit on
    assert_same(found, module.logarithmic(lattice.double(), module.one_by_one), 1e-6)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_memory_bound_changes_nothing(monkeypatch, sweep):
    lattice = make_lattice(4, [17, 3])
    whole = module.logarithmic(lattice, sweep)
    monkeypatch.setattr(module, "_CELLS", 64)
    assert_same(module.logarithmic(lattice, sweep), whole, 1e-12)


@pytest.mark.parametrize("scale", [1, 30, 1000])
def test_products_in_fp32_are_right_for_any_scores_while_steps_are_near(scale):
    lattice = make_lattice(9, [50, 7], scale, spread=4, dtype=torch.float32)
    assert -lattice.steps[:-1].min() <= module._RANGE
    exact = module.logarithmic(lattice.double(), module.one_by_one)
    assert_same(module.scaled(lattice).expected(), exact, 1e-5)


@pytest.mark.parametrize("lead", [1, 20, 100, 500])
def test_a_prefix_that_products_lose_is_found_by_the_way_that_is_chosen(lead):
    found = module.expected(zigzag(lead))
    assert found.states[:-1, 1].min() == pytest.approx(1, abs=1e-4)


def test_products_that_lost_a_prefix_say_so():
    lost = module.scaled(zigzag(100, torch.float64))
    assert lost.doubt() > module._DOUBT
    assert not lost.expected().states[-2, 1] > 0.5  # where label 1 is certain
    kept = module.scaled(zigzag(20, torch.float64))
    assert kept.doubt() < module._DOUBT
