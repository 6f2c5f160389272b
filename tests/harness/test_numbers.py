"""How numbers are printed."""

import pytest

from harness.numbers import percent, rounded


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
