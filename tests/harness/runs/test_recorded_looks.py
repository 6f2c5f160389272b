"""Which look at dev chose the weights is proven from the scores that the harness gave."""

import pytest

from harness.protocol import DevScore, Epoch, FitReport
from harness.runs.recording import OTHER, SELECTION, course_of, selection


def epoch(number, dev_f1):
    return Epoch(number, 1.0, None, dev_f1, None, (0.1,), 1.0, 1.0, 10, 10, "", 2)


def report(*dev_f1, best=None):
    epochs = tuple(epoch(number, f1) for number, f1 in enumerate(dev_f1, start=1))
    return FitReport("scratch", 1, 1, epochs, best_epoch=best)


def scores(*f1):
    return [DevScore(each, 0.9) for each in f1]


def test_the_best_look_chose_the_weights():
    assert selection(report(0.2, 0.7, 0.3, best=2), scores(0.2, 0.7, 0.3)) == SELECTION
    assert selection(report(None, 0.2, None, 0.7, best=4), scores(0.2, 0.7)) == SELECTION


@pytest.mark.parametrize("best", [1, 2, 3])
def test_where_nothing_was_found_any_look_may_have_chosen(best):
    assert selection(report(0.0, 0.0, 0.0, best=best), scores(0.0, None, 0.0)) == SELECTION
    assert (selection(report(0.1, 0.1, 0.1, best=best), scores(0.1, 0.1, 0.1)) == SELECTION) == (
        best == 1
    )


@pytest.mark.parametrize("best", [1, 2, 3, None])
def test_another_epoch_than_that_of_the_best_look_is_another_rule(best):
    assert selection(report(None, 0.2, None, 0.7, best=best), scores(0.2, 0.7)) == OTHER


def test_a_report_that_hides_a_look_proves_no_rule():
    assert selection(report(None, 0.2, None, 0.7, best=4), scores(0.2, 0.7, 0.9)) == OTHER


def test_scores_are_the_harness_s_not_the_report_s():
    assert selection(report(0.9, 0.1, best=1), scores(0.2, 0.7)) == OTHER
    assert course_of(report(None, 0.9), scores(0.4)).dev_f1 == (None, 0.4)


def test_scores_stand_at_the_epochs_whose_looks_they_were():
    course = course_of(report(None, 0.2, None, 0.7), scores(0.2, 0.7))
    assert course.dev_f1 == (None, 0.2, None, 0.7)


def test_without_an_entity_in_dev_every_epoch_was_looked_at():
    assert selection(report(None, None, best=1), scores(None, None)) == SELECTION
