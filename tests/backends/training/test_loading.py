"""Pretrained weights that did not load are an error, never a random model under their name."""

import json
import shutil

import pytest
import torch
from making import make
from safetensors.torch import load_file, save_file
from tiny_generators import DEV, TRAIN, causal, context, seq2seq, tokenizer

from backends.decoder import Gpt
from backends.encoder import BertCrf, BertSoftmax, Electra
from backends.seq2seq import T5
from backends.training import loading
from harness.core import Sentence
from harness.errors import WeightsError

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 32, "max_position_embeddings": 64}  # fmt: skip


def vocabulary(folder, characters=None):
    """A WordPiece vocabulary of the training set, or of ``characters``; gives its size."""
    from transformers import BertTokenizer

    known = {unit for e in TRAIN for unit in e.sentence.units} if characters is None else characters
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(known)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return len(pieces)


def encoder(folder, name="BertModel", **more):
    """A model of transformers by the name of its class, with a tokenizer beside it."""
    import transformers

    kind = getattr(transformers, name)
    torch.manual_seed(5)
    config = kind.config_class(vocab_size=vocabulary(folder), **SIZES, **more)
    kind(config).save_pretrained(folder)
    return folder


@pytest.fixture
def bert(tmp_path):
    return encoder(tmp_path / "small-bert", "BertForMaskedLM")


def tensors(folder, change):
    """Let ``change`` make other tensors of those in ``folder``."""
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})
    return folder


def config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes), encoding="utf-8")
    return folder


def fit(family, folder, **options):
    options = {"init": "pretrained", "model": str(folder), "epochs": 1} | options
    made = make(family, context(folder, dev=DEV[:2]), **options)
    return made, made.fit(TRAIN[:4], DEV[:2])


def refused(family, folder, words, **options):
    with pytest.raises(WeightsError, match=words):
        fit(family, folder, **options)


@pytest.mark.parametrize(
    "name",
    ["BertModel", "BertForMaskedLM", "BertForPreTraining", "BertForTokenClassification",
     "RobertaForMaskedLM", "RobertaModel"],
)  # fmt: skip
def test_heads_of_pretraining_and_of_tasks_may_be_left_over(name, tmp_path):
    fit(BertSoftmax, encoder(tmp_path / "model", name))


@pytest.mark.parametrize("name", ["ElectraModel", "ElectraForPreTraining", "ElectraForMaskedLM"])
def test_heads_of_an_electra_may_be_left_over(name, tmp_path):
    fit(Electra, encoder(tmp_path / "model", name, embedding_size=8))


def test_constants_of_older_checkpoints_may_be_left_over(bert):
    fit(BertCrf, tensors(bert, lambda t: t | {"bert.embeddings.position_ids": torch.arange(64)}))


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod."])
@pytest.mark.parametrize("init", ["pretrained", "embeddings"])
def test_names_behind_a_wrapper_are_refused_and_the_wrapper_is_named(bert, prefix, init):
    tensors(bert, lambda t: {prefix + name: tensor for name, tensor in t.items()})
    words = rf"37 of its 37 tensors are missing \(.*wrapper that put '{prefix[:-1]}' before"
    refused(BertCrf, bert, words, init=init)


def test_a_single_tensor_that_is_missing_is_named(bert):
    lacking = "bert.encoder.layer.1.attention.self.query.weight"
    tensors(bert, lambda t: {name: tensor for name, tensor in t.items() if name != lacking})
    refused(BertCrf, bert, r"1 of its 37 tensors are missing \(encoder.layer.1.*query.weight\)")


def test_a_tensor_without_a_place_in_the_body_is_named(bert):
    tensors(bert, lambda t: t | {"bert.encoder.layer.7.output.dense.bias": torch.ones(16)})
    refused(BertCrf, bert, r"1 tensors have no place in it \(bert.encoder.layer.7")


def test_layers_that_are_not_there_are_refused_even_if_only_the_first_is_asked_for(bert):
    config(bert, num_hidden_layers=3)
    refused(BertCrf, bert, r"16 of its 53 tensors are missing", layers=1)


def test_embeddings_of_another_vocabulary_are_refused(bert):
    tensors(bert, lambda t: t | {"bert.embeddings.word_embeddings.weight": torch.ones(7, 16)})
    refused(BertCrf, bert, r"1 of its 37 tensors are missing \(.*word_embeddings.weight\)")


def test_weights_under_the_configuration_of_another_architecture_are_refused(bert):
    config(bert, model_type="electra", architectures=["ElectraModel"], embedding_size=16)
    refused(Electra, bert, r"the weights in small-bert are not of its config.json \(ElectraModel\)")


def test_what_saw_its_neighbours_in_pretraining_is_not_loaded_as_what_does_not(bert):
    tensors(bert, lambda t: t | {"bert.neighbours.layers.0.weight": torch.ones(1)})
    refused(BertCrf, bert, "1 tensors have no place in it .bert.neighbours")


@pytest.mark.parametrize(
    ("family", "name", "words"),
    [
        (Electra, "BertModel", "of type 'bert', and this backend takes electra"),
        (BertCrf, "ElectraModel", "of type 'electra', and this backend takes bert, roberta"),
        (BertSoftmax, "DistilBertModel", "of type 'distilbert'"),
        (Gpt, "BertModel", "of type 'bert', an encoder, which reads in both directions"),
        (T5, "BertModel", "of type 'bert', an encoder.*: choose an encoder-decoder"),
    ],
)
def test_a_model_of_another_kind_is_refused(family, name, words, tmp_path):
    refused(family, encoder(tmp_path / "model", name), words)


def generator(folder, made):
    """``made`` as a model's folder has it, with a tokenizer of the training set."""
    made(len(tokenizer(folder))).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", [BertCrf, Electra])
