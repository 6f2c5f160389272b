"""What was pretrained is what a task begins with, for every family, by one option."""

import os
from unittest.mock import patch

import pytest
import tiny_generators
import tiny_task
import torch
from making import make
from open_to_others import assert_one_mode
from program import called, harness
from raw_text import FAMILIES, SHAPE, learner, stream, weights
from tiny_generators import DEV, TRAIN
from torch.testing import assert_close

from backends.decoder import Gpt
from backends.pretraining.characters import FIRST, Characters
from backends.pretraining.recipe import PretrainRecipe
from harness.core import Sentence
from harness.errors import ConfigError
from harness.pretraining.stream import Stream, alphabet, ordered
from harness.registry import find
from harness.results.pretraining import COMPLETE, Pretraining
from harness.runs import config
from harness.runs.options import Given, construct

every_family = pytest.mark.parametrize("family", FAMILIES)
# Sizes come from the folder.
FINE_TUNED = {
    "init": "pretrained", "epochs": 6, "learning_rate": 5e-3, "dropout": 0.0, "batch_units": 256,
}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A pretrained model of each family."""
    text = "".join(example.sentence.text + "\n" for example in TRAIN)
    known = alphabet({c: text.count(c) for c in set(text)}, 100, 5)
    windows = Stream([text], ordered([text], [40], 64, 5), 64, known)
    found = {}
    for family in FAMILIES:
        found[family] = tmp_path_factory.mktemp(family) / "weights"
        recipe = PretrainRecipe(learning_rate=1e-2, batch_windows=4)
        made = learner(family, found[family])
        made.pretrain(windows, found[family], recipe=recipe)
    return found


def task_backend(family, folders, folder, **options):
    context = tiny_generators.context(folder)
    chosen = FINE_TUNED | {"model": str(folders[family])} | options
    return make(FAMILIES[family], context, **chosen)


@every_family
def test_a_task_begins_with_the_weights_that_were_learned(family, folders, tmp_path):
    made = task_backend(family, folders, tmp_path)
    sentence = TRAIN[0].sentence
    if family in ("t5", "gpt"):
        made.build(TRAIN)
        model, ids = made.model, made.vocabulary.anchors(sentence)
    else:
        model, tokenizer = made.build([sentence])
        ids = tokenizer.encode(sentence).ids
    assert min(ids) >= FIRST  # every character of the task is known
    stored = weights(folders[family])
    table = model.get_input_embeddings().weight
    (name,) = (n for n in ("embeddings.word_embeddings.weight", "shared.weight",
                           "transformer.wte.weight") if n in stored)  # fmt: skip
    assert table.dtype == torch.float32
    assert torch.equal(table[: len(stored[name])], stored[name].float())


@every_family
def test_a_task_is_learned_from_them_and_read_back(family, folders, tmp_path):
    made = task_backend(family, folders, tmp_path)
    report = made.fit(TRAIN, DEV)
    assert report.weights == "weights"
    sentences = [example.sentence for example in DEV]
    answers = made.predict(sentences)
    assert report.epochs[-1].loss < 0.6 * report.epochs[0].loss
    made.save(tmp_path)
    again = task_backend(family, folders, tmp_path)
    again.load(tmp_path)
    assert [a.tags for a in again.predict(sentences)] == [a.tags for a in answers]


@every_family
def test_an_odd_unit_owns_a_position_too(family, folders, tmp_path):
    made = task_backend(family, folders, tmp_path)
    odd = Sentence("odd", ("我", "\u200b", "\ufe0f", " ", "\x07", "😀", "龘", "。"))
    if family in ("t5", "gpt"):
        made.build(TRAIN)
        assert [len(pieces) for pieces in made.vocabulary.pieces(odd)] == [1] * len(odd)
    else:
        _, tokenizer = made.build([odd])
        assert len(tokenizer.encode(odd).ids) == len(odd)


@pytest.mark.parametrize("family", ["bert-crf", "electra"])
def test_what_sees_neighbours_is_in_the_folder_too(family, tmp_path):
    made = learner(family, tmp_path / "weights", convolutions=2)
    recipe = PretrainRecipe(learning_rate=1e-2, batch_windows=8)
    made.pretrain(stream(windows=16), tmp_path / "weights", recipe=recipe)
    begun = task_backend(family, {family: tmp_path / "weights"}, tmp_path)
    encoder, _ = begun.build([])
    stored = weights(tmp_path / "weights")
    kept = {name: value for name, value in stored.items() if name.startswith("neighbours.")}
    assert len(kept) == 4
    for name, value in kept.items():
        assert torch.equal(encoder.get_parameter(name), value.float())
        assert name.endswith("weight") or value.any()  # a bias begins as zero
    begun.fit(TRAIN[:20], DEV)
    begun.save(tmp_path)
    again = task_backend(family, {family: tmp_path / "weights"}, tmp_path)
    again.load(tmp_path)
    sentences = [example.sentence for example in DEV]
    assert [a.tags for a in again.predict(sentences)] == [a.tags for a in begun.predict(sentences)]


@pytest.mark.parametrize("family", ["t5", "gpt"])
def test_an_answer_may_be_told_its_unit_from_then_on(family, folders, tmp_path):
    made = task_backend(family, folders, tmp_path, aligned=True)
    made.build(TRAIN)
    assert made.model.config.stride == made.codec.stride
    plain = task_backend(family, folders, tmp_path)
    plain.build(TRAIN)
    assert plain.model.config.stride is None
    made.fit(TRAIN[:20], DEV)
    made.save(tmp_path)
    again = task_backend(family, folders, tmp_path, aligned=True)
    again.load(tmp_path)
    assert again.model.config.stride == made.codec.stride
    sentences = [example.sentence for example in DEV[:5]]
    assert [a.tags for a in again.predict(sentences)] == [a.tags for a in made.predict(sentences)]


@pytest.mark.parametrize("family", ["t5", "gpt"])
def test_adapters_come_back_to_a_model_that_is_told_its_unit(family, folders, tmp_path):
    options = {"aligned": True, "lora": 2}
    made = task_backend(family, folders, tmp_path, **options)
    made.fit(TRAIN[:20], DEV)
    made.save(tmp_path)
    again = task_backend(family, folders, tmp_path, **options)
    again.load(tmp_path)
    examples = DEV[:5]
    assert_close(again.surprisal(examples), made.surprisal(examples), rtol=1e-5, atol=1e-6)


def test_a_decoder_learns_to_see_neighbours_with_the_task(folders, tmp_path):
    options = {"aligned": True, "convolutions": 2}
    made = task_backend("gpt", folders, tmp_path, **options)
    report = made.fit(TRAIN[:20], DEV)
    width = SHAPE["width"]
    assert report.new_parameters["neighbours"] == 2 * (3 * width + 1) * width
    made.save(tmp_path)
    again = task_backend("gpt", folders, tmp_path, **options)
    again.load(tmp_path)
    assert len(again.model.neighbours.convolutions) == 2
    assert_close(again.surprisal(DEV[:5]), made.surprisal(DEV[:5]), rtol=1e-5, atol=1e-6)
    assert all(layer.bias.any() for layer in made.model.neighbours.convolutions)  # begun as 0
    blind = task_backend("gpt", folders, tmp_path, aligned=True)
    blind.build(TRAIN)
    assert not blind.model.neighbours.convolutions


def test_neighbours_that_nothing_would_train_are_refused(folders, tmp_path):
    with pytest.raises(ConfigError, match="set lora=0"):
        task_backend("gpt", folders, tmp_path, convolutions=2, lora=2)
    with pytest.raises(ConfigError, match="nothing is trained here"):
        task_backend("gpt", folders, tmp_path, convolutions=2, train="none")
    with pytest.raises(ConfigError, match="are for init=scratch; pretrained"):
        task_backend("t5", folders, tmp_path, convolutions=2)
    task_backend("gpt", folders, tmp_path, embedding_dropout=0.1, lora=2)


def test_who_tells_what_comes_next_has_nothing_that_sees_it(tmp_path):
    seeing = learner("gpt", tmp_path, convolutions=2, bigrams=16).objective(
        Characters("一二三四"), 40
    )
    blind = learner("gpt", tmp_path).objective(Characters("一二三四"), 40)
    sizes = [sum(p.numel() for p in made.model.parameters()) for made in (seeing, blind)]
    assert sizes[0] == sizes[1]
    assert "convolutions" not in Gpt.text_options


@pytest.mark.parametrize("family", ["t5", "gpt"])
def test_dropout_is_everywhere_but_in_the_sight_of_pretrained_weights(family, folders, tmp_path):
    made = task_backend(family, folders, tmp_path, dropout=0.3)
    made.build(TRAIN)
    named = dict(made.model.named_modules())
    rates = {name: getattr(each, "p", None) for name, each in named.items()
             if isinstance(each, torch.nn.Dropout)}  # fmt: skip
    rates |= {name: each.dropout for name, each in named.items()
              if isinstance(getattr(each, "dropout", None), float)}  # fmt: skip
    seen = {name for name in rates if "neighbours" in name}
    assert {rates[name] for name in seen} == {0.0}
    assert {rates[name] for name in rates.keys() - seen} == {0.3}


def test_weights_of_others_do_not_look_around(tmp_path):
    tiny_generators.causal("gpt2").save_pretrained(tmp_path / "weights")
    tiny_generators.tokenizer(tmp_path / "weights")
    made = task_backend("gpt", {"gpt": tmp_path / "weights"}, tmp_path, convolutions=1)
    with pytest.raises(ConfigError, match="for weights that `pretrain` made"):
        made.build(TRAIN)


def test_weights_of_others_cannot_be_told_the_unit(tmp_path):
    tiny_generators.seq2seq("tied", size=300).save_pretrained(tmp_path / "weights")
    tiny_generators.tokenizer(tmp_path / "weights")
    made = task_backend("t5", {"t5": tmp_path / "weights"}, tmp_path, aligned=True)
    with pytest.raises(ConfigError, match="aligned is for init=scratch and for weights that"):
        made.build(TRAIN)


@pytest.mark.parametrize("family", ["bert-crf", "electra"])
def test_a_sentence_beyond_the_window_of_pretraining_is_refused(family, folders, tmp_path):
    made = task_backend(family, folders, tmp_path)
    _, tokenizer = made.build([])
    with pytest.raises(ConfigError, match="set window_limit=64 or less"):
        tokenizer.encode(Sentence("long", ("我",) * 65))


@pytest.fixture
def made_by_preset(tmp_path):
    """What each family pretrains by a preset, with 6,000 characters to know."""
    known = Characters("".join(chr(0x4E00 + i) for i in range(6000)))
    context = tiny_generators.context(tmp_path)

    def make_all(preset):
        for family in (*FAMILIES, "bert-softmax"):
            backend = find(family).load()
            options = config.options(family, backend, preset, ())
            made = construct(backend, context, Given(options.values, "preset"))
            yield family, made.objective(known, 256)

    return make_all


@pytest.mark.parametrize("preset", ["pretrain-mini", "pretrain"])
def test_presets_have_as_many_parameters_and_fit_into_12_megabytes(
    preset, made_by_preset, tmp_path
):
    sizes = {}
    for family, objective in made_by_preset(preset):
        sizes[family] = objective.save(tmp_path / family)
        assert (tmp_path / family / "model.safetensors").stat().st_size <= 12_000_000
    assert max(sizes.values()) <= 1.1 * min(sizes.values()), sizes


def test_presets_for_a_gpu_have_as_many_parameters_and_25_to_60_million(made_by_preset, tmp_path):
    """Those of what is kept: ELECTRA's generator is for training only."""
    sizes = {
        family: objective.save(tmp_path / family)
        for family, objective in made_by_preset("pretrain-large")
    }
    assert max(sizes.values()) <= 1.1 * min(sizes.values()), sizes
    assert all(25e6 <= size <= 60e6 for size in sizes.values()), sizes


