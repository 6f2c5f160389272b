"""The server as a client meets it: a process of its own, real HTTP, a real model."""

import asyncio
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from finished_runs import EVERYTHING, finished, sentence, task
from served_run import started

from harness import api
from harness.results import reader

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

pytestmark = pytest.mark.slow
TREE = Path(__file__).parents[3]
TEXTS = [sentence(i, odd=i % 2 == 0)["text"] for i in range(3000, 3050)]


@pytest.fixture
def client(address):
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as made:
        yield made


def entities(answer):
    return [(e["start"], e["end"], e["label"]) for e in answer["entities"]]


def ours(tagged):
    return [(e.start, e.end, e.label) for e in tagged.entities]


def test_one_text_and_several_have_the_tags_and_confidences_of_predict(client, run):
    expected = api.predict(run, TEXTS[:5])
    (first, *_) = expected
    one = client.post("/predict", json={"text": TEXTS[0]}).json()
    assert one["tags"] == list(first.tags)
    assert entities(one) == ours(first)
    assert [e["confidence"] for e in one["entities"]] == [e.confidence for e in first.entities]
    assert [TEXTS[0][e["start"] : e["end"]] for e in one["entities"]] == [
        e["text"] for e in one["entities"]
    ]
    many = client.post("/predict", json={"texts": TEXTS[:5]}).json()["results"]
    assert [answer["tags"] for answer in many] == [list(one.tags) for one in expected]
    assert sum(len(entities(answer)) for answer in many) > 3


def test_fifty_clients_at_once_get_each_its_own_answer_in_its_order(address, client, run):
    expected = {t: ours(one) for t, one in zip(TEXTS, api.predict(run, TEXTS), strict=True)}
    before = client.get("/health").json()

    async def ask(session, i):
        texts = [TEXTS[i], TEXTS[-i - 1], TEXTS[i]]
        answer = await session.post("/predict", json={"texts": texts})
        assert answer.status_code == 200
        return texts, answer.json()["results"]

    async def all_at_once():
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(
            base_url=address, timeout=60, limits=limits, trust_env=False
        ) as session:
            return await asyncio.gather(*(ask(session, i) for i in range(50)))

    for texts, answers in asyncio.run(all_at_once()):
        assert [one["text"] for one in answers] == texts
        assert [entities(one) for one in answers] == [expected[text] for text in texts]
    after = client.get("/health").json()
    assert after["requests"] - before["requests"] == 50
    assert after["batches"] - before["batches"] <= 50


def test_entities_that_are_too_unsure_are_left_out(client):
    every = client.post("/predict", json={"texts": TEXTS}).json()["results"]
    sure = client.post("/predict", json={"texts": TEXTS, "min_confidence": 0.9}).json()["results"]
    kept = [e for answer in every for e in answer["entities"] if e["confidence"] >= 0.9]
    assert [e for answer in sure for e in answer["entities"]] == kept
    assert kept


def test_a_model_without_confidence_leaves_nothing_out_in_silence(place):
    run = finished(task(place / "data"), "dictionary", place / "results")
    process, address = started(run)
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        assert client.post("/predict", json={"text": TEXTS[0]}).status_code == 200
        refused = client.post("/predict", json={"text": TEXTS[0], "min_confidence": 0.5})
    process.terminate()
    process.communicate(timeout=60)
    assert refused.status_code == 422
    assert "gives no confidence" in refused.json()["detail"]


