"""Confidence of chains and of units: what enumeration of all paths gives, on small sentences.

A path that is drawn from the model holds an entity if ``harness.tags.decode`` reads it there.
"""

from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.tagging.entities import TagTable, entities
from backends.tagging.forward_backward import first_units, of_chain, of_units
from backends.tagging.scheme import Scheme
from backends.tagging.viterbi import Chain, chain_of_rules
from harness.core import Span
from harness.tags import decode, tag_set

LABELS = ("PER", "LOC")
SCHEMES = {name: Scheme(name, tag_set(LABELS)) for name in ("bio", "bioes")}
LENGTHS = (1, 2, 4, 3)
names = pytest.mark.parametrize("name", SCHEMES)


def meanings(name):
    """What each state of a scheme means in BIO."""
    return SCHEMES[name].answer(range(len(SCHEMES[name])))


def table(name):
    return TagTable.of(meanings(name))


def random_chain(name, seed, spread):
    numbers, size = np.random.default_rng(seed), len(SCHEMES[name])
    shapes = size, (size, size), size
    return Chain(*((spread * numbers.standard_normal(s)).astype(np.float32) for s in shapes))


def random_rows(name, seed, spread=2.0, lengths=LENGTHS):
    numbers, size = np.random.default_rng(seed), len(SCHEMES[name])
    return [(spread * numbers.standard_normal((n, size))).astype(np.float32) for n in lengths]


def random_path(name, seed, lengths=LENGTHS):
    numbers, size = np.random.default_rng(seed), len(SCHEMES[name])
    return [numbers.integers(0, size, n) for n in lengths]


def no_chain(name):
    return random_chain(name, 0, 0.0)


@cache
def all_paths(name, units):
    """Each path of a length, with the entities that it holds."""
    states, meant = range(len(SCHEMES[name])), meanings(name)
    paths = list(product(states, repeat=units))
    return paths, [set(decode([meant[state] for state in path])) for path in paths]


def probabilities(name, row, chain):
    """The probability of each path through a sentence."""
    start, step, end = (part.astype(np.float64) for part in (chain.start, chain.step, chain.end))
    scores = np.array([
        start[path[0]] + end[path[-1]]
        + sum(float(row[unit, state]) for unit, state in enumerate(path))
        + sum(step[a, b] for a, b in pairwise(path))
        for path in all_paths(name, len(row))[0]
    ])  # fmt: skip
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def assert_exact(name, posterior, rows, chain, path):
    """Each entity of ``path`` has the share of all paths that hold it."""
    found = entities(np.concatenate(path), first_units(rows), table(name))
    expected = []
    for row, states in zip(rows, path, strict=True):
        weights, held = probabilities(name, row, chain), all_paths(name, len(row))[1]
        expected += [
            sum(weight for weight, spans in zip(weights, held, strict=True) if span in spans)
            for span in decode([meanings(name)[state] for state in states])
        ]
    assert len(expected) > 2
    assert posterior.of_entities(found, table(name)) == pytest.approx(expected, abs=1e-12)


@names
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_the_probability_of_an_entity_is_that_of_all_paths_that_hold_it(name, seed, spread):
    rows, chain = random_rows(name, seed), random_chain(name, seed, spread)
    assert_exact(name, of_chain(rows, chain), rows, chain, random_path(name, seed))


@names
@pytest.mark.parametrize("seed", range(3))
def test_so_it_is_where_each_unit_is_alone(name, seed):
    rows = random_rows(name, seed)
    assert_exact(name, of_units(rows), rows, no_chain(name), random_path(name, seed))


@names
@pytest.mark.parametrize("seed", range(3))
def test_and_where_illegal_paths_are_ruled_out(name, seed):
    rules = SCHEMES[name].rules()
    rows, chain = random_rows(name, seed), chain_of_rules(rules.start, rules.follow, rules.end)
    assert_exact(name, of_chain(rows, chain), rows, chain, random_path(name, seed))


