"""Encoders that begin from weights: which are taken, what they have room for, what is refused."""

import shutil

import pytest
import torch
from making import make
from tiny_encoders import DEV, TRAIN, as_electra, context, pretrained, small_bert

from backends.encoder import BertCrf, BertSoftmax, Electra
from backends.tagging.architecture import POSITIONS
from backends.training.weights import name as name_of
from harness.core import Example, Sentence
from harness.errors import ConfigError, WeightsError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small_bert(tmp_path_factory.mktemp("models"))


def room(backend, folder, **options):
    values = {"init": "pretrained", "model": str(folder), "max_length": 0} | options
    return backend.longest_window(values)


def test_the_longest_window_is_what_a_model_has_room_for(folder, tmp_path):
    assert room(BertCrf, folder) == 62
    assert room(Electra, as_electra(folder, tmp_path / "electra")) == 62
    assert room(BertCrf, folder, init="scratch") == POSITIONS
    assert room(BertCrf, folder, max_length=62) is None
    assert room(BertCrf, folder, max_length=63) == 62


@pytest.mark.parametrize("model", ["nobody/knows-it", "gone/from/here"])
def test_the_longest_window_of_weights_that_are_not_here_is_not_known(model):
    assert room(BertCrf, model) is None


def test_the_longest_window_of_a_damaged_folder_is_not_known(folder, tmp_path):
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    assert room(BertCrf, tmp_path) is None


@pytest.mark.slow
def test_a_roberta_reads_its_longest_window_and_has_no_room_for_more(folder, tmp_path):
    """Its positions are counted from behind that of padding, and its tokenizer may not say so."""
    from transformers import BertTokenizer, RobertaConfig, RobertaModel

    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"))
    tokenizer.save_pretrained(tmp_path / "roberta")
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=40, pad_token_id=1,
    )  # fmt: skip
    RobertaModel(config).save_pretrained(tmp_path / "roberta")
    longest = room(BertSoftmax, tmp_path / "roberta")
    assert longest == 40 - 2 - 2
    made, _ = pretrained(BertSoftmax, tmp_path / "roberta", tmp_path)
    (answer,) = made.predict([Sentence("x", ("中",) * longest, "")])
    assert len(answer.tags) == longest
    with pytest.raises(ConfigError, match=f"room for {longest}"):
        made.predict([Sentence("x", ("中",) * (longest + 1), "")])


def test_pretrained_weights_are_taken_and_named(folder, tmp_path):
    made, report = pretrained(BertSoftmax, folder, tmp_path, learning_rate=1e-9, layers=1)
    from transformers import BertModel

    source = BertModel.from_pretrained(folder)
    assert report.weights == "small-bert"
    assert made.model.encoder.config.num_hidden_layers == 1
    torch.testing.assert_close(
        made.model.encoder.encoder.layer[0].output.dense.weight,
        source.encoder.layer[0].output.dense.weight, atol=1e-6, rtol=0,
    )  # fmt: skip


def test_embeddings_only_leaves_random_layers(folder, tmp_path):
    options = {"init": "embeddings", "learning_rate": 1e-9, "layers": 3}
    made, report = pretrained(BertCrf, folder, tmp_path, **options)
    from transformers import BertModel

    source, encoder = BertModel.from_pretrained(folder), made.model.encoder
    assert report.weights == "small-bert (embeddings)"
    assert encoder.config.num_hidden_layers == 3
    words = source.embeddings.word_embeddings.weight
    torch.testing.assert_close(encoder.embeddings.word_embeddings.weight, words, atol=1e-6, rtol=0)
    layer = encoder.encoder.layer[0].output.dense.weight
    assert not torch.allclose(layer, source.encoder.layer[0].output.dense.weight, atol=1e-3)


@pytest.mark.slow
def test_a_pretrained_model_is_saved_whole(folder, tmp_path):
    made, _ = pretrained(BertCrf, folder, tmp_path)
    model = tmp_path / "model"
    model.mkdir()
    made.save(model)
    again = make(BertCrf, context(tmp_path))
    again.load(model)
    sentences = [e.sentence for e in DEV]
    assert again.predict(sentences) == made.predict(sentences)


@pytest.mark.parametrize("model", [None, "nobody/nothing", "./no-such-folder"])
def test_missing_weights_are_one_message_with_the_ways_out(model, tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    tried = "not a hub id" if model == "./no-such-folder" else "not in .* HF_HUB_OFFLINE=1 forbids"
    with pytest.raises(
        WeightsError, match=f"no weights for model .*{tried}.*HF_HOME.*init=scratch"
    ):
        make(BertCrf, context(tmp_path), init="pretrained", model=model).fit(TRAIN, DEV)


def test_a_record_names_weights_without_the_path_of_a_machine(tmp_path):
    (tmp_path / "minilm" / "model").mkdir(parents=True)
    assert name_of(str(tmp_path / "minilm")) == "minilm"
    assert name_of(str(tmp_path / "minilm" / "model")) == "minilm/model"
    assert name_of("bert-base-chinese") == "bert-base-chinese"


def test_tensors_in_a_bin_file_are_read_as_those_of_safetensors(folder, tmp_path):
    """Older models of the hub have no other file."""
    from safetensors.torch import load_file

    older = tmp_path / folder.name
    shutil.copytree(folder, older)
    torch.save(load_file(older / "model.safetensors"), older / "pytorch_model.bin")
    (older / "model.safetensors").unlink()
    (one, first), (two, second) = (
        pretrained(BertCrf, place, tmp_path) for place in (folder, older)
    )
    weights = two.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in one.model.state_dict().items())
    assert [e.loss for e in first.epochs] == [e.loss for e in second.epochs]


def test_a_pickle_that_runs_code_is_refused(folder, tmp_path):
    import os
    import pickle

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    shutil.copytree(folder, tmp_path / "evil")
    (tmp_path / "evil" / "model.safetensors").unlink()
    (tmp_path / "evil" / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(), protocol=2))
    with pytest.raises(WeightsError, match="the model in evil cannot be read: it is a pickle"):
        pretrained(BertCrf, tmp_path / "evil", tmp_path)
    assert not (tmp_path / "owned").exists()


def test_a_window_that_exceeds_the_model_is_an_error_that_names_the_setting(tmp_path, folder):
    long = Example(Sentence("long", tuple("我" * 70)), ())
    with pytest.raises(ConfigError, match=r"sentence long has 70 units .* window_limit=62"):
        make(BertCrf, context(tmp_path), init="pretrained", model=str(folder)).fit([long], [])
