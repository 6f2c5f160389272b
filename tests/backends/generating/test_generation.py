"""What both generating families keep: gold survives, units get tags, models repeat and reload."""

import pytest
import torch
from making import make
from same_answers import assert_same_answers
from tiny_generators import DEV, ODD, TRAIN, context, f1, reloaded, story, words

from backends.decoder import Gpt
from backends.seq2seq import T5
from harness.core import Example, Sentence, Tags, Text
from harness.errors import ConfigError, WeightsError
from harness.generation.formats import format_named
from harness.generation.repair import repair
from harness.protocol import Generates, Linearises
from harness.tags import encode, tag_set

SMALL = {"layers": 1, "width": 32, "attention_heads": 2, "epochs": 1, "batch_units": 512}
FORMATS = ["tags", "echo", "indexed", "inline"]
PROMPTS = {form: f"{form}.zh.v1" for form in FORMATS}


def built(family, folder, **options):
    options = SMALL | options
    if family is Gpt:
        options = {"prompt": PROMPTS[options.get("format", "tags")]} | options
    return make(family, context(folder), **options)


def trained(family, folder, train=TRAIN, dev=DEV, **options):
    made = built(family, folder, **options)
    return made, made.fit(train, dev)


FAMILIES = [T5, Gpt]
family = pytest.mark.parametrize("family", FAMILIES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "options"),
    [
        (T5, {"epochs": 25, "batch_units": 256, "learning_rate": 2e-3}),
        (Gpt, {"epochs": 20, "batch_units": 512, "learning_rate": 5e-3, "format": "echo"}),
    ],
)
def test_it_learns(family, options, tmp_path):
    made, report = trained(family, tmp_path, **options, width=48, dropout=0.0)
    answers = made.predict([e.sentence for e in DEV])
    assert f1(DEV, answers) > 0.8
    assert report.epochs[-1].loss < report.epochs[0].loss / 3
    assert report.weights == "scratch"
    assert report.parameters == report.trained > 0


@family
@pytest.mark.parametrize("form", FORMATS)
def test_gold_survives_the_way_in_and_out(family, form, tmp_path):
    """Gold through targets and back is gold, forced or written, odd units and words included."""
    odd = [story(i, extra=ODD) for i in range(20)]
    for examples in (TRAIN[:20] + odd, [words(i) for i in range(30)]):
        gold = [encode(e.spans, len(e.sentence)) for e in examples]
        made = built(family, tmp_path, format=form, decoding="free")
        assert isinstance(made, Linearises)
        found = [
            repair(text, e.sentence, made.context.tags)
            for text, e in zip(made.oracle(examples, examples), examples, strict=True)
        ]
        assert [d.tags for d in found] == gold
        if form != "inline":
            forced = built(family, tmp_path, format=form)
            assert [output.tags for output in forced.oracle(examples, examples)] == gold


@family
def test_a_perfect_text_of_known_units_needs_no_repair(family, tmp_path):
    made = built(family, tmp_path, format="echo", decoding="free")
    form = format_named("echo")
    for text, example in zip(made.oracle(TRAIN, TRAIN), TRAIN, strict=True):
        tags = encode(example.spans, len(example.sentence))
        assert text == Text(form.render(example.sentence, tags), "char-tag")


@family
@pytest.mark.parametrize("form", ["tags", "echo", "indexed"])
@pytest.mark.parametrize("beam", [1, 4])
def test_odd_units_lengths_and_empty_sentences_get_their_tags(family, form, beam, tmp_path):
    made, _ = trained(family, tmp_path, TRAIN[:20], [], format=form, beam=beam)
    texts = ["", "先", "</s>", "<unk><pad>", "".join(ODD), "我" * 254, "㐀㐁㐂😀", ""]
    sentences = [Sentence(f"t{i}", tuple(text)) for i, text in enumerate(texts)]
    sentences += [Sentence("w", ("</s>", "<tag:O>", "new", "words"), " ")]
    answers = made.predict(sentences)
    assert [len(answer.tags) for answer in answers] == [len(s) for s in sentences]
    assert {tag for answer in answers for tag in answer.tags} <= set(made.context.tags)
    assert made.predict([]) == []
    alone = [made.predict([sentence])[0] for sentence in sentences[:3] + sentences[5:]]
    assert_same_answers(alone, answers[:3] + answers[5:])


@family
def test_free_decoding_gives_text_in_the_format(family, tmp_path):
    made, _ = trained(family, tmp_path, TRAIN[:20], [], format="echo", epochs=1)
    assert isinstance(made, Generates)
    sentences = [e.sentence for e in DEV[:5]] + [Sentence("e", ())]
    texts = made.generate(sentences)
    assert all(isinstance(text, Text) and text.format == "char-tag" for text in texts)
    free = built(family, tmp_path, format="echo", decoding="free")
    free.fit(TRAIN[:20], [])
    assert free.predict(sentences) == texts
    assert all(isinstance(answer, Tags) for answer in made.predict(sentences))
    assert len(max((t.text for t in texts), key=len).split()) <= 2 * 16 + 20, "it is bounded"


