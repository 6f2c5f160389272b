"""A run's identity: each ingredient that can change a result changes its digest, one test each."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import tiny_task

from harness import api
from harness.data.task import load
from harness.errors import DataError, WeightsError
from harness.runs import hardware, plan, weights
from harness.runs.config import Override, Settings
from harness.runs.plan import Request
from harness.runs.resolved import resolved
from harness.runs.run import execute


@pytest.fixture
def request_(tmp_path):
    task = tiny_task.make(tmp_path)
    return Request((str(task),), ("dictionary",), (13,), ("tiny",), (), Settings(device="cpu"),
                   tmp_path / "results")  # fmt: skip


def digest(request):
    (cell,) = plan.plan(request)
    return cell.digest


def options(request, *texts, backend="dictionary"):
    return replace(request, backends=(backend,), overrides=tuple(map(Override.parse, texts)))


def test_the_same_request_is_the_same_run_wherever_it_is_stored(request_, tmp_path):
    (one,), (other,) = plan.plan(request_), plan.plan(replace(request_, output=tmp_path / "b"))
    assert one.digest == other.digest
    assert one.folder.name == other.folder.name
    assert one.digest[:12] in one.folder.name


def test_the_seed(request_):
    assert digest(request_) != digest(replace(request_, seeds=(42,)))


def test_an_option(request_):
    assert digest(request_) != digest(options(request_, "shortest=1"))


@pytest.mark.parametrize("field", ["name", "value", "distribution", "version"])
def test_the_backend_and_where_it_comes_from(request_, field):
    (cell,) = plan.plan(request_)
    task = load(cell.task)
    other = replace(cell.plugin, **{field: getattr(cell.plugin, field) + "x"})
    (changed,) = plan.cells_of(request_, cell.task, task, [(other, cell.options)])
    assert changed.digest != cell.digest


def test_the_preset(request_):
    asked = replace(request_, backends=("t5",))
    one, other = (replace(asked, presets=(name,)) for name in ("tiny", "small"))
    assert digest(one) != digest(other)


def test_the_preset_by_its_name_where_its_options_are_those_of_another(request_):
    one, other = (
        replace(request_, backends=("dictionary",), presets=(name,)) for name in ("tiny", "small")
    )
    values = [dict(plan.plan(request)[0].options.values) for request in (one, other)]
    assert values[0] == values[1]
    assert digest(one) != digest(other)


@pytest.mark.parametrize(
    "changed",
    [{"precision": "bf16"}, {"threads": 2}, {"window_limit": 128}, {"window_margin": 16},
     {"limit": 2}, {"free_decoding": False}],
    ids=str,
)  # fmt: skip
def test_a_setting(request_, changed):
    settings = request_.settings.model_copy(update=changed)
    assert digest(request_) != digest(replace(request_, settings=settings))


def test_keeping_the_model_is_no_part_of_it(request_):
    settings = request_.settings.model_copy(update={"keep_model": False})
    assert digest(request_) == digest(replace(request_, settings=settings))


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_data(request_, tmp_path, split):
    before = digest(request_)
    path = tmp_path / "data" / f"{split}.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("没", "无", 1), encoding="utf-8")
    assert digest(request_) != before


def test_the_gold(request_, tmp_path):
    before = digest(request_)
    path = tmp_path / "data" / "test_TAG.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("B_LOC", "B_PER", 1))
    assert digest(request_) != before


def test_the_code(request_, monkeypatch):
    before = digest(request_)
    code = plan.code_of(plan.plan(request_)[0].plugin)
    for changed in ({"harness": "0" * 64}, {"backend": "0" * 64}):
        monkeypatch.setattr(plan, "code_of", lambda plugin, c=changed: code.model_copy(update=c))
        assert digest(request_) != before


def test_the_version_of_the_harness(request_, monkeypatch):
    before = digest(request_)
    monkeypatch.setattr(plan, "__version__", "9.9")
    assert digest(request_) != before


@pytest.mark.parametrize("library", ["torch", "transformers", "numpy", "python"])
def test_a_library(request_, monkeypatch, library):
    before, found = digest(request_), hardware.versions()
    monkeypatch.setattr(plan, "versions", lambda distribution: found | {library: "0.0"})
    assert digest(request_) != before


def test_a_prompt(request_, tmp_path):
    path = tmp_path / "ask.txt"
    template = "[format]\ntags\n[instruction]\n标签：{labels}\n[question]\n%s：{text}\n"
    path.write_text(template % "句子", encoding="utf-8")
    asked = options(request_, f"prompt={path}", backend="gpt")
    before = digest(asked)
    path.write_text(template % "文本", encoding="utf-8")
    assert digest(asked) != before


@pytest.fixture
def folder(tmp_path):
    """A folder of weights; what is in it is nobody's matter but a hash's."""
    made = tmp_path / "weights"
    made.mkdir()
    (made / "config.json").write_text("{}")
    (made / "model.safetensors").write_bytes(bytes(64))
    return made


@pytest.mark.parametrize("backend", ["bert-softmax", "gpt"])
def test_the_bytes_of_a_folder_of_weights(request_, folder, backend):
    asked = options(request_, f"model={folder}", "init=pretrained", backend=backend)
    asked = replace(asked, presets=("pretrained",))
    before = digest(asked)
    (folder / "model.safetensors").write_bytes(bytes(63) + b"\1")
    assert digest(asked) != before


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of the hub, and what puts a commit of a model into it."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    def put(model, commit):
        place = tmp_path / "cache" / f"models--{model.replace('/', '--')}"
        (place / "snapshots" / commit).mkdir(parents=True)
        (place / "snapshots" / commit / "config.json").write_text("{}")
        (place / "refs").mkdir(exist_ok=True)
        (place / "refs" / "main").write_text(commit)

    return put


@pytest.mark.parametrize("model", [None, "somebody/small"])
def test_the_commit_of_a_model_of_the_hub_named_or_not(request_, cache, model):
    named = (f"model={model}",) if model else ()
    asked = replace(options(request_, *named, backend="bert-softmax"), presets=("base",))
    without = digest(asked)
    cache(model or "bert-base-chinese", "a" * 40)
    first = digest(asked)
    cache(model or "bert-base-chinese", "b" * 40)
    assert len({without, first, digest(asked)}) == 3


def test_the_commit_is_what_is_recorded(cache):
    cache("somebody/small", "a" * 40)
    assert weights.identity("somebody/small") == f"commit:{'a' * 40}"
    assert weights.identity("somebody/other") == "not found"


def test_what_auto_stands_for_is_planned_and_recorded(request_, monkeypatch):
    request = replace(request_, settings=Settings())
    versions = hardware.versions()
    monkeypatch.setattr(hardware, "accelerators", tuple)
    (on_cpu,) = plan.plan(request)
    assert (on_cpu.settings.device, on_cpu.settings.precision) == ("cpu", "fp32")
    monkeypatch.setattr(hardware, "accelerators", lambda: ("NVIDIA H100",))
    monkeypatch.setattr(hardware, "versions", lambda: versions | {"torch": "2.13.0"})
    monkeypatch.setattr(hardware, "computes_bf16", lambda: True)
    (on_gpu,) = plan.plan(request)
    assert (on_gpu.settings.device, on_gpu.settings.precision) == ("cuda", "bf16")
    monkeypatch.setattr(hardware, "computes_bf16", lambda: False)
    (older,) = plan.plan(request)
    assert (older.settings.device, older.settings.precision) == ("cuda", "fp32")
    assert len({on_cpu.digest, on_gpu.digest, older.digest}) == 3


def test_a_torch_without_cuda_plans_no_gpu(monkeypatch):
    monkeypatch.setattr(hardware, "accelerators", lambda: ("NVIDIA H100",))
    monkeypatch.setattr(hardware, "versions", lambda: {"torch": "2.13.0+cpu"})
    assert resolved(Settings()).device == "cpu"


def test_what_was_asked_for_is_not_settled_otherwise():
    assert resolved(Settings(device="cpu", precision="bf16-all")).precision == "bf16-all"


def gpus(folder, monkeypatch, *said):
    """A driver that lists GPUs, of which it ``said`` what it is asked for."""
    lines = "".join(f"GPU-{place}7f, {words}\\n" for place, words in enumerate(said))
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '{lines}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.parametrize(
    ("said", "able"), [(["9.0"], True), (["8.0", "8.6"], True), (["7.5"], False),
                       (["8.0", "7.0"], False), (["12.0"], True), ([], False)],
)  # fmt: skip
def test_every_gpu_must_compute_bf16(said, able, tmp_path, monkeypatch):
    gpus(tmp_path, monkeypatch, *said)
    assert hardware.computes_bf16() == able


@pytest.mark.parametrize(
    ("visible", "able"), [("2,3", True), ("GPU-2,GPU-37f", True), ("0,2", False), ("-1", False),
                          ("2,-1,0", True), ("2,9,0", True), ("", False), ("GPU-9", False)],
)  # fmt: skip
def test_the_gpus_are_those_that_are_named_up_to_a_name_of_none(
    visible, able, tmp_path, monkeypatch
):
    gpus(tmp_path, monkeypatch, "7.5", "7.5", "8.0", "8.0")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert hardware.computes_bf16() == able


def ran(cell):
    return execute(cell, lambda progress: None)


def test_data_that_changed_after_the_plan_are_refused_by_the_run(request_, tmp_path):
    (cell,) = plan.plan(request_)
    path = tmp_path / "data" / "train_TAG.txt"
    path.write_text(path.read_text().replace("B_PER I_PER", "O O", 1))
    with pytest.raises(DataError, match="changed while the command ran"):
        ran(cell)
    assert not (cell.folder / "metrics.json").exists()


MEDDLING = """
from pathlib import Path
from harness.core import Tags
from harness.protocol import FitReport

