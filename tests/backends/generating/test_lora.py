"""LoRA: the rows of new tokens train, survive saving, loading in a new process, and merging."""

import warnings

import pytest
import torch
from making import make
from same_answers import assert_same_answers
from tiny_generators import (
    CAUSAL,
    DEV,
    SEQ2SEQ,
    TRAIN,
    causal,
    context,
    reloaded,
    seq2seq,
    tokenizer,
    untie,
)

from backends.decoder import Gpt
from backends.generating import lora
from backends.generating.pretrained import add_rows, model
from backends.seq2seq import T5

ROWS = [55, 56, 57]


def made(name):
    model = seq2seq(name) if name in SEQ2SEQ else causal(name)
    wrapped = lora.wrap(model, 4, ROWS)
    return wrapped.eval()


def disturb(model):
    """Move all that is trained away from where it began."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.02)


def logits(model):
    ids = torch.arange(40, 58).view(2, 9)
    config = getattr(model, "config", None)
    if config.is_encoder_decoder:
        return model(input_ids=ids, decoder_input_ids=ids).logits
    return model(input_ids=ids).logits


@pytest.mark.parametrize("name", SEQ2SEQ + CAUSAL)
def test_the_new_rows_train_wherever_they_are_read(name):
    model = made(name)
    before = logits(model).detach()
    rows = {n: p for n, p in model.named_parameters() if "trainable_tokens" in n}
    tied = name in ("tied", "gated", "mt5", "gpt2", "qwen2")
    assert len(rows) == (1 if tied else 2), "the embeddings, and a head that is a matrix of its own"
    assert all(p.requires_grad and p.shape[0] == len(ROWS) for p in rows.values())
    logits(model).logsumexp(-1).sum().backward()
    assert all(p.grad.abs().sum(-1).min() > 0 for p in rows.values())
    with torch.no_grad():
        for parameter in rows.values():
            parameter.add_(torch.randn_like(parameter))
    after = logits(model).detach()
    assert not torch.allclose(before[..., ROWS], after[..., ROWS]), "the head knows them"
    whole = sum(p.numel() for p in model.parameters())
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) < whole / 2


@pytest.mark.parametrize("name", SEQ2SEQ + CAUSAL)
def test_merging_changes_no_answer_and_is_undone_bit_for_bit(name):
    model = made(name).double()
    disturb(model)
    with torch.no_grad():
        before = logits(model)
        with lora.merged(model) as plain:
            torch.testing.assert_close(logits(plain), before)
        assert torch.equal(logits(model), before)
        alone = lora.folded(model)
        torch.testing.assert_close(logits(alone), before)
        assert not lora.is_wrapped(alone)
        assert torch.equal(logits(model), before), "folding works on a copy"


@pytest.mark.parametrize("name", ["tied", "untied", "gpt2", "llama"])
def test_adapters_are_all_that_is_saved_and_enough(name, tmp_path):
    model = made(name)
    disturb(model)
    with torch.no_grad():
        before = logits(model)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            lora.save(model, tmp_path)
            fresh = seq2seq(name) if name in SEQ2SEQ else causal(name)
            again = lora.load(fresh, tmp_path).eval()
        assert torch.equal(logits(again), before)
    from safetensors.torch import load_file

    saved = load_file(tmp_path / lora.FOLDER / "adapter_model.safetensors")
    assert not any(tensor.shape[0] == 60 for tensor in saved.values()), "no embedding matrix"


@pytest.fixture(scope="module", params=["t5 tied", "t5 untied", "gpt2", "llama"])
def pretrained(request, tmp_path_factory):
    """A folder with a small model as a hub has it, and the family that loads it."""
    place = tmp_path_factory.mktemp("models") / request.param.replace(" ", "-")
    size = len(tokenizer(place, byte_level=request.param == "gpt2"))
    if request.param.startswith("t5"):
        model = seq2seq("tied", size)
        if "untied" in request.param:
            untie(model)
        family = T5
    else:
        model, family = causal(request.param, size, positions=512), Gpt
    model.save_pretrained(place)
    return family, place


OPTIONS = {"init": "pretrained", "epochs": 1, "batch_units": 1024, "lora": 4, "format": "echo"}


def fitted(pretrained, folder):
    family, place = pretrained
    options = OPTIONS | {"model": str(place)}
    if family is Gpt:
        options |= {"prompt": "echo.zh.v1"}
    backend = make(family, context(folder), **options)
    report = backend.fit(TRAIN[:24], DEV)
    return backend, report, options


def test_a_head_of_its_own_stays_one(pretrained, tmp_path):
    """transformers 5 declares every T5 tied; resizing as declared would overwrite this head."""
    from safetensors.torch import load_file

    _, place = pretrained
    before = load_file(place / "model.safetensors").get("lm_head.weight")
    backend, report, _ = fitted(pretrained, tmp_path)
    assert report.weights == place.name
    assert 0 < report.trained < report.parameters / 2
    with lora.merged(backend.model) as plain:
        head = plain.get_output_embeddings()
        head = getattr(head, "base_layer", head).weight
        if before is None:
            inputs = plain.get_input_embeddings().weight
            assert torch.equal(head, inputs)
        else:
            assert torch.equal(head[: len(before)], before)


def test_rows_of_tags_begin_as_the_mean_of_their_text(pretrained, tmp_path):
    family, _ = pretrained
    _, _, options = fitted(pretrained, tmp_path)
    options = options | {"lora": 0, "epochs": 1}
    plain = make(family, context(tmp_path), **options)
    plain.build(TRAIN[:2])
    for embedding in (plain.model.get_input_embeddings(), plain.model.get_output_embeddings()):
        for mark, row in plain.vocabulary.marks.items():
            pieces = plain.vocabulary.text(mark)
            torch.testing.assert_close(embedding.weight[row], embedding.weight[pieces].mean(0))


@pytest.mark.slow
@pytest.mark.parametrize("pretrained", ["t5 untied", "gpt2"], indirect=True)
def test_a_trained_adapter_answers_the_same_in_a_new_process(pretrained, tmp_path):
    backend, _, options = fitted(pretrained, tmp_path)
    folder = tmp_path / "model"
    folder.mkdir()
    backend.save(folder)
    assert not (folder / "base").exists(), "the base is found by its name"
    sentences = [e.sentence for e in DEV[:6]]
    tags, texts = reloaded(type(backend), tmp_path, options, sentences)
    assert tags == [output.tags for output in backend.predict(sentences)]
    assert texts == [text.text for text in backend.generate(sentences)]


def test_a_folded_model_answers_the_same(pretrained, tmp_path):
    backend, _, _ = fitted(pretrained, tmp_path)
    sentences = [e.sentence for e in DEV]
    before = backend.predict(sentences)
    backend.model = lora.folded(backend.model)
    assert_same_answers(before, backend.predict(sentences))


def test_training_moves_the_rows(pretrained, tmp_path):
    backend, _, _ = fitted(pretrained, tmp_path)
    base = model(backend.shape, backend.auto)
    add_rows(base, backend.vocabulary)
    ids = backend.codec.tag_ids
    with lora.merged(backend.model) as plain:
        now = plain.get_input_embeddings()(torch.tensor(ids))
    then = base.get_input_embeddings()(torch.tensor(ids))
    assert (now - then).abs().sum(-1).min() > 0