def test_an_orphan_counts_where_nothing_before_continues_it():
    """The second unit begins an entity with B-, or with I- after anything but its own label."""
    rows = [np.log(np.array([[0.5, 0.2, 0.1, 0.1, 0.1], [0.3, 0.4, 0.2, 0.1, 0.0 + 1e-9]]))]
    found = entities(np.array([0, 2]), np.array([True, False]), table("bio"))
    (value,) = of_units(rows).of_entities(found, table("bio"))
    assert value == pytest.approx(0.4 + 0.2 * (1 - 0.2 - 0.1), abs=1e-6)


@names
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("alone", [True, False])
def test_bits_of_gold_add_up_to_its_probability(name, seed, alone):
    rows = random_rows(name, seed)
    chain = no_chain(name) if alone else random_chain(name, seed, 1.5)
    gold = random_path(name, seed)
    bits = (of_units(rows) if alone else of_chain(rows, chain)).surprisal(np.concatenate(gold))
    parts = np.split(bits, np.cumsum(LENGTHS)[:-1])
    for row, path, found in zip(rows, gold, parts, strict=True):
        weights, paths = probabilities(name, row, chain), np.array(all_paths(name, len(row))[0])
        shares = [
            weights[(paths[:, :n] == path[:n]).all(axis=1)].sum() for n in range(len(row) + 1)
        ]
        # Each unit pays what it adds to the tags before it.
        assert found == pytest.approx([np.log2(a / b) for a, b in pairwise(shares)], abs=1e-9)


@names
def test_marginals_are_those_of_all_paths(name):
    rows, chain = random_rows(name, 1), random_chain(name, 1, 2.0)
    found = np.split(of_chain(rows, chain).marginals, np.cumsum(LENGTHS)[:-1])
    for row, marginals in zip(rows, found, strict=True):
        weights, paths = probabilities(name, row, chain), np.array(all_paths(name, len(row))[0])
        states = np.arange(row.shape[1])
        expected = (weights[:, None, None] * (paths[:, :, None] == states)).sum(axis=0)
        assert marginals == pytest.approx(expected, abs=1e-12)


@names
def test_a_long_sentence_and_scores_far_apart_still_give_probabilities(name):
    rows = [*random_rows(name, 2, 100.0, (3000,)), *random_rows(name, 3, 400.0, (50, 1))]
    posterior = of_chain(rows, random_chain(name, 4, 20.0))
    flat = np.concatenate([row.argmax(axis=1) for row in rows])
    found = entities(flat, first_units(rows), table(name))
    values = posterior.of_entities(found, table(name))
    assert len(values) > 500
    assert np.isfinite(values).all()
    assert ((values >= 0) & (values <= 1)).all()
    assert np.isfinite(posterior.surprisal(flat)).all()
    assert posterior.marginals.sum(axis=1) == pytest.approx(1)


def test_the_company_of_a_sentence_changes_nothing():
    rows, chain = random_rows("bio", 5), random_chain("bio", 5, 1.0)
    together = np.split(of_chain(rows, chain).marginals, np.cumsum(LENGTHS)[:-1])
    for row, marginals in zip(rows, together, strict=True):
        assert of_chain([row], chain).marginals == pytest.approx(marginals, abs=1e-14)


@names
@given(st.data())
@settings(max_examples=100, deadline=None)
def test_entities_are_the_spans_that_are_scored(name, data):
    states = st.lists(st.integers(0, len(SCHEMES[name]) - 1), min_size=1, max_size=9)
    paths = data.draw(st.lists(states, min_size=1))
    first = first_units([np.zeros((len(path), 1)) for path in paths])
    found = entities(np.concatenate([np.array(path) for path in paths]), first, table(name))
    expected, offset = [], 0
    for path in paths:
        expected += [
            Span(span.start + offset, span.end + offset, span.label)
            for span in decode([meanings(name)[state] for state in path])
        ]
        offset += len(path)
    assert [
        Span(int(start), int(end), LABELS[found.label[start]])
        for start, end in zip(found.starts, found.ends, strict=True)
    ] == expected
