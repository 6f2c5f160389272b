"""Served models: what is asked, of a server that keeps to patterns or not, and what is read."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from making import make
from odd_server import entities, question_of, said, serving, well
from served_backend import KEY, QUICK, SENTENCES, TAGS, TRAIN, context, fitted, require_right

from backends.asking.ledger import Ledger
from backends.served import Served
from harness.core import Sentence, Tags
from harness.errors import ConfigError, Stopped
from harness.generation.repair import repair
from harness.protocol import REPLIES

TESTS = Path(__file__).parents[1]


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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "localhost:8000"}, "no http address"),
        ({"url": "http://[::1/v1"}, "no http address"),
        ({"url": "http://localhost:abc/v1"}, "no http address"),
        ({"url": "http://localhost:99999/v1"}, "no http address"),
        ({"url": "http://a..b/v1"}, "no http address"),
        ({"url": f"http://{'a' * 70}/v1"}, "no http address"),
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
