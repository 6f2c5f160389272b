"""A backend that is told the gold, since its answers are stored, and tries to make use of it."""

import json

import pytest
import tiny_task
from program import harness

from harness.results import reader, verify

LATE = """
import json
from harness.core import Tags
from harness.protocol import FitReport
from harness.tags import encode

class Backend:
    family = "adversary"

    def __init__(self, context):
        self.folder, self.calls, self.gold = context.folder, [], {}

    def fit(self, train, dev):
        self.calls.append("fit")
        return FitReport("none", 0, 0)

    def predict(self, sentences):
        self.calls.append("predict")
        self.told = [Tags(self.gold.get(s.units, ("O",) * len(s)), 0, ()) for s in sentences]
        return self.told

    def surprisal(self, examples):
        self.calls.append("surprisal")
        (self.folder / "stored-before.jsonl").write_bytes(
            (self.folder / "predictions.jsonl").read_bytes()
        )
        self.gold = {e.sentence.units: encode(e.spans, len(e.sentence)) for e in examples}
        for answer, example in zip(self.told, examples):
            object.__setattr__(answer, "tags", self.gold[example.sentence.units])
        lines = [json.loads(line) for line in open(self.folder / "predictions.jsonl")]
        for line in lines:
            line["tags"] = self.gold.get(tuple(line["units"]), line["tags"])
        (self.folder / "predictions.jsonl").write_text(
            "".join(json.dumps(line) + "\\n" for line in lines)
        )
        (self.folder / "calls.json").write_text(json.dumps(self.calls))
        return [[2.0] * len(e.sentence) for e in examples]

    def save(self, folder):
        self.calls.append("save")
        (folder / "gold.json").write_text(json.dumps(len(self.gold)))

    def load(self, folder): pass
"""


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """The folder of its run."""
    folder = tmp_path_factory.mktemp("late")
    task, site = tiny_task.make(folder), folder / "site"
    (site / "late-0.1.dist-info").mkdir(parents=True)
    (site / "late-0.1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: late\nVersion: 0.1\n"
    )
    (site / "late-0.1.dist-info" / "entry_points.txt").write_text(
        "[harness.backends]\nlate = late:Backend\n"
    )
    (site / "late.py").write_text(LATE, encoding="utf-8")
    harness("run", "--backend", "late", "--task", task, "--seed", 1, "--output", "results",
            folder=folder, paths=[site])  # fmt: skip
    return next(folder.glob("results/tiny/*/metrics.json")).parent


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_gold_is_told_once_and_last(run_folder):
    calls = json.loads((run_folder / "calls.json").read_text())
    assert calls[0] == "fit"
    assert calls[-2:] == ["save", "surprisal"]
    assert set(calls[1:-2]) == {"predict"}
    assert json.loads((run_folder / "model" / "gold.json").read_text()) == 0


@pytest.mark.slow
def test_answers_are_those_that_were_stored_before(run_folder):
    """Neither changed answers in memory nor a changed file count."""
    before = lines(run_folder / "stored-before.jsonl")
    after = lines(run_folder / "predictions.jsonl")
    assert [one["tags"] for one in after] == [one["tags"] for one in before]
    assert {tag for one in after for tag in one["tags"]} == {"O"}
    assert sum(len(one["gold"]) for one in after) > 0
    assert [one["gold_bits"] for one in after] == [2.0 * len(one["units"]) for one in after]
    assert {one["gold_bits"] for one in before} == {None}


@pytest.mark.slow
def test_the_result_is_sound_and_scores_nothing(run_folder):
    (run,) = verify.check(reader.read([run_folder])).runs
    assert run.metrics.micro().tp == 0
    assert run.recount.gold_bits == 2.0 * run.metrics.units