def test_nothing_and_empty_texts_are_answered(client):
    assert client.post("/predict", json={"texts": []}).json() == {"results": []}
    empty = {"text": "", "tags": [], "entities": []}
    assert client.post("/predict", json={"text": ""}).json() == empty
    assert client.post("/predict", json={"texts": ["", "张"]}).json()["results"][0] == empty


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 422, "required"),
        (b"{", 422, "JSON"),
        (b"[]", 422, "an object with text or texts"),
        (b'{"txt": "a"}', 422, "an object with text or texts"),
        (b'{"text": 1}', 422, "string"),
        (b'{"text": "a", "other": 1}', 422, "1 unknown keys, such as 'other'"),
        (b'{"texts": "abc"}', 422, "list"),
        (b'{"text": "a", "min_confidence": 2}', 422, "less than or equal to 1"),
        (b'{"text": "a", "min_confidence": NaN}', 422, ""),
        (b'{"text": "\\ud800"}', 422, ""),
        (b'{"text": "\xff"}', 422, "not JSON in UTF-8"),
        ('{"text": "孙洋"}'.encode("gbk"), 422, "not JSON in UTF-8"),
        (b"[" * 100_000, 422, "nested too deep"),
        (b'{"text": "a", "min_confidence": ' + b"1" * 10_000 + b"}", 422, "a number in it"),
        (json.dumps({"texts": ["a"] * 129}).encode(), 422, "at most 128"),
        (json.dumps({"text": "a" * 20_001}).encode(), 422, "at most 20000"),
        (b" " * (4 * 2**20 + 1), 413, "4,194,304 bytes"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_refused_with_its_status_and_a_reason(client, body, status, words):
    answer = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert client.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("sent", [{}, {"Content-Type": "application/x-www-form-urlencoded"}])
def test_a_body_that_is_not_said_to_be_json_is_told_what_to_send(client, sent):
    answer = client.post("/predict", content='{"text": "孙洋"}', headers=sent)
    assert answer.status_code == 422
    assert "send Content-Type: application/json" in answer.json()["detail"]


def test_what_is_wrong_is_told_of_the_one_message_whose_key_is_there(client):
    for key, value in (("text", 1), ("texts", "a")):
        said = client.post("/predict", json={key: value}).json()["detail"]
        assert "; " not in said
        assert said.startswith(f"body.{'OneText' if key == 'text' else 'ManyTexts'}.{key}: ")


def test_what_is_wrong_many_times_is_told_in_few_words(client):
    """A fault for each of 200,000 keys was 21 MB, and 17 seconds in which nobody was answered."""
    for value in ({f"k{n}": 1 for n in range(200_000)}, {"texts": [1] * 100_000}):
        answer = client.post("/predict", json=value)
        assert answer.status_code == 422
        assert len(answer.content) < 2000
        assert answer.elapsed.total_seconds() < 10


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_too(client):
    def endless():
        for _ in range(6):
            yield b" " * 2**20

    answer = client.post("/predict", content=endless(),
                         headers={"Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code == 413


@pytest.mark.parametrize("megabytes", [5, 50])
@pytest.mark.parametrize("announced", [True, False])
def test_a_client_that_sends_all_before_it_reads_learns_that_it_was_too_much(
    address, announced, megabytes
):
    """The connection ends with the answer, as urllib asks for."""
    body = b" " * 10**6
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request(
        "POST", "/predict", body * megabytes if announced else iter([body] * megabytes),
        {"Content-Type": "application/json", "Connection": "close"}, encode_chunked=not announced,
    )  # fmt: skip
    answer = connection.getresponse()
    assert (answer.status, b"4,194,304 bytes" in answer.read()) == (413, True)
    connection.close()


def test_who_asks_before_sending_too_much_is_answered_before(address):
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request(
        "POST", "/predict", headers={"Content-Length": str(5 * 2**20), "Expect": "100-continue"}
    )
    assert connection.getresponse().status == 413
    connection.close()


def test_a_refused_body_is_taken_no_longer_than_said(monkeypatch):
    """A client that stops in the midst of it, and one that never ends."""
    from harness.serving import body_limit

    monkeypatch.setattr(body_limit, "PATIENCE", 0.1)
    given = []

    async def endless():
        given.append(2**20)
        return {"type": "http.request", "body": b" " * 2**20, "more_body": True}

    async def silent():
        await asyncio.sleep(3600)

    asyncio.run(asyncio.wait_for(body_limit._discard(silent), 30))
    asyncio.run(asyncio.wait_for(body_limit._discard(endless), 30))
    assert sum(given) <= body_limit.DISCARDED


def test_other_methods_and_places_are_refused(client):
    assert client.get("/predict").status_code == 405
    assert client.get("/docs").status_code == 404
    assert client.get("/../pyproject.toml").status_code == 404


def test_health_says_what_is_served(client, run):
    found = client.get("/health").json()
    record = reader.one(run).run
    assert (found["run"], found["backend"], found["task"]) == (record.digest, "crf", "told")
    assert found["labels"] == ["PER", "LOC"]


def test_the_page_is_all_in_one_file_and_may_fetch_from_here_alone(client):
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://|src=|innerHTML|outerHTML|document\.write", answer.text)
    assert policy.count("sha256-") == 2
    assert "<h1>crf on told</h1>" in answer.text


def test_names_are_text_on_the_page_whatever_they_hold(run):
    from harness.serving import page

    record = reader.one(run).run
    evil = "<script>alert(1)</script>\"'"
    settings = record.settings | {"labels": [evil]}
    text = page.html(record.model_copy(update={"backend": evil, "settings": settings}))
    assert text.count("<script>") == 1
    assert "alert(1)&lt;/script&gt;" in text


def test_its_own_schema_holds_for_whatever_is_sent(address):
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, given, settings

    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operations = [operation.ok() for operation in schema.get_all_operations()]
    assert sorted(one.path for one in operations) == ["/health", "/predict"]
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        def check(case):
            case.call_and_validate()

        check()


def test_a_port_or_host_that_does_not_do_and_a_run_that_is_none_are_one_message(
    address, run, place
):
    port = address.rpartition(":")[2]
    command = [sys.executable, "-m", "harness", "serve"]
    environment = os.environ | {"PYTHONPATH": str(TREE)}
    for arguments, code, words in (
        ((str(run), "--port", port), 6, "choose another --port"),
        ((str(run), "--port", "0", "--host", "no such host"), 2, "--host no such host: "),
        ((str(run), "--port", "0", "--host", "x" * 64), 2, "give an address of this machine"),
        ((str(run), "--port", "99999"), 2, "Invalid value for '--port'"),
        ((str(run), "--port", "-1"), 2, "Invalid value for '--port'"),
        ((str(place / "data"), "--port", "0"), 2, "expected one finished run"),
    ):
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, env=environment, check=False,
            timeout=120,
        )  # fmt: skip
        assert done.returncode == code
        assert words in done.stderr
        assert "Traceback" not in done.stderr


async def arrived(session):
    health = (await session.get("/health")).json()
    return health["requests"] + health["waiting"]


def test_what_runs_when_it_is_asked_to_stop_is_answered(run):
    process, address = started(run)
    texts = ["".join(TEXTS)[:300]] * 70  # as many as are answered at once: none joins another

    async def ask():
        async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as session:
            asked = [asyncio.create_task(session.post("/predict", json={"texts": texts}))
                     for _ in range(4)]  # fmt: skip
            while await arrived(session) < len(asked):
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            return await asyncio.gather(*asked)

    try:
        answers = asyncio.run(ask())
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()  # not a second SIGTERM, which might meet its last breath
    assert [answer.status_code for answer in answers] == [200] * 4
    assert (process.returncode, err) == (0, "stopped\n")


def test_joined_requests_of_a_neural_model_have_the_tags_that_they_have_alone(place):
    """The queue joins them, batches are padded, and no tag depends on the company."""
    from harness.runs.predict import Predictor
    from harness.serving.batcher import Batcher

    run = finished(task(place / "neural"), "bert-crf", place / "results", **EVERYTHING)
    expected = api.predict(run, TEXTS)
    batcher = Batcher(Predictor.of(run), most=16)
    waiting = [batcher.submit([text]) for text in TEXTS]
    assert [one.result(60)[0].tags for one in waiting] == [one.tags for one in expected]
    assert batcher.batches < len(TEXTS)
    batcher.close()