def test_a_causal_model_is_no_encoder(family, tmp_path):
    folder = generator(tmp_path / "gpt", lambda size: causal("gpt2", size))
    refused(family, folder, "of type 'gpt2'")


def test_a_generator_of_the_other_family_is_refused(tmp_path):
    t5 = generator(tmp_path / "t5", lambda size: seq2seq("tied", size))
    refused(Gpt, t5, "of type 't5', an encoder-decoder: choose a causal language model")
    gpt = generator(tmp_path / "gpt", lambda size: causal("gpt2", size))
    refused(T5, gpt, "of type 'gpt2', a causal language model: choose an encoder-decoder")


def test_a_model_that_does_not_write_is_told_as_such_before_its_windows(bert):
    with pytest.raises(WeightsError, match="reads in both directions"):
        Gpt.longest_window({"init": "pretrained", "model": str(bert), "format": "tags"})


def test_an_encoder_decoder_without_its_decoder_is_refused(tmp_path):
    folder = generator(tmp_path / "t5", lambda size: seq2seq("tied", size))
    tensors(folder, lambda t: {k: v for k, v in t.items() if not k.startswith("decoder.")})
    refused(T5, folder, r"tensors are missing \(decoder.block.0")


def test_a_causal_model_without_its_head_is_refused(tmp_path):
    folder = generator(tmp_path / "llama", lambda size: causal("llama", size))
    tensors(folder, lambda t: {k: v for k, v in t.items() if k != "lm_head.weight"})
    refused(Gpt, folder, r"1 of its \d+ tensors are missing \(lm_head.weight\)", format="tags")


@pytest.mark.parametrize("family", [BertCrf, Gpt])
def test_a_folder_without_a_tokenizer_is_refused(family, tmp_path, bert):
    folder = bert if family is BertCrf else generator(tmp_path / "m", lambda n: causal("gpt2", n))
    for name in loading.TOKENIZER:
        (folder / name).unlink(missing_ok=True)
    refused(family, folder, "holds weights and no tokenizer")


def test_a_tokenizer_of_another_alphabet_is_refused_with_its_share(bert):
    vocabulary(bert, "abcdefghijk。，")
    refused(BertCrf, bert, r"small-bert knows 0.0 % of the units .* \(0 of \d+\)")


def test_an_empty_tokenizer_of_a_generator_is_refused_with_its_share(tmp_path):
    folder = generator(tmp_path / "gpt", lambda size: causal("gpt2", size))
    shutil.rmtree(tmp_path / "other", ignore_errors=True)
    vocabulary(tmp_path / "other", "abc")
    for name in loading.TOKENIZER:
        (folder / name).unlink(missing_ok=True)
        if (tmp_path / "other" / name).is_file():
            shutil.copy(tmp_path / "other" / name, folder / name)
    refused(Gpt, folder, r"the tokenizer of gpt knows 0.0 % of the units")


def test_the_share_counts_letters_and_digits_only():
    share = loading.known_share("m", [("。", False), ("，", True), ("天", True), ("１", False)])
    assert share == 0.5
    assert loading.known_share("m", [("。", False)]) == 1.0
    assert loading.known_share("m", [("天", True), *[("地", False)] * 9]) == 0.1
    with pytest.raises(WeightsError, match=r"9.1 % .* \(1 of 11\)"):
        loading.known_share("m", [("。", True), ("天", True), *[("地", False)] * 10])


def test_what_did_not_come_from_the_weights_is_counted_by_part(bert):
    made, report = fit(BertCrf, bert)
    tags = len(made.context.tags)
    classifier, chain = 16 * tags + tags, tags * tags + 2 * tags
    assert report.new_parameters == {"classifier": classifier, "head": chain}
    assert report.known_units == 1.0
    whole = sum(p.numel() for p in made.model.encoder.encoder.parameters())
    _, report = fit(BertCrf, bert, init="embeddings")
    assert report.new_parameters["encoder.encoder"] == whole
    _, report = fit(BertCrf, bert, init="scratch", model=None)
    assert (report.new_parameters, report.known_units) == (None, None)


def test_the_rows_and_adapters_of_a_generator_are_counted(tmp_path):
    folder = generator(tmp_path / "gpt", lambda size: causal("gpt2", size, positions=512))
    made, report = fit(Gpt, folder, format="tags", lora=2)
    rows = (len(made.vocabulary.marks) + len(made.vocabulary.added)) * 32
    adapters = sum(p.numel() for n, p in made.model.named_parameters() if "lora_" in n)
    assert report.new_parameters == {"rows of new tokens": rows, "adapters": adapters}
    assert report.known_units == 1.0


def test_adapters_are_not_put_on_other_weights(tmp_path):
    folder = generator(tmp_path / "gpt", lambda size: causal("gpt2", size, positions=512))
    made, _ = fit(Gpt, folder, format="tags", lora=2)
    saved = tmp_path / "saved"
    saved.mkdir()
    made.save(saved)
    options = {"init": "pretrained", "model": str(folder), "format": "tags", "lora": 2}
    again = make(Gpt, context(tmp_path), **options)
    again.load(saved)
    tensors(folder, lambda t: {k: v + 1e-3 for k, v in t.items()})
    with pytest.raises(WeightsError, match="the adapters were trained on other weights: those of"):
        again.load(saved)


def test_sentences_are_looked_up_unit_by_unit(tmp_path):
    made = make(T5, context(tmp_path))
    made.set_tokenizer(tokenizer(tmp_path))
    told = dict(made.vocabulary.looked_up([Sentence("s", ("东", "龘"))]))
    assert told == {"东": True, "龘": False}
