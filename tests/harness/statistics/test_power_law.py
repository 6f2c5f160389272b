"""The law of a learning curve: found where it is, and unknown where it cannot be told."""

import numpy as np
import pytest

from harness.statistics.power_law import fitted, growth
from harness.statistics.samples import Sample

SIZES = (50, 200, 400, 1000, 2000, 4000)


def law(size, floor=0.05, scale=1.2, rate=0.5):
    return floor + scale * size**-rate


def samples(errors, sentences=400, seeds=3, entities=4, luck=0.002):
    """Systems that get each entity of a sentence wrong at a rate, all their errors misses."""
    rng = np.random.default_rng(5)
    found = []
    for error in errors:
        # F1 = 2 r / (2 r + m) with r right and m missed: the share missed that gives the error.
        missed = 2 * error / (1 + error)
        rates = np.clip(missed + luck * rng.standard_normal(seeds), 0, 1)
        right = entities - rng.binomial(entities, rates[:, None], (seeds, sentences))
        found.append(Sample(right, right + entities))
    return found


def test_a_law_without_noise_is_found():
    errors = law(np.array(SIZES))[None]
    floor, scale, rate = fitted(np.array(SIZES, float), errors, np.ones(len(SIZES)))
    assert rate[0] == pytest.approx(0.5, abs=0.03)
    assert floor[0] == pytest.approx(0.05, abs=0.01)
    assert scale[0] == pytest.approx(1.2, rel=0.1)


def test_a_floor_is_not_below_nothing():
    errors = law(np.array(SIZES), floor=-0.02)[None].clip(1e-3)
    floor, _, _ = fitted(np.array(SIZES, float), errors, np.ones(len(SIZES)))
    assert floor[0] == 0


def test_what_the_next_sentences_buy_is_within_its_interval():
    found = growth(SIZES, samples([law(size) for size in SIZES]))
    truth = law(4000) - law(5000)
    gain = found.gain(1000)
    assert found.holds
    assert gain.low < truth < gain.high
    assert found.exponent.low < 0.5 < found.exponent.high
    assert found.f1(4000).point == pytest.approx(1 - law(4000), abs=0.01)


def test_the_intervals_are_wider_where_seeds_differ():
    errors = [law(size) for size in SIZES]
    steady, lucky = (growth(SIZES, samples(errors, luck=luck)).f1(4000) for luck in (0.0, 0.05))
    assert lucky.high - lucky.low > 2 * (steady.high - steady.low)


def test_a_curve_that_is_level_promises_nothing():
    gain = growth(SIZES, samples([0.2] * len(SIZES))).gain(1000)
    assert gain.low <= 0
    assert gain.high < 0.01


def test_a_curve_that_bends_is_no_power_law():
    errors = [law(size) for size in SIZES]
    broken = growth(SIZES, samples([*errors[:-1], errors[-1] + 0.15]))
    assert not broken.holds
    assert broken.missed.high < 0


def test_too_few_points_tell_nothing():
    some = samples([law(size) for size in SIZES[:3]])
    assert growth(SIZES[:3], some).missed is None
    assert not growth(SIZES[:3], some).holds
    with pytest.raises(ValueError, match="3 parameters, and there are 2 sizes"):
        growth(SIZES[:2], some[:2])


def test_equal_answers_give_equal_laws():
    some = samples([law(size) for size in SIZES])
    assert growth(SIZES, some).gain(1000) == growth(SIZES, some).gain(1000)
