"""A certificate names rows whose weights go on with the test set more often than chance does."""

import pytest
from stored_runs import SETTINGS, write_row

from harness import api
from harness.results.run_record import Contamination, Continued, ContinuedShare


def probed(test, chance=0, train=0):
    share = ContinuedShare(
        test=Continued(continued=test, asked=50),
        train=Continued(continued=train, asked=50),
        chance=Continued(continued=chance, asked=50),
    )
    return Contamination(text=share, gold=share)


def line(folder):
    table = api.build_leaderboard(api.read(folder), published=False)
    checks = (check for block in table.blocks for check in block.certificate)
    return next((check for check in checks if check.name == "test set known to the weights"), None)


def test_a_table_whose_weights_read_no_other_text_has_no_line(tmp_path):
    write_row(tmp_path, "bert-crf")
    assert line(tmp_path) is None


@pytest.mark.parametrize(("test", "chance", "known"), [
    (0, 0, False), (2, 0, False), (30, 0, True), (30, 29, False), (6, 0, True),
])  # fmt: skip
def test_more_than_chance_is_a_sign(tmp_path, test, chance, known):
    write_row(tmp_path, "gpt", contamination=probed(test, chance), weights="some/model")
    found = line(tmp_path)
    assert found.ok is not known
    words = f"continues {test} of 50 test sentences, 0 of 50 of train, {chance} of 50 by chance"
    assert words in (found.differing[0][1] if known else found.value)


def test_a_row_that_was_trained_on_nothing_here_and_not_probed_says_so(tmp_path):
    settings = SETTINGS | {"selection": "none"}
    write_row(tmp_path, "gpt", weights="some/model", trained=0, settings=settings)
    assert line(tmp_path).differing == (("gpt tiny (some/model)", "not probed"),)


def test_weights_that_were_pretrained_here_say_whether_the_task_was_held_out(tmp_path):
    write_row(tmp_path / "a", "bert-crf", weights="mine", held_out=True)
    assert line(tmp_path / "a").value == "bert-crf tiny (mine): held out of pretraining"
    write_row(tmp_path / "b", "bert-crf", weights="mine", held_out=False)
    words = "NOT HELD OUT of pretraining"
    assert line(tmp_path / "b").differing == (("bert-crf tiny (mine)", words),)


def test_weights_that_show_no_sign_may_have_read_the_test_set_nevertheless(tmp_path):
    write_row(tmp_path, "gpt", contamination=probed(0), weights="mine", held_out=False)
    assert not line(tmp_path).ok
