"""Tests without seeds call 9 to 42 % of equal systems different: what they find is of models."""

import pytest
from made_runs import System, study

from harness.analysis import text
from harness.analysis.comparison import compare
from harness.report import page

ALL = (
    "With one seed nothing can be claimed about training variance: these differences are of the "
    "trained models alone, not of the systems."
)
BEST, WORST, OTHER = System("best", 0.02), System("worst", 0.7), System("other", 0.7)


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """They have tests of their own."""
    monkeypatch.setattr(page, "pictures", lambda held: iter(()))


def shown(runs):
    """What `compare` prints, and the page of `report` as a person reads it, in single spaces."""
    return [" ".join(one.split()) for one in (text.comparison(compare(runs)), page.render([runs]))]


def test_differences_of_rows_with_one_seed_are_said_to_be_of_the_models():
    for told in shown(study([BEST, WORST], seeds=(1,))):
        assert ALL in told


def test_a_row_with_one_seed_is_named_beside_rows_with_several():
    runs = [*study([BEST, OTHER], seeds=(1, 2, 3)), *study([WORST], seeds=(1,))]
    for told in shown(runs):
        assert ALL.replace("these differences", "the differences from worst") in told


def test_where_each_pair_has_a_row_with_one_seed_all_differences_are_meant():
    for told in shown([*study([BEST], seeds=(1, 2, 3)), *study([WORST], seeds=(1,))]):
        assert ALL in told


def test_differences_of_rows_with_several_seeds_are_claimed_without_a_word():
    for told in shown(study([BEST, WORST], seeds=(1, 2))):
        assert "trained models alone" not in told


def test_where_no_difference_is_shown_nothing_is_said_of_it():
    for told in shown(study([WORST, OTHER], number=6, seeds=(1,))):
        assert "trained models alone" not in told


def test_a_comparison_names_the_rows_with_one_seed():
    runs = [*study([BEST, OTHER], seeds=(1, 2, 3)), *study([WORST], seeds=(1,))]
    assert compare(runs).one_seed == ("worst",)
