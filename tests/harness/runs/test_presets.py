"""Several presets asked of one command: each backend runs with those that it has."""

import pytest
import tiny_task
from program import called

from harness.errors import ConfigError
from harness.runs import plan
from harness.runs.config import Settings
from harness.runs.plan import Request


@pytest.fixture
def place(tmp_path):
    (tmp_path / "bert-crf.mine.yaml").write_text("options: {layers: 1}\n", encoding="utf-8")
    (tmp_path / "dictionary.other.yaml").write_text("options: {shortest: 1}\n", encoding="utf-8")
    return tmp_path


def kinds(place, *presets, backends=("dictionary", "bert-crf")):
    task = str(tiny_task.make(place))
    request = Request((task,), backends, (13,), presets, (), Settings(), place / "results")
    return [(cell.plugin.name, cell.options.preset) for cell in plan.plan(request)]


def test_a_backend_runs_with_each_preset_that_it_has(place):
    found = kinds(place, "tiny", f"{place}/mine")
    assert found == [("dictionary", "tiny"), ("bert-crf", "tiny"), ("bert-crf", "mine")]


def test_a_preset_that_no_backend_has_is_refused(place):
    with pytest.raises(ConfigError, match="'dictionary' has no preset 'tini'; it has: base"):
        kinds(place, "tiny", "tini")


def test_a_backend_that_has_none_of_the_presets_is_refused(place):
    with pytest.raises(ConfigError, match=r"'bert-crf' has no preset .*: there is no .*other\."):
        kinds(place, f"{place}/other", f"{place}/another")


def test_a_preset_that_is_asked_for_twice_is_run_once(place):
    assert kinds(place, "tiny", "tiny", backends=("dictionary",)) == [("dictionary", "tiny")]


def test_two_presets_of_one_name_would_be_two_rows_of_one_name_and_are_refused(place):
    (place / "bert-crf.tiny.yaml").write_text("options: {layers: 1}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="another one is called 'tiny', too"):
        kinds(place, "tiny", f"{place}/tiny")


def test_which_backend_runs_without_which_preset_is_said(place):
    task = str(tiny_task.make(place))
    out, messages = called(
        "run", "--task", task, "--backend", "dictionary", "bert-crf", "--preset", "tiny",
        f"{place}/mine", "--seed", "13", "--dry-run", folder=place,
    )  # fmt: skip
    assert f"dictionary has no preset {place}/mine: it runs with tiny" in messages
    for name in ("dictionary tiny", "bert-crf tiny", "bert-crf mine"):
        assert f"run: {name} on tiny, seed 13" in out
    assert "3 rows, 3 runs" in " ".join(out.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("optoins: {layers: 1}", r"mine\.yaml:1: unknown key 'optoins' .did you mean 'options'\?"),
        ("options: [1]", r"mine\.yaml:1: options: .*dictionary"),
        ("tuned: yes", r"mine\.yaml:1: tuned: "),
        ("tuned: {trials: -1}", r"mine\.yaml:1: tuned\.trials: .*greater than or equal to 0"),
    ],
)
def test_a_preset_file_that_says_something_else_is_refused_with_its_line(place, text, said):
    (place / "bert-crf.mine.yaml").write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        kinds(place, f"{place}/mine", backends=("bert-crf",))


def test_a_preset_without_options_has_the_defaults(place):
    (place / "bert-crf.mine.yaml").write_text("options:\n", encoding="utf-8")
    assert kinds(place, f"{place}/mine", backends=("bert-crf",)) == [("bert-crf", "mine")]
