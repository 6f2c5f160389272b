"""What an accelerator asks of every family, on the device ``distant``, which is made of the CPU.

All tensors of an operation are on one device; no step of training waits for the device; an answer
waits for it a few times, however long it is; and the numbers are those of the CPU.
"""

import dataclasses

import pytest
import torch
from making import make
from same_answers import assert_same_answers
from tiny_generators import DEV, TRAIN, context
from torch.testing import assert_close
from torchcrf import CRF

from backends.decoder import Gpt
from backends.encoder import BertCrf, BertSoftmax, Electra
from backends.seq2seq import T5
from backends.span import SpanPointer
from backends.tagging.crf import loss as loss_of_crf
from backends.tagging.tagger import targets_of
from backends.training.device import to_device, to_host
from benchmarks._distant import Session
from harness.core import Sentence

FAMILIES = {
    "bert-crf": (BertCrf, {}),
    "bert-crf, weighted": (BertCrf, {"class_weights": 0.5, "constrain_transitions": True}),
    "bert-softmax": (BertSoftmax, {}),
    "electra": (Electra, {}),
    "electra, neighbours": (Electra, {"convolutions": 2, "bigrams": 64}),
    "span": (SpanPointer, {}),
    "span, n-grams": (SpanPointer, {"ngrams": 64}),
    "t5": (T5, {}),
    "t5, aligned": (T5, {"aligned": True, "convolutions": 2, "bigrams": 64}),
    "t5, beam": (T5, {"beam": 4}),
    "gpt": (Gpt, {}),
    "gpt, aligned": (Gpt, {"aligned": True, "convolutions": 2, "prompt": "tags.short.v1"}),
    "gpt, lora": (Gpt, {"lora": 2}),
    "gpt, shots": (Gpt, {"shots": 2, "prompt": "tags.zh.shots.v1"}),
}
SMALL = {
    "layers": 1, "width": 16, "attention_heads": 2, "epochs": 1, "batch_units": 256,
    "dropout": 0.0, "word_dropout": 0.0,
}  # fmt: skip
SENTENCES = [example.sentence for example in DEV[:8]]


@pytest.fixture
def session():
    with Session() as opened:
        yield opened


def made(folder, name, device, **options):
    """A backend of the family called ``name`` that computes on ``device``."""
    folder.mkdir(exist_ok=True)
    family, own = FAMILIES[name]
    told = dataclasses.replace(context(folder), device=device)
    return make(family, told, **SMALL | own | options)


def assert_learns_as_on_the_cpu(folder, name, device, tolerance):
    here, there = made(folder / "a", name, "cpu"), made(folder / "b", name, device)
    expected, found = here.fit(TRAIN, DEV), there.fit(TRAIN, DEV)
    assert {p.device.type for p in there.model.parameters()} == {device}
    assert found.epochs[0].loss == pytest.approx(expected.epochs[0].loss, rel=tolerance)
    assert found.epochs[0].dev_loss == pytest.approx(expected.epochs[0].dev_loss, rel=tolerance)
    assert_same_answers(here.predict(SENTENCES), there.predict(SENTENCES))


@pytest.mark.slow
@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_learns_and_answers_as_on_the_cpu(tmp_path, name):
    assert_learns_as_on_the_cpu(tmp_path, name, "distant", 1e-5)


@pytest.mark.gpu
@pytest.mark.parametrize("name", FAMILIES if torch.cuda.is_available() else [])
def test_a_family_learns_and_answers_on_a_gpu_as_on_the_cpu(tmp_path, name):
    assert_learns_as_on_the_cpu(tmp_path, name, "cuda", 1e-3)


