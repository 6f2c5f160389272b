"""A plan of a study: every shipped one can be made, and reads no more than it needs."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import tiny_task

from harness.errors import ConfigError
from harness.runs import plan as planning
from harness.studies import design, estimate, planned, text
from harness.studies.design import Study

AXES = {"shortest": {"values": [1, 2, 3]}, "window_limit": {"values": [128, 254]}}


@pytest.fixture
def task(tmp_path):
    return str(tiny_task.make(tmp_path))


def study(task, **changes):
    given = {"question": "Which?", "tasks": [task], "backends": ["dictionary"], "preset": "tiny"}
    return Study.model_validate(given | {"axes": AXES} | changes)


def counted(monkeypatch, module, name):
    """How often the function ``name`` of ``module`` is called with what, from here on."""
    calls, real = Counter(), getattr(module, name)

    def calling(*arguments):
        calls[str(arguments[0])] += 1
        return real(*arguments)

    monkeypatch.setattr(module, name, calling)
    return calls


@pytest.mark.parametrize("name", design.names())
def test_every_shipped_study_can_be_planned(name, task, tmp_path):
    asked = design.read(name).model_copy(update={"tasks": (task,)})
    rows = planned.plan(asked, tmp_path / "results")
    assert len({row.folders for row in rows}) == len(rows) > 1
    found = estimate.estimate(rows)
    assert found.rough == found.runs, "a plan says what it takes before anything ran"
    told = text.describe(found, rows).splitlines()[0]
    assert " one after another" in told
    assert "MiB at most (roughly, by figures that ship" in told


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2.0, "less than a minute"),
        (61.0, "1 minute"),
        (3000.0, "50 minutes"),
        (7200.0, "2.0 hours"),
    ],
)
def test_a_plan_says_how_long_in_words_that_fit(seconds, words, task, tmp_path):
    rows = planned.plan(study(task), tmp_path / "results")
    told = text.describe(estimate.Estimate(6, 0, seconds, None, 0), rows)
    assert f", {words} one after another (as finished runs" in told


def test_two_studies_share_their_runs(task, tmp_path):
    """One asks where to cut, the other how long: of one store, so the second has them all."""
    names = ("max-length", "window-cut")
    asked = [design.read(name).model_copy(update={"tasks": (task,)}) for name in names]
    whole, part = (
        {cell.folder for cell in planned.cells(planned.plan(one, tmp_path / "results"))}
        for one in asked
    )
    assert part < whole
    assert len(part) == 2 * 4 * 3


def test_what_a_bound_allows_is_all_that_a_plan_counts(task, tmp_path):
    def seconds(**options):
        axes = {"width": {"values": [16, 32]}}
        asked = study(task, backends=["bert-crf"], axes=axes, options={"epochs": 100, **options})
        return estimate.estimate(planned.plan(asked, tmp_path)).seconds

    free = seconds()
    assert seconds(epochs=50) == pytest.approx(free / 2, rel=0.02)
    assert seconds(max_seconds=1e-9) < seconds(max_units=50) < free / 50
    assert seconds(max_flops=50 * 3 * 2.2e6) == pytest.approx(seconds(max_units=50))


def test_a_task_is_read_once_and_code_is_hashed_once(monkeypatch, task, tmp_path):
    read = counted(monkeypatch, planning, "load")
    hashed = counted(monkeypatch, planning, "code_of")
    rows = planned.plan(study(task), tmp_path / "results")
    assert len(rows) == 6
    assert read == {task: 1}
    assert list(hashed.values()) == [1]


def test_the_weights_of_all_points_are_hashed_once(monkeypatch, task, tmp_path):
    weights = tmp_path / "bert"
    weights.mkdir()
    hashed = counted(monkeypatch, planning, "identity")
    options = {"model": str(weights)}
    axes = {"layers": {"values": [1, 2]}}
    begun = {"backends": ["bert-crf"], "preset": "pretrained", "options": options}
    planned.plan(study(task, axes=axes, **begun), tmp_path / "results")
    assert hashed == {str(weights): 1}


def test_the_estimate_reads_records_of_the_same_backend_and_task_alone(monkeypatch, task, tmp_path):
    output = tmp_path / "results"
    for name in ("tiny/dictionary_a_s1", "tiny/crf_a_s1", "other/dictionary_a_s1"):
        (output / name).mkdir(parents=True)
    read = counted(monkeypatch, estimate, "read_folder")
    found = estimate.estimate(planned.plan(study(task), output))
    assert [Path(name).name for name in read] == ["dictionary_a_s1"]
    assert (found.runs, found.finished, found.rough, found.unknown) == (18, 0, 18, 0)


def test_a_backend_is_planned_without_what_only_pretraining_needs():
    code = (
        "import sys, backends.encoder, backends.seq2seq, backends.decoder\n"
        "print(*(name for name in sys.modules if name.startswith('backends.pretraining.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert "from_text" in found
    assert not found & {"loop", "optimisers", "curve"}


def test_two_values_that_read_the_same_are_refused(task):
    with pytest.raises(ValueError, match="two values read the same"):
        study(task, axes={"shortest": {"values": [1, "1"]}})


def test_an_option_that_only_other_backends_have_is_left_out_and_said(task, tmp_path):
    asked = design.read("learning-curve").asked_of(["dictionary", "crf"], [task], [1])
    rows = planned.plan(asked, tmp_path / "results")
    assert len({row.folders for row in rows}) == 2 * 6
    told = text.describe(estimate.estimate(rows), rows).splitlines()[1:]
    said = "left out, since {} has no such option: adversarial, epochs, look_every"
    assert told == [said.format(name) for name in ("dictionary", "crf")]


def test_an_option_that_one_of_the_backends_has_is_not_left_out(task, tmp_path):
    asked = design.read("learning-curve").asked_of(["dictionary", "bert-crf"], [task], [1])
    rows = planned.plan(asked, tmp_path / "results")
    assert not any(row.left_out for row in rows)
    assert rows[1].cells[0].options.values["epochs"] == 60


def test_an_option_for_a_backend_by_name_is_for_no_other(task, tmp_path):
    study = design.read("learning-curve")
    assert study.options["bert-crf.dropout"] == 0.1
    (first, *_) = planned.plan(study.asked_of(["bert-softmax"], [task], [1]), tmp_path)
    assert first.cells[0].options.values["dropout"] == 0.1
    mistyped = study.model_copy(update={"options": {"bret-crf.dropout": 0.1}})
    with pytest.raises(ConfigError, match="'bret-crf' is not among the chosen backends"):
        planned.plan(mistyped.asked_of(["bert-softmax"], [task], [1]), tmp_path)


@pytest.mark.parametrize("where", ["base", "point"])
def test_an_option_that_no_backend_has_stays_an_error(where, task, tmp_path):
    axes = {"share": {"points": {"half": {"options": {"train_share": 0.5}}, "all": {}}}}
    if where == "base":
        asked = study(task, options={"epochz": 3}, axes=axes)
    else:
        axes["share"]["points"]["half"]["options"]["epochz"] = 3
        asked = study(task, axes=axes)
    with pytest.raises(ConfigError, match=r"^the study's file: epochz: not an option"):
        planned.plan(asked, tmp_path)


@pytest.mark.parametrize(
    "axis",
    [
        {"epochs": {"values": [1, 2]}},
        {"way": {"points": {"a": {"backend": "dictionary", "options": {"epochs": 1}}, "b": {}}}},
    ],
    ids=["varied", "of the backend that a point names"],
)
def test_what_a_study_is_about_is_never_left_out(axis, task, tmp_path):
    with pytest.raises(ConfigError, match="epochs: not an option of dictionary"):
        planned.plan(study(task, axes=axis), tmp_path)


def test_a_study_that_varies_nothing_of_a_backend_is_refused(task, tmp_path):
    asked = design.read("regularisation").asked_of(["crf"], [task], [1])
    with pytest.raises(ConfigError, match="all 10 points are one configuration of crf"):
        planned.plan(asked, tmp_path)
