"""What a study says of a line of the certificate that does not hold."""

from harness.comparability.check import Check
from harness.studies.beyond import words

SEEDS = "13 / 42, 87"


def test_points_that_differ_are_named_with_what_they_have():
    check = Check("seeds planned", "13, 42", ok=False, differing=(("50 %", "13"),))
    said = "Beyond share, the points differ in seeds planned: 13, 42 (but 50 %: 13)."
    assert words(check, "share", points=2) == said


def test_points_of_which_all_have_the_same_do_not_differ():
    """Each was planned twice, or none was trained long enough: that is said of all, once."""
    check = Check("seeds planned", SEEDS, ok=False, differing=(("50 %", SEEDS), ("100 %", SEEDS)))
    assert words(check, "share", points=2) == f"At every point of share, seeds planned: {SEEDS}."


def test_points_that_all_fail_a_line_differently_are_named():
    told = (("50 %", "still rose by 1"), ("100 %", "too few epochs to tell"))
    check = Check("end of training", "level", ok=False, differing=told)
    assert "50 %: still rose by 1; 100 %: too few" in words(check, "share", points=2)
