"""Served models: what is asked, what a server may do to us, and what that may cost."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from making import make
from odd_server import entities, question_of, said, sentence_of, serving, well

from backends.asking.exchange import Reply, completion
from backends.asking.ledger import FILE, Ledger
from backends.asking.usage import busy
from backends.served import Served
from harness import api
from harness.core import Example, Sentence, Span, Tags, Text
from harness.errors import ConfigError, ResourceError, Stopped
from harness.generation.repair import repair
from harness.protocol import REPLIES, Context
from harness.runs import config
from harness.runs.after_answers import contamination
from harness.runs.config import Override
from harness.tags import encode, tag_set

TAGS = tag_set(["PER", "LOC"])
SENTENCES = [Sentence(f"s{n}", tuple(f"第{n}天张三在上海说。")) for n in range(12)]
TRAIN = [
    Example(Sentence("t1", tuple("李四去了北京。")), (Span(0, 2, "PER"), Span(4, 6, "LOC"))),
    Example(Sentence("t2", tuple("王五说：好。")), (Span(0, 2, "PER"),)),
    Example(Sentence("t3", tuple("没有消息。")), ()),
]
TESTS = Path(__file__).parents[1]
KEY = "sk-very-secret-0123456789"
QUICK = {"pause": 0.01, "timeout": 5.0, "concurrency": 4}


def context(folder, report=lambda progress: None, descriptions=None):
    return Context(
        tags=TAGS, seed=1, device="cpu", precision="fp32", threads=1, folder=folder,
        score_dev=lambda outputs: None, report=report, descriptions=descriptions or {},
    )  # fmt: skip


def fitted(folder, server, report=lambda progress: None, **options):
    made = make(Served, context(folder, report), url=server.url, model="m", **QUICK | options)
    made.fit(TRAIN, TRAIN)
    return made


def tags_of(output, sentence):
    return repair(output, sentence, TAGS).tags


def right(sentence):
    at, size = sentence.text.index("张"), len(sentence)
    tags = ["O"] * size
    tags[at : at + 2], tags[at + 3 : at + 5] = ["B-PER", "I-PER"], ["B-LOC", "I-LOC"]
    return tuple(tags)


def require_right(made):
    for output, sentence in zip(made.predict(SENTENCES), SENTENCES, strict=True):
        assert output.format == made.asking.format
        assert tags_of(output, sentence) == right(sentence)


def test_answers_are_in_the_order_of_the_sentences_whatever_order_they_come_in(tmp_path):
    def late(handler, asked):
        time.sleep(0.1 * (len(server.asked) % 3))
        well(handler, asked)

    with serving(late) as server:
        made = fitted(tmp_path, server)
        require_right(made)
        assert server.most_at_once == 4
        assert made.predict([Sentence("empty", ())]) == [Tags(())]


def test_no_torch_is_imported_to_ask(tmp_path):
    """A machine that only asks needs neither the library nor the second that it takes to load."""
    program = (
        "import sys; from served_lives import live; live(*sys.argv[1:3], ['张三说。']);"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    with serving() as server:
        done = subprocess.run(
            [sys.executable, "-c", program, server.url, tmp_path], capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": path}, check=False,
        )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_prompt_has_labels_descriptions_examples_and_the_sentence(tmp_path):
    with serving() as server:
        described = context(tmp_path, descriptions={"PER": "人名"})
        made = make(Served, described, url=server.url, shots=2, **QUICK)
        made.fit(TRAIN, TRAIN)
        made.predict(SENTENCES[:1])
        text = question_of(server.asked[-1])
    assert "- PER: 人名\n- LOC\n" in text
    assert '句子：李四去了北京。\n输出：{"entities": [{"text": "李四", "label": "PER"}' in text
    assert "没有消息" not in text  # examples have entities where there are such
    assert text.endswith("句子：第0天张三在上海说。\n输出：")
    assert server.asked[-1]["model"] == "default"
    assert server.asked[-1]["temperature"] == 0


def test_the_examples_depend_on_the_seed_alone(tmp_path):
    with serving() as server:
        first, second = (
            fitted(tmp_path / "a", server, shots=1),
            fitted(tmp_path / "b", server, shots=1),
        )
        assert first.shown == second.shown


def test_equal_sentences_are_asked_once(tmp_path):
    with serving() as server:
        made = fitted(tmp_path, server)
        made.predict([SENTENCES[0], SENTENCES[0]])
        made.predict(SENTENCES[:1])
        assert server.sentences == [SENTENCES[0].text]


def every_other(trouble):
    """``trouble`` at the first attempt of each request, then a good answer."""
    seen, lock = set(), threading.Lock()

    def behave(handler, asked):
        with lock:
            known = question_of(asked) in seen
            seen.add(question_of(asked))
        (well if known or "：" not in question_of(asked) else trouble)(handler, asked)

    return behave


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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "localhost:8000"}, "no http address"),
        ({"url": f"http://me:{KEY}@host/v1"}, "key belongs into the environment"),
        ({"url": f"http://host/v1?key={KEY}"}, "key belongs into the environment"),
        ({"key_variable": KEY}, "never the key itself"),
        ({"max_cost": 1.0}, "needs prices"),
        ({"format": "inline"}, "prompt 'json.zh.shots.v1' asks for format=json"),
        ({"prompt": "tags.zh.v1"}, "format=tags"),
    ],
)
def test_options_that_cannot_be_are_refused_and_no_key_is_shown(options, words, tmp_path):
    with pytest.raises(ConfigError, match=words) as raised:
        make(Served, context(tmp_path), **options)
    assert KEY not in str(raised.value)


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


def test_a_signal_ends_asking_and_what_is_under_way_is_kept(tmp_path):
    def report(progress):
        if progress.phase == "predict" and progress.done >= 2:
            raise Stopped

    with serving() as server:
        made = fitted(tmp_path, server, report, concurrency=2)
        with pytest.raises(Stopped):
            made.predict(SENTENCES)
        kept = {reply.digest for reply in Ledger(tmp_path / REPLIES).replies}
        assert len(kept) == len(server.asked)
        assert len(server.sentences) < len(SENTENCES)


PATTERNS = {
    "response_format": (
        "json",
        lambda asked: asked.get("response_format", {})["json_schema"]["schema"],
    ),
    "structured_outputs": ("json", lambda asked: asked["structured_outputs"]["json"]),
    "guided_json": ("json", lambda asked: asked["guided_json"]),
    "guided_regex": ("char-tag", lambda asked: asked["guided_regex"]),
    "regex": ("char-tag", lambda asked: asked["regex"]),
}


@pytest.mark.parametrize("way", PATTERNS)
def test_a_server_that_keeps_to_patterns_is_given_one(way, tmp_path):
    form, pattern_of = PATTERNS[way]

    def behave(handler, asked):
        try:
            pattern = pattern_of(asked)
        except KeyError:
            handler.send(said("Hello!"))  # what it does not know, it ignores
            return
        probe = pattern == "kept" or "probe" in str(pattern)
        kept = "kept" if form == "char-tag" else '{"probe": "kept"}'
        handler.send(said(kept if probe else entities(asked)))

    prompt = {"json": "json.zh.shots.v1", "char-tag": "echo.zh.v1"}[form]
    with serving(behave) as server:
        made = fitted(tmp_path, server, format=form, prompt=prompt)
        made.predict(SENTENCES[:1])
        pattern = pattern_of(server.asked[-1])
    assert made.usage().structure == f"by pattern ({way})"
    if form == "json":
        entity = pattern["properties"]["entities"]["items"]
        assert entity["properties"]["label"]["enum"] == ["PER", "LOC"]
    else:
        assert pattern.startswith("第 (?:O|B_PER|I_PER|B_LOC|I_LOC) 0 (?:")


def test_a_server_that_ignores_or_refuses_patterns_writes_freely(tmp_path):
    def refusing(handler, asked):
        if "response_format" in asked:
            handler.send({"error": "unknown field"}, 422)
        else:
            well(handler, asked)

    for number, behave in enumerate((well, refusing)):
        with serving(behave) as server:
            made = fitted(tmp_path / str(number), server)
            require_right(made)
            assert made.usage().structure == "free, repaired"
            assert "response_format" not in server.asked[-1]


def test_a_server_with_other_names_for_things_is_understood(tmp_path):
    def behave(handler, asked):
        if "max_tokens" in asked or "temperature" in asked:
            handler.send({"error": "unsupported parameter"}, 400)
        else:
            well(handler, asked)

    with serving(behave) as server:
        require_right(fitted(tmp_path, server, structure="none"))
        assert server.asked[-1]["max_completion_tokens"] == 64 + 16 * len(SENTENCES[-1])


def test_a_completion_is_asked_with_a_prompt(tmp_path):
    with serving() as server:
        require_right(fitted(tmp_path, server, api="completion"))
        assert "messages" not in server.asked[-1]


@pytest.mark.parametrize(
    ("form", "prompt"),
    [("json", "json.zh.shots.v1"), ("char-tag", "echo.zh.v1"), ("inline", "inline.zh.shots.v1")],
)
def test_gold_comes_back_whole_through_every_format(form, prompt, tmp_path):
    made = make(Served, context(tmp_path), format=form, prompt=prompt)
    for output, example in zip(made.oracle(TRAIN, TRAIN), TRAIN, strict=True):
        decoded = repair(output, example.sentence, TAGS)
        assert decoded.repairs == {}
        assert sum(tag.startswith("B") for tag in decoded.tags) == len(example.spans)


def test_usage_is_what_the_server_counted(tmp_path):
    with serving(every_other(TROUBLES["down"])) as server:
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


# --- what it read before -------------------------------------------------------------------------

LETTERS = "赤橙黄绿青蓝紫东南西北上下左右前后里外春夏秋冬山川湖海风雨雷电"


def drawn(number):
    """A sentence that nothing but memory can go on with, with a name in its second half."""
    draw = random.Random(number)
    units = tuple(draw.choice(LETTERS) for _ in range(30))
    return Example(Sentence(f"s{number}", units), (Span(17, 20, "LOC"),))


READ, UNREAD = [drawn(n) for n in range(20)], [drawn(n) for n in range(100, 120)]


def columns(example):
    tags = encode(example.spans, len(example.sentence))
    return "".join(f"{u} {t}\n" for u, t in zip(example.sentence.units, tags, strict=True))


def knowing(*known, says=lambda shown, rest: rest):
    """A server that goes on with texts that it read; ``says`` how a chat model would."""

    def behave(handler, asked):
        shown = question_of(asked).split("\n\n", 1)[-1]
        text = next((one for one in known if one.startswith(shown)), None)
        handler.send(said("Hello!" if text is None else says(shown, text[len(shown) :])))

    return behave


def probed(made):
    """What a run records of what ``made`` knows."""
    return contamination(made, {"test": READ, "train": UNREAD})


def counts(share):
    return [(one.continued, one.asked) for one in (share.test, share.train, share.chance)]


ALL, NONE, UNASKED = (20, 20), (0, 20), (0, 0)


@pytest.mark.parametrize("api", ["chat", "completion"])
@pytest.mark.parametrize(
    "says", [lambda shown, rest: rest, lambda shown, rest: f" {shown}{rest}"], ids=["on", "again"]
)
def test_a_model_that_goes_on_with_test_sentences_is_told(api, says, tmp_path):
    with serving(knowing(*(e.sentence.text for e in READ), says=says)) as server:
        found = probed(fitted(tmp_path, server, structure="none", api=api))
        shown = question_of(server.asked[-1])
    assert counts(found.text) == [ALL, NONE, NONE]
    assert counts(found.gold) == [UNASKED, UNASKED, UNASKED]
    assert shown.startswith("Go on with the text below") == (api == "chat")


def test_gold_leaves_this_machine_only_where_that_was_asked_for(tmp_path):
    know = knowing(*map(columns, READ))
    with serving(know) as server:
        found = probed(fitted(tmp_path / "a", server, structure="none"))
        assert not any("LOC" in question_of(asked) or " O\n" in question_of(asked)
                       for asked in server.asked)  # fmt: skip
        assert counts(found.text)[0] == NONE
    with serving(know) as server:
        found = probed(fitted(tmp_path / "b", server, structure="none", probe="gold"))
    assert counts(found.gold) == [ALL, NONE, NONE]


def test_a_model_may_not_be_asked_what_it_knows(tmp_path):
    with serving(knowing()) as server:
        made = fitted(tmp_path, server, structure="none", probe="none")
        asked = len(server.asked)
        assert probed(made) is None
        assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("trouble", "told"),
    [("bound", "max_requests=13"), ("refusal", "HTTP 400"), ("down", "HTTP 503")],
)
def test_answers_are_not_lost_where_the_probe_is_not_answered(trouble, told, tmp_path):
    notes = []

    def behave(handler, asked):
        if question_of(asked).startswith("Go on"):
            handler.send({"error": "no"}, {"refusal": 400, "down": 503}[trouble])
        else:
            well(handler, asked)

    bound = {"max_requests": 1 + len(SENTENCES)} if trouble == "bound" else {}
    with serving(behave) as server:
        made = fitted(
            tmp_path, server, notes.append, structure="none", attempts=2, concurrency=1, **bound
        )
        require_right(made)
        assert probed(made) is None
    assert told in notes[-1].note
    assert notes[-1].line


def test_a_probe_is_paid_for_once_and_its_cost_stands_apart(tmp_path):
    def spent(**options):
        made = fitted(tmp_path, server, structure="none", prompt_price=1.0, **options)
        require_right(made)
        return made, probed(made)

    with serving(lambda handler, asked: handler.send(said(entities(asked)))) as server:
        first, found = spent()
        sent = len(server.asked)
        again, same = spent()
        assert len(server.asked) == sent == 1 + 12 + 40
    assert same == found
    assert first.usage().cost == again.usage().cost == pytest.approx(13 * 100 / 1e6)
    assert first.usage().requests == sent


def test_a_saved_backend_asks_as_it_did_and_writes_nothing_into_its_run(tmp_path):
    with serving() as server:
        made = fitted(tmp_path / "run", server, shots=2)
        made.save(tmp_path)
        again = make(
            Served, context(tmp_path / "other"), url=server.url, model="m", shots=2, **QUICK
        )
        again.load(tmp_path)
        require_right(again)
        assert again.shown[0].spans == made.shown[0].spans
        assert again._text(SENTENCES[0]) == made._text(SENTENCES[0])
    assert not (tmp_path / "other").exists()


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