class Backend:
    def __init__(self, context, *, model: str = "", spoil: bool = False):
        self.model, self.spoil = model, spoil

    def fit(self, train, dev):
        (Path(self.model).parent / "trained").touch()
        if self.spoil:
            (Path(self.model) / "model.safetensors").write_bytes(b"other")
        return FitReport("mine", 1, 1)

    def predict(self, sentences):
        return [Tags(("O",) * len(s)) for s in sentences]

    def save(self, folder): pass
    def load(self, folder): pass
"""


@pytest.fixture
def planned(request_, folder, tmp_path, monkeypatch):
    """The cell of a plugin that begins from ``folder``."""

    def make(*texts):
        site = tmp_path / "site"
        about = site / "meddler-0.1.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: meddler\nVersion: 0.1\n")
        (about / "entry_points.txt").write_text("[harness.backends]\nmeddler = meddler:Backend\n")
        (site / "meddler.py").write_text(MEDDLING)
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(__import__("sys").modules, "meddler", raising=False)
        (cell,) = plan.plan(options(request_, f"model={folder}", *texts, backend="meddler"))
        return cell

    return make


def test_weights_that_changed_after_the_plan_are_refused_before_training(planned, folder):
    cell = planned()
    (folder / "model.safetensors").write_bytes(b"other")
    with pytest.raises(WeightsError, match=r"\(model\) changed while the command ran: they are"):
        ran(cell)
    assert not (folder.parent / "trained").exists()
    assert not (cell.folder / "metrics.json").exists()


def test_weights_that_change_in_training_give_no_result(planned):
    cell = planned("spoil=true")
    with pytest.raises(WeightsError, match="changed while the command ran"):
        ran(cell)
    assert not (cell.folder / "metrics.json").exists()


def test_the_hash_of_the_weights_is_in_the_record(planned, folder):
    from harness.results import reader

    cell = planned()
    assert ran(cell)
    assert reader.one(cell.folder).run.weights_digest == {"model": weights.identity(str(folder))}


def test_weights_that_are_nowhere_are_refused_once_before_anything_starts(request_, tmp_path):
    wanted = options(request_, f"model={tmp_path / 'nowhere'}", backend="bert-softmax")
    cells = plan.plan(
        replace(wanted, presets=("base",), seeds=(1, 2), backends=("bert-softmax", "electra"))
    )
    with pytest.raises(WeightsError) as told:
        api.Experiment(cells).run()
    (line,) = str(told.value).splitlines()
    assert line.startswith(f"no weights '{tmp_path / 'nowhere'}' (model of bert-softmax, electra)")
    assert "nothing was started" in line
    assert not any(cell.folder.exists() for cell in cells)


@pytest.mark.parametrize(("offline", "name", "refused"), [
    (True, "somebody/other", True), (False, "somebody/other", False), (False, "./other", True),
    (False, "a/b/c", True),
])  # fmt: skip
def test_a_model_that_the_hub_may_have_is_asked_for_again(
    cache, monkeypatch, offline, name, refused
):
    from huggingface_hub import constants

    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: offline)
    runs = [("bert-crf", {"model": name}, {"model": "not found"})]
    with pytest.raises(WeightsError) if refused else nullcontext() as told:
        weights.require_found(runs)
    for words in (f"{constants.HF_HUB_CACHE} (HF_HOME or HF_HUB_CACHE", "nothing was started"):
        assert not refused or words in str(told.value)
