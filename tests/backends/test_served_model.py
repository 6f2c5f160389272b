"""A served model, whole: a real server, a real model made on the spot, and the program as it is."""

import json

import pytest
import tiny_task
from model_server import made_model, model_server
from program import harness

from harness.conformance.examination import broken, examine
from harness.registry import Plugin
from harness.runs.config import Override
from harness.runs.tryout import Wanted

pytestmark = pytest.mark.slow

KEY = "sk-very-secret-0123456789"
PLUGIN = Plugin("served", "backends.served:Served", "ner-harness", "0.1.0")


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The options under which a real model is asked."""
    model = made_model(tmp_path_factory.mktemp("served") / "tiny")
    with model_server(model) as url:
        yield {"url": url, "model": str(model), "reply_tokens": 8}


def test_it_keeps_every_promise_but_to_ask_nobody(asked):
    overrides = [Override("", key, value) for key, value in asked.items()]
    verdicts = examine(PLUGIN, Wanted("tiny", overrides))
    assert broken(verdicts) == ()
    (network,) = [one for one in verdicts if one.key == "network"]
    assert (network.status, network.found) == (
        "n/a",
        "it asks the server that its option url names",
    )


def test_a_run_says_what_was_asked_of_whom_and_what_it_took(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    task = tiny_task.make(tmp_path / "task")
    with task.open("a", encoding="utf-8") as stream:
        stream.write("descriptions:\n  PER: 人的名字\n")
    options = [f"{key}={value}" for key, value in asked.items()]
    command = [
        "run", "--backend", "served", "--task", task, "--seed", 1, 2, 3, "--set", *options,
        "shots=1", "prompt_price=1.0", "reply_price=2.0", "--quiet",
    ]  # fmt: skip
    planned, _ = harness(*command, "--dry-run", folder=tmp_path)
    assert "prompt tokens, about" in planned
    assert "cost, at most" in planned
    assert not (tmp_path / "results").exists()
    table, _ = harness(*command, folder=tmp_path)
    assert "1-shot" in table
    assert "served model" in table
    assert "served tiny (tiny) reply\\_tokens=8, shots=1" in table
    assert "served model (stated): tiny@main" in table
    assert not {asked["url"], asked["model"]} & set(table.split())
    assert asked["url"] not in table
    runs = sorted((tmp_path / "results" / "tiny").glob("served*"))
    records = [json.loads((run / "run.json").read_text(encoding="utf-8")) for run in runs]
    assert [record["seed"] for record in records] == [1, 2, 3]
    for run, record in zip(runs, records, strict=True):
        require_record(run, record, asked)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in path.read_bytes() for path in files)
    full, _ = harness("leaderboard", "results", folder=tmp_path)
    for title in ("tokens/1k", "cost/1k", "reply s", "refused", "malformed"):
        assert title in full
    verified, _ = harness("verify", "results", folder=tmp_path)
    assert "3" in verified


def require_record(run, record, asked):
    """What the record of a run says of a model that ran elsewhere, and the replies behind it."""
    served, metrics = record["served"], json.loads((run / "metrics.json").read_text())
    assert served["models"] == ["tiny@main"]
    assert (served["shots"], served["structure"], served["counted"]) == (1, "free, repaired", True)
    assert served["prompt"].startswith("json.zh.shots.v1 (")
    assert served["prompts_tried"] == 1
    assert served["cost"] > 0
    assert record["cost"]["seconds"]["predict"] == served["seconds"]
    assert (record["trained"], record["weights"]) == (0, asked["model"])
    assert record["settings"]["descriptions"] == {"PER": "人的名字"}
    assert "max_cost" not in record["options"]
    assert "replies/replies.jsonl" in metrics["files"]
    replies = (run / "replies" / "replies.jsonl").read_text().splitlines()
    assert len(replies) == served["requests"]
    said = [json.loads(json.loads(line)["body"]) for line in replies if '"status": 200' in line]
    written = [each["choices"][0]["message"]["content"] for each in said]
    predictions = (run / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    stored = [json.loads(line)["raw"] for line in predictions]
    assert set(stored) <= set(written)
