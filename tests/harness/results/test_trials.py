"""Trials: the sets of options, with what they name, with which one data set was tried."""

import json

import pytest

from harness.results import trials as counting
from harness.results.trials import DataRead

SETTINGS = {"window_limit": 254, "window_margin": 32, "precision": "fp32"}
WHOLE = DataRead("d", "tiny")


def trials(folder, backend="a", data=WHOLE):
    return counting.trials(folder, backend, data)


def prompts_tried(folder, backend="a"):
    return counting.prompts_tried(folder, backend, WHOLE)


def record(
    folder, name, file="run.json", *, backend="a", data="d", task="tiny", limit=None, named=None,
    settings=None, **options,
):  # fmt: skip
    (folder / name).mkdir()
    read = {"fingerprint": data, "task": task, "limit": limit}
    place = read if file == "claim.json" else {"data": read}
    told = {"settings": SETTINGS | {"limit": limit} | settings} if settings is not None else {}
    content = {"backend": backend, "options": options, **place, **told, **(named or {})}
    (folder / name / file).write_text(json.dumps(content), encoding="utf-8")


def test_seeds_are_one_trial_and_other_options_another(tmp_path):
    for seed in range(3):
        record(tmp_path, f"first-{seed}", epochs=3)
    record(tmp_path, "second", epochs=5)
    assert trials(tmp_path) == 2


def test_another_backend_and_other_data_are_none_of_its_trials(tmp_path):
    record(tmp_path, "mine", epochs=3)
    record(tmp_path, "other", backend="b", epochs=4)
    record(tmp_path, "elsewhere", data="e", epochs=5)
    assert trials(tmp_path) == 1


def test_a_run_that_never_ended_was_a_trial(tmp_path):
    record(tmp_path, "mine", epochs=3)
    record(tmp_path, "killed", "claim.json", epochs=9)
    assert trials(tmp_path) == 2


def test_folders_that_say_nothing_are_passed_over(tmp_path):
    record(tmp_path, "mine", epochs=3)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{", encoding="utf-8")
    (tmp_path / "file").write_text("x")
    assert trials(tmp_path) == 1


def prompt_of(content):
    return {"settings": {"prompts": {"prompt": content}}, "weights_digest": {}}


def test_one_name_for_two_contents_is_two_trials_and_two_prompts(tmp_path):
    record(tmp_path, "first", named=prompt_of("a1"), prompt="tpl.txt")
    record(tmp_path, "first-2", named=prompt_of("a1"), prompt="tpl.txt")
    record(tmp_path, "second", "claim.json", named=prompt_of("b2"), prompt="tpl.txt")
    assert trials(tmp_path) == prompts_tried(tmp_path) == 2


def test_weights_of_two_contents_are_two_trials(tmp_path):
    for name in ("first", "second"):
        record(tmp_path, name, named={"weights_digest": {"model": name}}, model="weights")
    assert trials(tmp_path) == 2


def test_a_record_without_content_is_the_trial_of_its_options(tmp_path):
    record(tmp_path, "mine", named=prompt_of("a1"), prompt="tpl.txt")
    record(tmp_path, "before", "claim.json", prompt="tpl.txt")
    assert trials(tmp_path) == prompts_tried(tmp_path) == 1


def test_options_that_are_no_mapping_are_passed_over(tmp_path):
    record(tmp_path, "odd", named={"options": [1]})
    assert prompts_tried(tmp_path) == trials(tmp_path) == 0


@pytest.mark.parametrize("file", ["run.json", "claim.json"])
def test_runs_of_a_part_of_the_data_were_tries_of_the_whole(tmp_path, file):
    record(tmp_path, "mine", settings={}, epochs=3)
    for place, limit in enumerate((20, 119, 119)):
        record(tmp_path, f"cut-{place}", file, data=f"first {limit}", limit=limit, settings={},
               epochs=4 + place)  # fmt: skip
    record(tmp_path, "same options", file, data="first 20", limit=20, settings={}, epochs=3)
    assert trials(tmp_path) == 4
    assert trials(tmp_path, data=DataRead("first 20", "tiny", 20)) == 4


def test_a_part_of_another_task_is_none_of_its_trials(tmp_path):
    record(tmp_path, "mine", epochs=3)
    record(tmp_path, "theirs", data="e", task="other", limit=20, epochs=4)
    assert trials(tmp_path) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("window_limit", 64), ("window_margin", 8), ("window_cut", "plain"), ("precision", "bf16")],
)
def test_a_setting_that_changes_results_is_another_trial(tmp_path, name, value):
    record(tmp_path, "mine", settings={}, epochs=3)
    record(tmp_path, "other", settings={name: value}, epochs=3)
    assert trials(tmp_path) == 2


def test_settings_that_change_no_answer_are_no_trials(tmp_path):
    for threads in (1, 2):
        record(tmp_path, f"run-{threads}", settings={"threads": threads}, epochs=3)
    record(tmp_path, "as ever", settings={"window_cut": "punctuation", "train_draw": 0}, epochs=3)
    record(tmp_path, "killed before settings were told", "claim.json", epochs=3)
    assert trials(tmp_path) == 1


def test_a_study_of_shares_is_no_tuning_of_a_row_but_draws_of_its_share_are(tmp_path):
    record(tmp_path, "mine", settings={"train_share": 1.0, "train_draw": 7}, epochs=3)
    for draw in range(3):
        settings = {"train_share": 0.5, "train_draw": draw}
        record(tmp_path, f"half-{draw}", settings=settings, epochs=3)
    record(tmp_path, "tenth", settings={"train_share": 0.1}, epochs=3)
    shares = [trials(tmp_path, data=DataRead("d", "tiny", share=share)) for share in (1, 0.5, 0.1)]
    assert shares == [1, 3, 1]