@family
def test_the_same_seed_gives_the_same_model_bit_for_bit(family, tmp_path):
    one, first = trained(family, tmp_path / "a", TRAIN[:40], DEV, epochs=2)
    two, second = trained(family, tmp_path / "b", TRAIN[:40], DEV, epochs=2)
    weights = two.model.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in one.model.state_dict().items())
    assert [e.loss for e in first.epochs] == [e.loss for e in second.epochs]
    sentences = [e.sentence for e in DEV]
    assert one.predict(sentences) == two.predict(sentences)
    assert one.generate(sentences[:4]) == two.generate(sentences[:4])


@family
def test_eight_by_one_is_four_by_two_is_two_by_four(family, tmp_path):
    """One update from eight sentences of unequal answers, however they are split."""
    eight = [Example(Sentence(f"e{i}", tuple("我在东。")), story(4).spans[:0]) for i in range(8)]
    probe, _ = trained(family, tmp_path / "p", [*eight, *eight], [], epochs=1)
    each = probe.positions(eight[0])
    found = []
    for size, accumulate in ((8, 1), (4, 2), (2, 4)):
        options = {
            "dropout": 0.0,
            "batch_units": each * size,
            "accumulate": accumulate,
            "clip": 0.0,
        }
        made = built(family, tmp_path / str(size), **options, warmup=0.0)
        made.fit([*eight, *eight], [])
        found.append({k: v.clone() for k, v in made.model.state_dict().items()})
    for other in found[1:]:
        for name, value in found[0].items():
            one, two = _without_keys(name, value), _without_keys(name, other[name])
            torch.testing.assert_close(two, one, rtol=0, atol=2e-6, msg=name)


def _without_keys(name, weight):
    """``weight`` without a GPT-2's bias of keys, of which every score of a query is shifted alike.

    Its gradient is rounding alone.
    """
    if not name.endswith("c_attn.bias"):
        return weight
    query, _, value = weight.chunk(3)
    return torch.cat([query, value])


@family
@pytest.mark.parametrize("precision", ["bf16", "bf16-all"])
def test_bf16_leaves_the_weights_in_fp32_and_says_so(family, precision, tmp_path):
    made = make(family, context(tmp_path, precision=precision), **SMALL)
    report = made.fit(TRAIN[:20], [])
    assert report.precision == precision
    assert torch.isfinite(torch.tensor(report.epochs[-1].loss))
    assert {p.dtype for p in made.model.parameters()} == {torch.float32}
    found = made.predict([example.sentence for example in DEV[:5]])
    assert [len(tags.tags) for tags in found] == [len(example.sentence) for example in DEV[:5]]


@pytest.mark.slow
@family
def test_a_saved_model_answers_the_same_in_a_new_process(family, tmp_path):
    options = SMALL | {"format": "echo"}
    if family is Gpt:
        options |= {"prompt": "echo.zh.shots.v1", "shots": 2}
    made, _ = trained(family, tmp_path, TRAIN[:40], [], **options)
    (tmp_path / "model").mkdir()
    made.save(tmp_path / "model")
    sentences = [e.sentence for e in DEV[:8]]
    tags, texts = reloaded(family, tmp_path, options, sentences)
    assert tags == [output.tags for output in made.predict(sentences)]
    assert texts == [text.text for text in made.generate(sentences)]


@family
def test_a_model_of_other_tags_or_another_format_is_refused(family, tmp_path):
    made, _ = trained(family, tmp_path, TRAIN[:10], [])
    made.save(tmp_path)
    other = make(family, context(tmp_path, tags=tag_set(["ORG"])), **SMALL)
    with pytest.raises(WeightsError, match="tags"):
        other.load(tmp_path)
    with pytest.raises(WeightsError, match="format"):
        built(family, tmp_path, format="indexed").load(tmp_path)
    (tmp_path / "generator.json").write_text("{", encoding="utf-8")
    with pytest.raises(WeightsError, match="cannot be read"):
        built(family, tmp_path).load(tmp_path)


@family
def test_options_that_cannot_be_are_refused_at_once(family, tmp_path):
    with pytest.raises(ConfigError, match="inline has no one tag"):
        built(family, tmp_path, format="inline")
    with pytest.raises(ConfigError, match=r"lora: .*0, found -1"):
        built(family, tmp_path, lora=-1)
    with pytest.raises(ConfigError, match="init=scratch"):
        make(family, context(tmp_path), init="pretrained", model="x/y", width=64)


@family
def test_words_are_units_too(family, tmp_path):
    examples = [words(i) for i in range(40)]
    made, _ = trained(family, tmp_path, examples, [], format="echo")
    answers = made.predict([e.sentence for e in examples])
    assert [len(a.tags) for a in answers] == [len(e.sentence) for e in examples]
