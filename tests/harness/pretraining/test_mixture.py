"""Shares of sources: by size to a power, never more passes than allowed, all windows given."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.pretraining.mixture import Mixture


def test_a_power_of_one_concatenates_and_of_zero_is_equal():
    sizes = {"laws": 900, "news": 100}
    assert Mixture(1.0).shares(sizes, 500) == {"laws": 450, "news": 50}
    assert Mixture(0.0).shares(sizes, 400) == {"laws": 200, "news": 200}


def test_half_a_power_is_in_between():
    assert Mixture(0.5).shares({"laws": 900, "news": 100}, 100) == {"laws": 75, "news": 25}


def test_what_a_small_source_cannot_take_goes_to_the_others_in_proportion():
    shares = Mixture(0.0, passes=2).shares({"a": 10, "b": 1000, "c": 1000}, 620)
    assert shares == {"a": 20, "b": 300, "c": 300}


def test_a_factor_multiplies_a_share_and_zero_leaves_a_source_out():
    sizes = {"laws": 100, "news": 100, "spam": 100}
    shares = Mixture(factors={"news": 3, "spam": 0}).shares(sizes, 80)
    assert shares == {"laws": 20, "news": 60, "spam": 0}


def test_text_that_does_not_suffice_is_refused_with_its_numbers():
    with pytest.raises(
        ConfigError,
        match=r"4 passes over the 50 windows of the text are 200, and 201 .* to 99.50 % of it",
    ):
        Mixture().shares({"a": 50}, 201)


def test_a_factor_for_no_source_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'novels'"):
        Mixture(factors={"novel": 2}).shares({"novels": 50}, 20)


@pytest.mark.parametrize("wrong", [
    {"power": 1.5}, {"passes": 0}, {"factors": {"a": -1}},
    *({name: value} for name in ("power", "passes") for value in (math.nan, math.inf)),
    {"passes": 1e308},
    *({"factors": {"a": value}} for value in (math.nan, math.inf, 1e308, 1e-320)),
], ids=str)  # fmt: skip
def test_numbers_that_no_mixture_has_are_refused(wrong):
    with pytest.raises(ConfigError):
        Mixture(**wrong)


@given(
    st.dictionaries(st.text("abcdef", min_size=1), st.integers(0, 500), min_size=1),
    st.floats(0, 1),
    st.floats(0.5, 5),
    st.data(),
)
def test_all_windows_are_given_and_no_source_is_read_too_often(sizes, power, passes, data):
    room = sum(int(size * passes) for size in sizes.values())
    total = data.draw(st.integers(0, room))
    shares = Mixture(power, passes).shares(sizes, total)
    assert shares.keys() == sizes.keys()
    assert sum(shares.values()) == total
    assert all(0 <= share <= sizes[name] * passes for name, share in shares.items())
