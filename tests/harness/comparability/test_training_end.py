"""The end of training: rising or level, told from the last scores, unmoved by one lucky epoch."""

from itertools import permutations
from random import Random

import pytest

from harness.comparability.training_end import LEVEL, NEVER, UNTOLD, at_the_end, rise
from harness.results.run_record import TrainingCourse


def trained(*dev_f1, epochs=None):
    epochs = epochs or len(dev_f1)
    return TrainingCourse(epochs=epochs, updates=None, units=0, dev_f1=dev_f1)


def test_a_score_that_rises_to_the_end_is_told_with_its_slope():
    assert rise(trained(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)) == pytest.approx(0.1)
    assert rise(trained(0.0, 0.5, 0.60, 0.61, 0.62, 0.64, 0.66)) == pytest.approx(0.015)


def test_a_level_or_falling_end_is_none_however_steep_the_beginning():
    assert rise(trained(0.0, 0.4, 0.8, 0.80, 0.80, 0.80, 0.80)) == 0
    assert rise(trained(0.1, 0.9, 0.8, 0.7, 0.6, 0.5)) == 0


def test_the_best_epoch_may_be_the_last_without_a_rise():
    assert rise(trained(0.80, 0.79, 0.81, 0.80, 0.78, 0.82)) == 0


def test_one_lucky_epoch_moves_the_slope_little():
    plain = rise(trained(0.50, 0.51, 0.52, 0.53, 0.54))
    assert rise(trained(0.50, 0.51, 0.52, 0.53, 0.80)) < 2 * plain


@pytest.mark.parametrize("size", [4, 5])
def test_of_random_orders_one_in_twenty_four_looks_like_a_rise(size):
    orders = list(permutations(range(size)))
    rising = sum(rise(trained(*(each / 10 for each in order))) > 0 for order in orders)
    assert rising / len(orders) == pytest.approx(1 / 24)


def test_level_trainings_with_noise_are_seldom_marked_and_rising_ones_mostly():
    draw = Random(1)
    level = [[0.8 + draw.gauss(0, 0.005) for _ in range(12)] for _ in range(2000)]
    assert sum(rise(trained(*each)) > 0 for each in level) / 2000 < 0.06
    rising = [[0.5 + 0.01 * n + draw.gauss(0, 0.003) for n in range(12)] for _ in range(500)]
    found = [rise(trained(*each)) for each in rising]
    assert sum(each > 0 for each in found) / 500 > 0.9


def test_three_epochs_tell_nothing():
    assert rise(trained(0.1, 0.5, 0.9)) is None


def test_a_slope_is_per_epoch_also_where_dev_is_scored_more_often():
    assert rise(trained(*(n / 10 for n in range(1, 9)), epochs=4)) == pytest.approx(0.2)


def test_epochs_that_were_not_looked_at_say_nothing_of_the_end():
    looks = (None, 0.1, None, 0.2, None, 0.3, None, 0.4, None, 0.5)
    assert rise(trained(*looks)) == pytest.approx(0.05)


class Run:
    members = ()

    def __init__(self, *dev_f1):
        self.training = trained(*dev_f1) if dev_f1 else None


UP, FLAT = (0.1, 0.2, 0.3, 0.4, 0.5), (0.5, 0.5, 0.5, 0.5, 0.5)


def test_a_row_rose_where_most_of_its_runs_did_and_says_the_mean_of_those():
    assert at_the_end([Run(*UP), Run(*UP), Run(*FLAT)]) == "still rose by 10.00 per epoch"
    assert at_the_end([Run(*UP), Run(*FLAT), Run(*FLAT)]) == LEVEL
    assert at_the_end([Run(0.1, 0.2)]) == UNTOLD
    assert at_the_end([Run()]) is None


def test_a_row_that_never_found_anything_on_dev_has_not_ended():
    nothing = (0.0, 0.0, None, 0.0)
    assert at_the_end([Run(*nothing), Run(*nothing), Run(*FLAT)]) == NEVER
    assert at_the_end([Run(*nothing), Run(*FLAT), Run(*FLAT)]) == LEVEL
    assert at_the_end([Run(0.0)]) == NEVER
