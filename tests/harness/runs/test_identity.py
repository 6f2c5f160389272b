"""The identity of a run: whatever can change its answers changes its digest and its folder."""

from dataclasses import replace

import pytest
import tiny_task

from harness.data.task import load
from harness.registry import Plugin
from harness.runs import plan
from harness.runs.config import Options, Settings
from harness.runs.plan import Request, cells_of

PLUGIN = Plugin("dictionary", "backends.dictionary:Dictionary", "ner-harness", "0.1.0")


@pytest.fixture
def cell_of(tmp_path):
    """The cell of a request, some of whose parts are changed."""
    task = str(tiny_task.make(tmp_path))
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.safetensors").write_bytes(b"w")

    def made(**changes):
        path = changes.pop("task", task)
        seed = changes.pop("seed", 1)
        options = {"shortest": 2, "model": str(weights), **changes.pop("options", {})}
        settings = Settings(**changes.pop("settings", {}))
        request = Request((path,), (), (seed,), ("tiny",), (), settings, tmp_path / "results")
        plugin = replace(PLUGIN, **changes)
        pair = (plugin, Options("tiny", options, "", {"model": str(weights)}))
        return next(cells_of(request, path, load(path), [pair]))

    return made


CHANGES = {
    "an option": {"options": {"shortest": 1}},
    "the seed": {"seed": 2},
    "the precision": {"settings": {"precision": "bf16"}},
    "the threads": {"settings": {"threads": 2}},
    "the windows": {"settings": {"window_limit": 128}},
    "where windows are cut": {"settings": {"window_cut": "plain"}},
    "the limit": {"settings": {"limit": 3}},
    "the version of the backend": {"version": "0.2"},
    "the distribution": {"distribution": "another"},
    "the prompt": {"options": {"prompt": "tags.v1"}},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_another_run(cell_of, name):
    assert cell_of().digest == cell_of().digest
    assert cell_of(**CHANGES[name]).digest != cell_of().digest
    assert cell_of(**CHANGES[name]).folder != cell_of().folder


def test_a_setting_that_came_later_makes_no_other_run_where_it_changes_nothing(
    cell_of, monkeypatch
):
    heard = []
    dumps = plan.json.dumps
    monkeypatch.setattr(plan.json, "dumps", lambda what, **how: heard.append(what) or dumps(what))
    cell_of(settings={"window_cut": "punctuation"})
    (settings,) = (one["settings"] for one in heard if "settings" in one)
    assert "window_limit" in settings
    assert "window_cut" not in settings


def test_weights_that_changed_in_their_folder_are_another_run(cell_of, tmp_path):
    before = cell_of().digest
    (tmp_path / "weights" / "model.safetensors").write_bytes(b"v")
    assert cell_of().digest != before


def test_a_prompt_that_changed_in_its_file_is_another_run(cell_of, tmp_path):
    prompt = tmp_path / "mine.txt"
    prompt.write_text("one", encoding="utf-8")
    before = cell_of(options={"prompt": str(prompt)}).digest
    prompt.write_text("two", encoding="utf-8")
    assert cell_of(options={"prompt": str(prompt)}).digest != before


def test_data_that_changed_are_another_run(cell_of, tmp_path):
    before = cell_of().digest
    tiny_task.write_split(tmp_path / "data", "dev", tiny_task.DEV[:1])
    assert cell_of().digest != before


@pytest.mark.parametrize("name", ["code_of", "versions"])
def test_code_and_libraries_are_part_of_it(cell_of, monkeypatch, name):
    before = cell_of().digest
    real = getattr(plan, name)
    changed = {
        "code_of": lambda plugin: real(plugin).model_copy(update={"harness": "other"}),
        "versions": lambda distribution: real(distribution) | {"torch": "0"},
    }
    monkeypatch.setattr(plan, name, changed[name])
    assert cell_of().digest != before
