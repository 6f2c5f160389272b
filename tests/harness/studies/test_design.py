"""What a study file may say: one question, a base, axes; every mistake has its line."""

import pytest

from harness.errors import ConfigError
from harness.studies import design
from harness.studies.design import Study, combinations

BASE = {"question": "Which?", "tasks": ["demo"], "backends": ["dictionary"], "preset": "tiny"}


def study(**changes):
    return Study.model_validate(BASE | changes)


def written(folder, text):
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_every_combination_is_made_the_first_axis_outermost():
    axes = {"shortest": {"values": [1, 2]}, "window_limit": {"values": [64, 128]}}
    places = [each.place for each in combinations(study(axes=axes))]
    assert places == [
        {"shortest": "1", "window_limit": "64"}, {"shortest": "1", "window_limit": "128"},
        {"shortest": "2", "window_limit": "64"}, {"shortest": "2", "window_limit": "128"},
    ]  # fmt: skip


def test_a_point_changes_the_backend_the_preset_and_options_of_the_base():
    points = {"a": {"backend": "crf", "options": {"window": 3}}, "b": {"preset": "small"}}
    first, second = combinations(
        study(axes={"way": {"points": points}}, options={"window": 1, "threads": 1})
    )
    assert (first.backends, first.preset) == (("crf",), "tiny")
    assert first.options == {"window": 3, "threads": 1}
    assert (second.backends, second.preset) == (("dictionary",), "small")
    assert second.options == {"window": 1, "threads": 1}


def test_values_may_be_of_an_option_with_another_name():
    (one,) = combinations(study(axes={"reach": {"option": "window", "values": [2]}}))
    assert one.place == {"reach": "2"}
    assert one.options == {"window": 2}


def test_what_pretraining_adds_is_asked_of_the_runs_that_draw_its_curves():
    curves, gain = (
        {
            frozenset({*each.place.items(), each.preset, *each.backends, *each.options.items()})
            for each in combinations(design.read(name))
        }
        for name in ("pretraining", "pretraining-gain")
    )
    assert curves == gain
    assert len(gain) == 4 * 2


def test_axes_that_disagree_are_refused_with_the_place():
    axes = {
        "one": {"points": {"a": {"options": {"shortest": 1}}}},
        "two": {"points": {"b": {"options": {"shortest": 2}}}},
    }
    with pytest.raises(ConfigError, match="disagree at one=a, two=b: shortest is both 1 and 2"):
        combinations(study(axes=axes))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  layers: {values: [1], points: {a: {}}}", "either values of an option or points"),
        ("  layers: {}", "either values of an option or points"),
        ("  layers: {points: {a: {}}, option: layers}", "option goes with values"),
        ("  layers: {points: {a: {presett: small}}}", "preset"),
        ("  layers: {scale: log, points: {a: {at: 0}}}", "point 'a' lies at 0; with scale: log"),
        ("  layers: {law: power, points: {a: {at: -1}}}", "lies at -1; with law: power, give"),
        ("  layers: {law: power, points: {a: {at: 1}, b: {}}}", "point 'b' has no place; with law"),
        ("  layers: {scale: log, values: [1, 0]}", "point '0' lies at 0"),
        ("  layers: {points: {a: {at: .nan}}}", "finite"),
    ],
)
def test_a_mistake_in_a_file_is_one_message_with_its_line(tmp_path, line, message):
    head = "question: Which?\ntasks: [demo]\nbackends: [dictionary]\naxes:\n"
    with pytest.raises(ConfigError, match=r"mine\.yaml") as caught:
        design.read(written(tmp_path, head + line + "\n"))
    assert message in str(caught.value)


def test_a_study_without_backends_needs_an_axis_that_names_them(tmp_path):
    text = "question: Which?\ntasks: [demo]\naxes:\n  layers: {values: [1]}\n"
    with pytest.raises(ConfigError, match="expected backends, or an axis"):
        design.read(written(tmp_path, text))


def test_a_name_that_no_study_has_is_told_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'layers'"):
        design.read("layer")


@pytest.mark.parametrize("name", design.names())
def test_shipped_studies_are_sound(name):
    made = design.read(name)
    assert made.question.endswith("?")
    assert len(combinations(made)) > 1


def test_a_task_file_is_beside_the_study_or_in_the_working_directory(tmp_path, monkeypatch):
    """What is beside the study comes first; a shipped task has no file there."""
    monkeypatch.chdir(tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    for path in (inner / "both.yaml", tmp_path / "both.yaml", tmp_path / "here.yaml"):
        path.write_text("", encoding="utf-8")
    path = written(inner, (
        "question: Which?\ntasks: [both.yaml, here.yaml, mine.yaml, demo]\n"
        "backends: [dictionary]\naxes: {shortest: {values: [1, 2]}}\n"
    ))  # fmt: skip
    assert design.read(path).tasks == (str(inner / "both.yaml"), "here.yaml", "mine.yaml", "demo")