@pytest.mark.slow
def test_the_command_pretrains_and_run_takes_its_folder(tmp_path):
    task = tiny_task.make(tmp_path, repeat=4)
    lines = [f"第{i}天，{'春夏秋冬'[i % 4]}风吹过{'东西南北'[i % 3]}城的上海。" for i in range(300)]
    (tmp_path / "text.txt").write_text("\n".join(lines), encoding="utf-8")
    small = [f"{key}={value}" for key, value in SHAPE.items()]
    for family in FAMILIES:
        with patch.dict(os.environ):
            out, messages = called(
                "pretrain", "text.txt", "--backend", family, "-o", f"weights/{family}",
                "--task", task, "--window", 64, "--characters", 2048, "--set", *small,
                "batch_windows=8", folder=tmp_path,
            )  # fmt: skip
        assert "2,048 characters" in out
        assert "100%  loss" in messages
        found = tmp_path / "weights" / family
        record = Pretraining.model_validate_json((found / COMPLETE).read_bytes())
        assert record.backend == family
        assert not (found / "unfinished").exists()
        assert_one_mode(found)
    digests = {
        Pretraining.model_validate_json((path / COMPLETE).read_bytes()).text.sha256
        for path in (tmp_path / "weights").iterdir()
    }
    assert len(digests) == 1
    options = [f"{family}.model=weights/{family}" for family in FAMILIES]
    out, _ = harness(
        "run", "--task", task, "--backend", *FAMILIES, "--preset", "pretrained", "--seed", 13,
        "--set", *options, "epochs=1", "window_limit=48", "window_margin=8", folder=tmp_path,
    )  # fmt: skip
    for family in FAMILIES:
        assert f"{family} pretrained" in out
    assert out.count(": held out of pretraining") == len(FAMILIES)
