"""How numbers are printed."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.numbers import magnitude, percent, rounded


@pytest.mark.parametrize(
    ("value", "printed"), [(0.125, "0.13"), (-1.005, "-1.01"), (1234567.0, "1,234,567.00")]
)
def test_halves_are_rounded_up_on_the_decimal_form(value, printed):
    assert rounded(value) == printed


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, 1e27])
def test_a_number_of_any_size_is_printed(value):
    """A record may hold one, damaged or not, and its table has other rows."""
    assert float(rounded(value).replace(",", "")) == pytest.approx(value, rel=1e-12, abs=0.01)
    assert float(percent(value / 200)) == pytest.approx(value / 2, rel=1e-12, abs=0.01)


@given(st.fractions(0, 1, max_denominator=9999))
def test_percent_is_rounded_half_up_on_the_decimal_form(fraction):
    value = float(fraction)
    exact = Fraction(Decimal(repr(value))) * 10_000
    assert percent(value) == f"{Decimal(int(exact + Fraction(1, 2))) / 100:.2f}"


@pytest.mark.parametrize(("value", "text"), [(0.87125, "87.13"), (0.000049, "0.00"),
                                             (0.99995, "100.00"), (1.0, "100.00")])  # fmt: skip
def test_halves_of_percent_go_up(value, text):
    assert percent(value) == text
    assert Decimal(text) == (Decimal(repr(value)) * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (412, "412"), (33_600, "33.6k"),
                                             (102_267_648, "102.3M"), (2.8e9, "2.8B"),
                                             (999, "999"), (1000, "1.0k"), (999_949, "999.9k"),
                                             (999_950, "1.0M"), (999_950_000, "1.0B"),
                                             (1e12, "1,000.0B")])  # fmt: skip
def test_parameters_read_in_three_figures(value, text):
    assert magnitude(value) == text
