"""Trials: the sets of options, with what they name, with which one data set was tried."""

import json

from harness.results.trials import prompts_tried, trials


def record(folder, name, file="run.json", *, backend="a", data="d", named=None, **options):
    (folder / name).mkdir()
    place = {"fingerprint": data} if file == "claim.json" else {"data": {"fingerprint": data}}
    content = {"backend": backend, "options": options, **place, **(named or {})}
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


def prompt_of(content):
    return {"settings": {"prompts": {"prompt": content}}, "weights_digest": {}}


def test_one_name_for_two_contents_is_two_trials_and_two_prompts(tmp_path):
    record(tmp_path, "first", named=prompt_of("a1"), prompt="tpl.txt")
    record(tmp_path, "first-2", named=prompt_of("a1"), prompt="tpl.txt")
    record(tmp_path, "second", "claim.json", named=prompt_of("b2"), prompt="tpl.txt")
    assert trials(tmp_path, "a", "d") == prompts_tried(tmp_path, "a", "d") == 2


def test_weights_of_two_contents_are_two_trials(tmp_path):
    for name in ("first", "second"):
        record(tmp_path, name, named={"weights_digest": {"model": name}}, model="weights")
    assert trials(tmp_path, "a", "d") == 2


def test_a_record_without_content_is_the_trial_of_its_options(tmp_path):
    record(tmp_path, "mine", named=prompt_of("a1"), prompt="tpl.txt")
    record(tmp_path, "before", "claim.json", prompt="tpl.txt")
    assert trials(tmp_path, "a", "d") == prompts_tried(tmp_path, "a", "d") == 1


def test_options_that_are_no_mapping_are_passed_over(tmp_path):
    record(tmp_path, "odd", named={"options": [1]})
    assert prompts_tried(tmp_path, "a", "d") == trials(tmp_path, "a", "d") == 0
