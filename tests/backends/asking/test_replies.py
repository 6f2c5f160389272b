"""Replies as they are kept and read: lines without an end, texts that say nothing, their time."""

import json
import resource

import pytest
from odd_server import said

from backends.asking.exchange import Reply, completion
from backends.asking.ledger import FILE, Ledger
from backends.asking.usage import busy
from harness.errors import DataError, ResourceError


def test_a_line_without_its_end_is_cut_off_and_others_stay(tmp_path):
    ledger = Ledger(tmp_path)
    for number in range(3):
        ledger.add(Reply(str(number), 200, json.dumps(said("x")), 1.0, 1.0))
    path = tmp_path / FILE
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert len(Ledger(tmp_path).replies) == 3
    assert path.read_bytes() == whole


def test_a_reply_that_the_disk_took_in_part_leaves_no_half_line_to_those_that_follow(tmp_path):
    ledger, path = Ledger(tmp_path), tmp_path / FILE
    ledger.add(Reply("0", 200, json.dumps(said("x")), 1.0, 1.0))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 40, limits[1]))
    try:
        with pytest.raises(ResourceError, match="could not be stored"):
            ledger.add(Reply("1", 200, json.dumps(said("y")), 1.0, 1.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    ledger.add(Reply("2", 200, json.dumps(said("z")), 1.0, 1.0))
    assert [one.digest for one in Ledger(tmp_path).replies] == ["0", "2"]


def test_a_line_that_is_no_reply_is_named_with_what_to_do(tmp_path):
    (tmp_path / FILE).write_text('{"digest": "0"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=rf"{FILE}:1 is no reply .* delete the line"):
        Ledger(tmp_path)


def test_an_answer_in_parts_is_their_text():
    parts = [{"type": "text", "text": "甲"}, {"type": "image"}, {"type": "text", "text": "乙"}]
    found = completion(Reply("d", 200, json.dumps(said(parts)), 0.0, 0.0))
    assert found.text == "甲乙"


@pytest.mark.parametrize("body", ["", "[]", "3", '{"choices": 1}', '{"choices": [{}]}', "[" * 9999,
                                  '{"choices": [{"message": {"content": 3}}]}'])  # fmt: skip
def test_a_reply_that_says_nothing_is_no_answer(body):
    found = completion(Reply("d", 200, body, 0.0, 0.0))
    assert found is None or found.text == ""


def test_requests_side_by_side_take_their_time_once():
    replies = [Reply("", 200, "", sent, seconds) for sent, seconds in [(9, 2), (1, 4), (2, 1)]]
    assert busy(replies) == 6.0
    assert busy([]) == 0.0
