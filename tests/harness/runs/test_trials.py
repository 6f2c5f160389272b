"""Trials: the sets of options with which a backend was run on the same data."""

import json

from harness.runs.trials import trials


def record(folder, name, file="run.json", *, backend="a", data="d", **options):
    (folder / name).mkdir()
    place = {"fingerprint": data} if file == "claim.json" else {"data": {"fingerprint": data}}
    content = {"backend": backend, "options": options, **place}
    (folder / name / file).write_text(json.dumps(content), encoding="utf-8")


def test_seeds_are_one_trial_and_other_options_another(tmp_path):
    for seed in range(3):
        record(tmp_path, f"first-{seed}", epochs=3)
    record(tmp_path, "second", epochs=5)
    assert trials(tmp_path, "a", "d") == 2


def test_another_backend_and_other_data_are_none_of_its_trials(tmp_path):
    record(tmp_path, "mine", epochs=3)
    record(tmp_path, "other", backend="b", epochs=4)
    record(tmp_path, "elsewhere", data="e", epochs=5)
    assert trials(tmp_path, "a", "d") == 1


def test_a_run_that_never_ended_was_a_trial(tmp_path):
    record(tmp_path, "mine", epochs=3)
    record(tmp_path, "killed", "claim.json", epochs=9)
    assert trials(tmp_path, "a", "d") == 2


def test_folders_that_say_nothing_are_passed_over(tmp_path):
    record(tmp_path, "mine", epochs=3)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{", encoding="utf-8")
    (tmp_path / "file").write_text("x")
    assert trials(tmp_path, "a", "d") == 1
