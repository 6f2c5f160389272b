"""What a run paid for stays: when it begins again, and when a folder of results is cleaned."""

import json

import pytest

from harness.protocol import REPLIES, UNFINISHED
from harness.results import cleaning, hashes, store

ABOUT = {
    "digest": "d", "task": "t", "backend": "served", "preset": "tiny", "variant": "", "seed": 1,
    "planned_seeds": [1], "options": {}, "fingerprint": "f",
}  # fmt: skip


@pytest.fixture
def killed(tmp_path):
    """The folder of a run that was killed after it had paid for a reply."""
    folder = tmp_path / "t" / "run"
    with store.claim(folder, ABOUT):
        (folder / REPLIES).mkdir()
        (folder / REPLIES / "replies.jsonl").write_text("{}\n")
        (folder / store.PREDICTIONS).write_text("half")
    return folder


def test_a_run_that_begins_again_keeps_what_it_paid_for_and_nothing_else(killed):
    with store.claim(killed, ABOUT) as todo:
        assert todo
        assert (killed / REPLIES / "replies.jsonl").read_text() == "{}\n"
        assert not (killed / store.PREDICTIONS).exists()


def test_what_was_paid_for_is_a_part_of_the_result(killed):
    assert f"{REPLIES}/replies.jsonl" in hashes.of_folder(killed)


def test_cleaning_leaves_what_was_paid_for(killed):
    (killed / store.PREDICTIONS).unlink()
    assert cleaning.removable([killed.parent.parent]) == ()
    failure = {"error": "no answer", "exit_code": 6}
    (killed / store.FAILED).write_text(json.dumps(ABOUT | failure))
    assert cleaning.removable([killed.parent.parent]) == ()
    (killed / REPLIES / "replies.jsonl").unlink()
    (killed / REPLIES).rmdir()
    assert not (killed / UNFINISHED).exists()
    assert len(cleaning.removable([killed.parent.parent])) == 1
