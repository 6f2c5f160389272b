"""A finished run in memory, from the files that it left, also from those of an older program."""

import json

import made_runs

from harness.analysis import load_all


def test_a_history_that_counts_slots_and_calls_the_digest_consumed_is_still_read(tmp_path):
    run = made_runs.hostile()[0]
    made_runs.store(tmp_path / "a", run)
    path = tmp_path / "a" / "history.jsonl"
    epochs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for epoch in epochs:
        epoch["slots"], epoch["consumed"] = epoch.pop("positions"), epoch.pop("training_digest")
    path.write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs), encoding="utf-8")
    [read] = load_all([tmp_path])
    assert read.history == run.history != ()