@pytest.mark.slow
@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("name", ["t5", "t5, aligned", "gpt", "gpt, aligned"])
def test_a_family_writes_freely_as_on_the_cpu(tmp_path, name):
    here, there = made(tmp_path / "a", name, "cpu"), made(tmp_path / "b", name, "distant")
    for backend in (here, there):
        backend.fit(TRAIN, [])
    assert there.generate(SENTENCES) == here.generate(SENTENCES)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_no_step_of_training_waits(tmp_path, session, name):
    """As many waits for thirty steps as for a few; with all that draws numbers."""
    waits = []
    for units in (1, 1024):
        session.waits.clear()
        options = {"batch_units": units, "dropout": 0.1, "word_dropout": 0.1}
        made(tmp_path / str(units), name, "distant", **options).fit(TRAIN[:30], [])
        waits.append(dict(session.waits))
    assert waits[0] == waits[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_an_answer_waits_as_often_whatever_its_length_and_company(tmp_path, session, name):
    backend = made(tmp_path, name, "distant")
    backend.fit(TRAIN, [])
    waits = []
    for sentences in (
        SENTENCES[:2],
        [Sentence(str(i), s.units * 3) for i, s in enumerate(SENTENCES)],
    ):
        session.waits.clear()
        backend.predict(sentences)
        waits.append(dict(session.waits))
    assert waits[0] == waits[1]


def crf_loss(units, tags=9, rows=4):
    """The loss of random sentences on the device, with its gradient."""
    torch.manual_seed(units)
    crf = CRF(tags, batch_first=True)
    scores = torch.randn(rows, units, tags).to("distant").requires_grad_()
    gold = torch.randint(tags, (rows, units)).to("distant")
    mask = torch.ones(rows, units, dtype=torch.bool).to("distant")
    return crf.to("distant"), scores, gold, mask


def test_a_crf_never_waits_and_its_operations_grow_with_the_logarithm_of_the_length(session):
    operations = {}
    for units in (64, 256, 1024):
        batch = crf_loss(units)
        session.waits.clear(), session.operations.clear()
        loss_of_crf(*batch).backward()
        assert not session.waits
        operations[units] = session.operations.total()
    assert operations[256] < 225
    assert operations[1024] - operations[256] <= operations[256] - operations[64] + 2


def test_the_crf_of_an_accelerator_is_that_of_pytorch_crf_in_a_thirtieth_of_the_operations(session):
    crf, scores, gold, mask = crf_loss(256)
    found, operations = {}, {}
    for name, loss in (("ours", loss_of_crf), ("theirs", lambda *batch: -batch[0](*batch[1:]))):
        session.operations.clear()
        value = loss(crf, scores, gold, mask)
        (gradient,) = torch.autograd.grad(value, scores)
        operations[name] = session.operations.total()
        found[name] = value.cpu(), gradient.cpu()
    assert_close(found["ours"][0], found["theirs"][0], rtol=1e-5, atol=0)
    assert_close(found["ours"][1], found["theirs"][1], rtol=0, atol=2e-4)
    assert operations["theirs"] > 30 * operations["ours"]


def test_a_batch_goes_to_its_device_without_a_wait_and_results_come_back(session):
    gold = targets_of([[0, 1], [2]])
    moved = to_device({"gold": gold, "due": 3, "none": None}, torch.device("distant"))
    assert type(moved["gold"]) is type(gold)
    assert {part.device.type for part in moved["gold"]} == {"distant"}
    assert (moved["due"], moved["none"]) == (3, None)
    assert not session.waits
    assert to_host(moved["gold"].tags)().tolist() == [0, 1, 2]


def test_the_device_refuses_what_a_gpu_refuses_and_counts_what_makes_one_wait(session):
    there = torch.arange(3.0).to("distant")
    session.waits.clear()
    with pytest.raises(RuntimeError, match="another device"):
        there + torch.arange(3.0)
    assert (there + torch.tensor(1.0)).device.type == "distant"  # a number may come from anywhere
    assert not session.waits
    for wait in (
        lambda: there.sum().item(), there.tolist, there.cpu, lambda: there[there > 0],
        lambda: torch.ones(2).to("distant"), lambda: there[torch.tensor([0])], there.nonzero,
    ):  # fmt: skip
        before = session.waits.total()
        wait()
        assert session.waits.total() == before + 1
