"""What a server may do to who asks it: stall, break off, refuse; nothing that was paid is lost."""

import json
import socket
import time

import pytest
from odd_server import entities, question_of, said, sentence_of, serving, well
from served_backend import KEY, SENTENCES, every_other, fitted, require_right

from backends.asking import client
from backends.asking.ledger import FILE
from harness.core import Text
from harness.errors import ConfigError, ResourceError
from harness.protocol import REPLIES


def broken_off(handler, asked):
    content = json.dumps(said(entities(asked))).encode()
    handler.send_part(content[:-9], len(content))


TROUBLES = {
    "busy": lambda handler, asked: handler.send({"error": "busy"}, 429),
    "down": lambda handler, asked: handler.send(b"<html>bad gateway</html>", 502),
    "garbage": lambda handler, asked: handler.send(b"data: \xff\xfe{]["),
    "no choices": lambda handler, asked: handler.send({"choices": []}),
    "cut short": lambda handler, asked: handler.send(json.dumps(said("x")).encode()[:-5]),
    "broken off": broken_off,
    "gone": lambda handler, asked: handler.connection.shutdown(socket.SHUT_RDWR),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_server_in_trouble_is_asked_again(trouble, tmp_path):
    with serving(every_other(TROUBLES[trouble])) as server:
        require_right(fitted(tmp_path, server))
        assert sorted(server.sentences) == sorted([s.text for s in SENTENCES] * 2)


@pytest.mark.parametrize(
    "stalling",
    [lambda handler, asked: time.sleep(0.6), lambda handler, asked: handler.drip(8)],
    ids=["silent", "dripping"],
)
def test_a_server_that_stalls_is_left_and_asked_again(stalling, tmp_path):
    with serving(every_other(stalling)) as server:
        made = fitted(tmp_path, server, timeout=0.25, concurrency=12, attempts=20)
        require_right(made)
        assert server.stayed == 0


def test_all_requests_wait_as_long_as_a_busy_server_says(tmp_path):
    times, busy_once = [], iter([True])

    def behave(handler, asked):
        if "：" in question_of(asked):
            times.append(time.monotonic())
            if next(busy_once, False):
                handler.send({"error": "slow down"}, 429, Retry_After="0.5")
                return
        well(handler, asked)

    with serving(behave) as server:
        fitted(tmp_path, server, concurrency=1).predict(SENTENCES[:3])
    assert times[1] - times[0] >= 0.5
    assert len(times) == 4


def test_a_server_that_never_answers_ends_the_run_and_nothing_that_was_paid_is_lost(tmp_path):
    def behave(handler, asked):
        if "：" in question_of(asked) and sentence_of(asked).startswith("第7天"):
            handler.send({"error": {"message": "overloaded"}}, 503)
        else:
            well(handler, asked)

    with serving(behave) as server:
        made = fitted(tmp_path, server, attempts=2, concurrency=1)
        with pytest.raises(ResourceError, match=r"2 attempts .*HTTP 503: overloaded.*goes on"):
            made.predict(SENTENCES)
        assert server.sentences == [s.text for s in SENTENCES[:8]] + [SENTENCES[7].text]
        server.behave = well
        del server.asked[:]
        require_right(fitted(tmp_path, server))
        assert sorted(server.sentences) == sorted(s.text for s in SENTENCES[7:])


def test_as_many_attempts_are_made_as_may_be_asked_for(tmp_path):
    fail = {"error": {"message": "overloaded"}}
    with serving(lambda handler, asked: handler.send(fail, 503)) as server:
        with pytest.raises(ResourceError, match="no answer in 100 attempts"):
            fitted(tmp_path, server, attempts=100, pause=0.0, concurrency=1)
        assert len(server.asked) == 100


def test_a_pause_doubles_up_to_the_longest_wait_and_no_two_requests_have_one_rhythm():
    pauses = [client._pause(1.0, attempt, "0" * 64) for attempt in range(1, 100)]
    assert pauses[:3] == [0.5, 1.0, 2.0]
    assert pauses[20:] == [client.LONGEST_WAIT] * 79
    assert client._pause(1.0, 1, "f" * 64) == 1.5


@pytest.mark.parametrize(
    ("status", "error"), [(401, f"no such key {KEY}"), (404, "no model m"), (400, "bad")]
)
def test_what_a_server_refuses_is_told_in_its_words_without_the_key(
    status, error, tmp_path, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    refuse = {"error": {"message": error}}
    with serving(lambda handler, asked: handler.send(refuse, status)) as server:
        with pytest.raises(ConfigError, match=f"HTTP {status}: {error.split()[0]}") as raised:
            fitted(tmp_path, server)
        assert server.keys[0] == f"Bearer {KEY}"
    assert KEY not in str(raised.value)
    assert KEY not in (tmp_path / REPLIES / FILE).read_text()


def test_a_request_that_is_refused_later_ends_the_run(tmp_path):
    def behave(handler, asked):
        long = "：" in question_of(asked)
        handler.send({"error": "too long"}, 400) if long else well(handler, asked)

    with serving(behave) as server, pytest.raises(ConfigError, match="too long"):
        fitted(tmp_path, server).predict(SENTENCES)


@pytest.mark.parametrize(
    "reply",
    [(said(None, refusal="I will not"), 200), ({"error": {"code": "content_filter"}}, 400)],
    ids=["refusal", "filter"],
)
def test_a_refusal_is_an_empty_answer_and_counted(reply, tmp_path):
    value, status = reply

    def behave(handler, asked):
        if "：" in question_of(asked) and sentence_of(asked).startswith("第3天"):
            handler.send(value, status)
        else:
            well(handler, asked)

    with serving(behave) as server:
        made = fitted(tmp_path, server)
        outputs = made.predict(SENTENCES)
    assert outputs[3] == Text("", "json")
    assert made.usage().refusals == 1


@pytest.mark.parametrize("key", ["two words", "line\nend", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(key, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", key)
    with serving() as server, pytest.raises(ConfigError, match="MY_KEY holds no key") as raised:
        fitted(tmp_path, server, key_variable="MY_KEY")
    assert key not in str(raised.value)
    assert server.asked == []
