"""What asking may cost, what it did cost, and what is said of that before anything is asked."""

import time

import pytest
from making import make
from odd_server import question_of, serving, well
from served_backend import SENTENCES, TRAIN, context, every_other, fitted, require_right

from backends.served import Served
from harness import api
from harness.core import Sentence
from harness.errors import ResourceError
from harness.runs import config
from harness.runs.config import Override


def test_no_more_requests_are_sent_than_may_be(tmp_path):
    with serving() as server:
        made = fitted(tmp_path, server, structure="none", max_requests=5)
        with pytest.raises(ResourceError, match="max_requests=5 is reached, with 5 requests"):
            made.predict(SENTENCES)
        assert len(server.asked) == 5
        made = fitted(tmp_path, server, structure="none", max_requests=30)
        require_right(made)
        assert len(server.asked) == 1 + len(SENTENCES)


def test_no_more_is_spent_than_may_be_however_many_requests_are_under_way(tmp_path):
    """A reply takes 100 and 10 tokens as counted; each may take what its bound says."""
    prices = {"prompt_price": 1.0, "reply_price": 1.0, "reply_tokens": 50}
    with serving() as server:
        made = fitted(tmp_path, server, structure="none", max_cost=0.0008, **prices)
        with pytest.raises(ResourceError, match=r"max_cost=0.0008 could be passed"):
            made.predict(SENTENCES)
        spent = made.usage().cost
        assert 0.0003 < spent <= 0.0008
        assert spent == pytest.approx(len(server.asked) * 110 / 1e6)


def greeted_and_no_more(handler, asked):
    """Stalls at every request but the first, which is to find out how the server writes."""
    if "：" in question_of(asked):
        time.sleep(0.3)
    else:
        well(handler, asked)


def test_requests_whose_replies_never_came_count_with_the_most_that_they_may_cost(tmp_path):
    """Also in the process that goes on: the server may have written, and charged, all of them."""
    prices = {"prompt_price": 0.0, "reply_price": 1.0, "reply_tokens": 50}
    with serving(greeted_and_no_more) as server:
        for bound in (0.0002, 0.0004):
            made = fitted(tmp_path, server, timeout=0.1, attempts=9, max_cost=bound, **prices)
            with pytest.raises(ResourceError, match=f"max_cost={bound:g} could be passed"):
                made.predict(SENTENCES)
            sent = sum("：" in question_of(asked) for asked in server.asked)
            assert sent * 50e-6 < made.usage().cost <= bound
            assert bound - 50e-6 < made.usage().cost


def test_a_request_that_no_server_took_costs_nothing(tmp_path):
    with serving() as server:
        made = fitted(tmp_path, server, attempts=2, max_cost=1.0, prompt_price=1.0)
    before = made.usage().cost
    with pytest.raises(ResourceError, match="gave no answer in 2 attempts"):
        made.predict(SENTENCES)
    assert made.usage().cost == before


def test_more_money_or_patience_is_no_other_run():
    def options(**given):
        overrides = [Override("", key, value) for key, value in given.items()]
        return config.options("served", Served, "tiny", overrides)

    plain, rich = options(model="m"), options(model="m", max_requests=9, timeout=3.0, pause=0.0)
    assert plain.lasting == rich.lasting
    assert plain.variant == rich.variant == ""
    assert options(model="m", shots=3).variant == "shots=3"
    assert rich.values["max_requests"] == 9
    assert options(model="n").lasting != plain.lasting


def test_a_run_with_a_higher_bound_is_the_run_that_ended_at_the_lower_one(tmp_path):
    def folder(**given):
        found = api.plan("demo", "served", seeds=[1], options=given, output=tmp_path)
        return found.cells[0].folder

    assert folder(max_requests=5) == folder(max_requests=500, timeout=9.0)
    assert folder(max_requests=5) != folder(max_requests=5, model="other")


def test_usage_is_what_the_server_counted(tmp_path):
    with serving(every_other(lambda handler, asked: handler.send(b"gone", 502))) as server:
        made = fitted(tmp_path, server, structure="none", prompt_price=2.0, reply_price=5.0)
        made.predict(SENTENCES)
        found = made.usage()
    assert (found.models, found.counted) == (("odd-1",), True)
    assert (found.prompt_tokens, found.reply_tokens) == (1200, 120)
    assert found.requests == 25
    assert found.cost == pytest.approx(13 * (100 * 2 + 10 * 5) / 1e6)
    assert found.prompt.startswith("json.zh.shots.v1 (")
    assert found.first == found.last == time.strftime("%Y-%m-%d", time.gmtime())
    assert 0 < found.latency <= found.seconds


def test_tokens_that_no_server_counts_are_estimated_and_said_to_be(tmp_path):
    uncounted = {"choices": [{"message": {"content": "[]"}}]}
    with serving(lambda handler, asked: handler.send(uncounted)) as server:
        made = fitted(tmp_path, server)
        made.predict(SENTENCES[:1])
        found = made.usage()
    assert not found.counted
    assert found.models == ()
    assert 100 < found.prompt_tokens < 300
    assert found.reply_tokens == 1


def test_the_estimate_asks_nothing(tmp_path):
    with serving() as server:
        made = make(Served, context(tmp_path), url=server.url, prompt_price=1.0, shots=1)
        found = made.estimate(TRAIN, [*SENTENCES, Sentence("empty", ())])
        assert server.asked == []
    assert found["requests"] == 12 + 12 + len(TRAIN)  # the answers, and what is to be gone on with
    replies = sum(64 + 16 * len(s) for s in SENTENCES) + (12 + len(TRAIN)) * 3 * 11
    assert found["reply tokens, at most"] == replies
    assert found["cost, at most"] == pytest.approx(found["prompt tokens, about"] / 1e6, abs=1e-4)


def estimate_of(folder, probe):
    made = make(Served, context(folder), probe=probe)
    return made.estimate(TRAIN, SENTENCES)["requests"]


def test_the_estimate_has_what_the_probe_may_take(tmp_path):
    both = len(SENTENCES) + len(TRAIN)
    assert [estimate_of(tmp_path, probe) for probe in ("none", "text", "gold")] == [
        12, 12 + both, 12 + 2 * both,
    ]  # fmt: skip
