"""A model that was trained on a GPU answers where there is none, and that is said."""

import sys
from types import SimpleNamespace

import pytest
import torch
from finished_runs import PLAIN, finished, task
from program import called
from stored_runs import change, seal

from harness import api
from harness.results import reader
from harness.runs import resolved
from harness.runs.answering import ComputedOn
from harness.runs.predict import restore, silent

TEXTS = ["我说先生东南。", "今天在于西。"]
SAID = (
    "this run was made with device=cuda precision=bf16-all, and no GPU can be used here: it "
    "answers with device=cpu precision=fp32"
)
GPU, CPU = ComputedOn("cuda", "bf16-all"), ComputedOn("cpu", "fp32")


@pytest.fixture
def torch_says(monkeypatch):
    """Lets torch say that it can use a GPU, or not; None: no backend has imported it."""

    def say(able):
        cuda = SimpleNamespace(is_available=lambda: able)
        monkeypatch.setitem(
            sys.modules, "torch", None if able is None else SimpleNamespace(cuda=cuda)
        )

    return say


def test_a_gpu_is_used_where_there_is_one(torch_says):
    torch_says(True)
    assert GPU.here() == GPU


def test_without_one_the_processor_answers_in_a_precision_that_each_has(torch_says):
    torch_says(False)
    assert GPU.here() == CPU
    assert CPU.here().instead_of(GPU) == SAID


def test_a_driver_whose_gpu_torch_cannot_use_has_none(torch_says, monkeypatch):
    monkeypatch.setattr(resolved, "has_gpu", lambda: True)
    torch_says(False)
    assert GPU.here() == CPU


def test_a_backend_without_torch_is_told_what_the_driver_says(torch_says, monkeypatch):
    torch_says(None)
    for has, place in ((True, GPU), (False, CPU)):
        monkeypatch.setattr(resolved, "has_gpu", lambda has=has: has)
        assert GPU.here() == place


@pytest.mark.parametrize("able", [True, False])
def test_a_run_on_the_processor_keeps_its_device_and_precision(torch_says, able):
    torch_says(able)
    for precision in ("fp32", "bf16", "bf16-all"):
        here = ComputedOn("cpu", precision)
        assert here.here() == here
        assert here.here().instead_of(here) == ""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A finished run, and what it would be had a GPU made it; both with what they answer."""
    place = tmp_path_factory.mktemp("answering")
    run = finished(task(place / "data"), "bert-softmax", place / "results", **PLAIN)
    expected = [one.tags for one in api.predict(run, TEXTS)]
    change(run / "run.json", "settings", "device", to="cuda")
    change(run / "run.json", "settings", "precision", to="bf16-all")
    seal(run)
    return run, expected


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.slow
@pytest.mark.usefixtures("no_gpu")
def test_predict_answers_without_the_gpu_that_trained_and_says_so(runs, capsys):
    run, expected = runs
    assert [one.tags for one in api.predict(run, TEXTS)] == expected
    assert capsys.readouterr().err == f"{SAID}\n"


@pytest.mark.slow
def test_the_command_says_it_once(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (tmp_path / "text.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    run, expected = runs
    out, err = called("predict", run, "text.txt", folder=tmp_path)
    assert [tuple(line.replace("_", "-").split()) for line in out.splitlines()] == expected
    assert err.count(SAID) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("no_gpu")
def test_its_model_is_exported_and_what_was_exported_answers(runs, tmp_path):
    pytest.importorskip("onnxruntime")
    run, expected = runs
    made = api.export_model(run, tmp_path / "onnx", to="onnx", row=tmp_path / "rows")
    assert [one.tags for one in api.predict(made.row, TEXTS)] == expected


@pytest.mark.slow
def test_a_graph_computes_on_the_processor_and_needs_no_gpu(runs, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    run, _ = runs
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    made = api.export_model(run, tmp_path / "onnx", to="onnx")
    monkeypatch.setattr(ComputedOn, "here", lambda self: self)
    restore(reader.one(run), made.folder, silent)
