"""Replies as they are kept and read: lines without an end, texts that say nothing, their time."""

import json

import pytest
from odd_server import said

from backends.asking.exchange import Reply, completion
from backends.asking.ledger import FILE, Ledger
from backends.asking.usage import busy


def test_a_line_without_its_end_is_cut_off_and_others_stay(tmp_path):
    ledger = Ledger(tmp_path)
    for number in range(3):
        ledger.add(Reply(str(number), 200, json.dumps(said("x")), 1.0, 1.0))
    path = tmp_path / FILE
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert len(Ledger(tmp_path).replies) == 3
    assert path.read_bytes() == whole


@pytest.mark.parametrize("body", ["", "[]", "3", '{"choices": 1}', '{"choices": [{}]}', "[" * 9999,
                                  '{"choices": [{"message": {"content": 3}}]}'])  # fmt: skip
def test_a_reply_that_says_nothing_is_no_answer(body):
    found = completion(Reply("d", 200, body, 0.0, 0.0))
    assert found is None or found.text == ""


def test_requests_side_by_side_take_their_time_once():
    replies = [Reply("", 200, "", sent, seconds) for sent, seconds in [(9, 2), (1, 4), (2, 1)]]
    assert busy(replies) == 6.0
    assert busy([]) == 0.0
