"""The encoder family: it learns, owns its units, loads what it saved, says what is wrong."""

import json
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from making import make
from same_answers import assert_same_answers
from tiny_encoders import (
    DEV,
    FAMILY,
    ODD,
    TAGS,
    TINY,
    TRAIN,
    as_electra,
    context,
    pretrained,
    small_bert,
    story,
    trained,
)
from tiny_generators import f1
from torch.optim.optimizer import register_optimizer_step_pre_hook

from backends.encoder import BertCrf, BertSoftmax, Electra, class_weights
from backends.tagging.heads import CrfHead, SoftmaxHead
from backends.tagging.tagger import targets_of
from backends.tagging.truncation import Truncation
from harness.core import Example, Sentence, Span, Tags
from harness.data.training_digest import digest
from harness.errors import ConfigError, HarnessError, WeightsError
from harness.protocol import Linearises
from harness.tags import encode, invalid_transitions, tag_set

SEEING = {"convolutions": 2, "bigrams": 64}
ALL = SEEING | {"scheme": "bioes", "ngrams": 64}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small_bert(tmp_path_factory.mktemp("models"))


@pytest.fixture(
    scope="module",
    params=[*((kind, {}) for kind in FAMILY), (BertCrf, SEEING), (Electra, SEEING), (BertCrf, ALL)],
    ids=lambda param: ", ".join([param[0].__name__, *param[1]]),
)
def fitted(request, tmp_path_factory):
    """A backend of each kind, trained until it knows the task."""
    family, sight = request.param
    folder = tmp_path_factory.mktemp(family.__name__)
    options = {"epochs": 12, "learning_rate": 3e-3, "dropout": 0.0, "batch_units": 128} | sight
    made, report = trained(family, folder, **options)
    return made, report, options


def test_from_scratch_families_differ_by_their_heads_only(tmp_path):
    """ELECTRA's discriminator is BERT's encoder; what sets it apart is how it was pretrained."""
    made = {}
    for family in FAMILY:
        backend, _ = trained(family, tmp_path, epochs=1, **SEEING)
        weights = backend.model.encoder.named_parameters()
        made[family] = {name: weight.shape for name, weight in weights}
    assert made[BertCrf] == made[BertSoftmax] == made[Electra]


def test_from_scratch_an_electra_is_no_copy_of_the_softmax_of_its_seed(tmp_path):
    """Two rows that are one model are no second opinion: the certificate calls them alike."""
    bert, electra = (
        trained(family, tmp_path, epochs=1)[0].model for family in (BertSoftmax, Electra)
    )
    assert not torch.allclose(bert.classifier.weight, electra.classifier.weight)


@pytest.mark.slow
def test_it_learns(fitted):
    made, report, _ = fitted
    assert f1(DEV, made.predict([e.sentence for e in DEV])) > 0.9
    assert report.epochs[-1].loss < report.epochs[0].loss / 4
    assert report.weights == "scratch"
    assert report.parameters == report.trained == sum(p.numel() for p in made.model.parameters())


@pytest.mark.slow
def test_a_crf_learns_its_transitions_and_a_softmax_has_none(fitted):
    made, report, _ = fitted
    if not isinstance(made, BertCrf):
        assert report.transitions is None
        return
    chain = {
        (a, b): score
        for a, row in zip(report.transition_tags, report.transitions, strict=True)
        for b, score in zip(report.transition_tags, row, strict=True)
    }
    assert max(map(abs, chain.values())) > 0.5  # they begin within 0.1
    assert chain["O", "B-PER"] > chain["O", "I-PER"]
    assert chain["B-PER", "I-PER"] > chain["B-PER", "I-LOC"]
    if "E-PER" in report.transition_tags:
        assert chain["E-PER", "O"] > chain["B-PER", "O"]


@pytest.mark.slow
def test_with_a_cut_nothing_further_is_read_in_training_or_prediction_and_it_says_so(tmp_path):
    made, report = trained(BertCrf, tmp_path, TRAIN[:40], max_length=4)
    read = [Truncation(4).example(example) for example in TRAIN[:40]]
    assert report.epochs[0].training_digest == digest(read)
    assert report.epochs[0].units == 4 * 40
    sentences = [example.sentence for example in DEV]
    answers = made.predict(sentences)
    assert [len(answer.tags) for answer in answers] == [4] * len(DEV)
    assert [answer.unread for answer in answers] == [len(s) - 4 for s in sentences]
    others = [Sentence(s.id, (*s.units[:4], *"完全不同"), s.joiner) for s in sentences]
    assert [answer.tags for answer in made.predict(others)] == [a.tags for a in answers]


def between(seed):
    """Letters in any order; 乙 between two 甲 is a person, and nothing else tells."""
    draw = random.Random(seed)
    units = tuple(draw.choice("甲乙丙") for _ in range(20))
    found = [i for i in range(1, 19) if units[i - 1 : i + 2] == ("甲", "乙", "甲")]
    return Example(Sentence(f"b{seed}", units), tuple(Span(i, i + 1, "PER") for i in found))


@pytest.mark.slow
@pytest.mark.parametrize("backend", [BertSoftmax, Electra])
def test_neighbours_are_learned_in_a_few_epochs_by_convolutions_only(backend, tmp_path):
    train, dev = [between(i) for i in range(200)], [between(i) for i in range(1000, 1040)]
    scores = []
    for convolutions in (1, 0):
        made = make(
            backend, context(tmp_path, dev=dev), **TINY | {"epochs": 6, "learning_rate": 3e-3},
            convolutions=convolutions,
        )  # fmt: skip
        made.fit(train, dev)
        scores.append(f1(dev, made.predict([example.sentence for example in dev])))
    seeing, blind = scores
    assert seeing > 0.9
    assert blind < 0.5


@pytest.mark.slow
def test_tags_do_not_depend_on_the_company(fitted):
    """In fp32 a sentence gets the same tags alone, among long ones, and in any order."""
    made, _, _ = fitted
    sentences = [story(i).sentence for i in range(2000, 2060)]
    together = made.predict(sentences)
    alone = [made.predict([sentence])[0] for sentence in sentences]
    backwards = made.predict(sentences[::-1])[::-1]
    long = Sentence("long", sum((s.units for s in sentences), ())[:250])
    assert_same_answers(together, alone, backwards, made.predict([*sentences, long])[:-1])


@pytest.mark.slow
def test_scores_do_not_see_the_padding(fitted):
    made, _, _ = fitted
    short, long = Sentence("s", tuple("今天先生东西")), Sentence("l", tuple("我说" * 60))
    made.model.eval()
    with torch.inference_mode():
        alone, padded = made.model(made.batch([short])), made.model(made.batch([short, long]))
    torch.testing.assert_close(padded[:6], alone, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_loaded_in_a_new_process_it_answers_the_same(fitted, tmp_path):
    made, _, options = fitted
    model = tmp_path / "model"
    model.mkdir()
    made.save(model)
    sentences = [e.sentence for e in DEV[:12]] + [Sentence("odd", (*ODD, "[SEP]", "先"))]
    script = (
        "import json, sys; from pathlib import Path\n"
        "from harness.core import Sentence; from harness.protocol import Context\n"
        "import backends.encoder as encoder\n"
        "name, folder, tags, options, units = json.loads(sys.stdin.read())\n"
        "context = Context(tuple(tags), 1, 'cpu', 'fp32', 1, Path(folder), None, lambda p: None)\n"
        "from harness.runs.options import Given, construct\n"
        "backend = construct(getattr(encoder, name), context, Given(options, 'options'))\n"
        "backend.load(Path(folder))\n"
        "answers = backend.predict([Sentence(str(i), tuple(u)) for i, u in enumerate(units)])\n"
        "print(json.dumps([answer.tags for answer in answers]))\n"
    )
    question = json.dumps(
        [type(made).__name__, str(model), TAGS, TINY | options, [s.units for s in sentences]]
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], input=question, capture_output=True, text=True, check=True
    )
    assert [tuple(tags) for tags in json.loads(answer.stdout)] == [
        output.tags for output in made.predict(sentences)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("backend", FAMILY)
def test_the_same_seed_gives_the_same_model_bit_for_bit(backend, tmp_path):
    one, first = trained(backend, tmp_path / "a", epochs=2)
    two, second = trained(backend, tmp_path / "b", epochs=2)
    weights = two.model.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in one.model.state_dict().items())
    assert [e.loss for e in first.epochs] == [e.loss for e in second.epochs]
    sentences = [e.sentence for e in DEV]
    assert one.predict(sentences) == two.predict(sentences)


@contextmanager
def first_gradients():
    """The gradients that the first step of an optimiser sees, normalised."""
    seen = []

    def look(optimiser, args, kwargs):
        if not seen:
            seen.extend(p.grad.clone() for g in optimiser.param_groups for p in g["params"])

    hook = register_optimizer_step_pre_hook(look)
    try:
        yield seen
    finally:
        hook.remove()


@pytest.mark.slow
@pytest.mark.parametrize("backend", FAMILY)
def test_eight_by_one_is_four_by_two_is_two_by_four(backend, tmp_path):
    """Eight sentences an update, whole and in parts: the same gradient and weights to 1e-6.

    Weights alone would not tell: AdamW hides a gradient that is too large by a factor.
    """
    eight = [
        Example(Sentence(f"e{i}", tuple("先生东说在于西北"[i:] + "先生东说在于西北"[:i])), ())
        for i in range(8)
    ]
    found = []
    for size, accumulate in ((8, 1), (4, 2), (2, 4)):
        options = {"dropout": 0.0, "batch_units": 8 * size, "accumulate": accumulate, "clip": 0.0}
        made = make(backend, context(tmp_path / str(size)), **TINY | options, warmup=0.0)
        with first_gradients() as gradients:
            made.fit([*eight, *eight], [])
        found.append((gradients, dict(made.model.named_parameters())))
    for gradients, weights in found[1:]:
        for gradient, expected in zip(gradients, found[0][0], strict=True):
            torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-6)
        for name, value in found[0][1].items():
            if name.endswith("key.bias"):
                continue  # it shifts all scores of a query alike: its gradient is rounding alone
            torch.testing.assert_close(weights[name], value, rtol=0, atol=1e-6, msg=name)


@pytest.mark.parametrize("backend", FAMILY)
def test_odd_units_lengths_and_empty_sentences_get_their_tags(backend, tmp_path):
    made, _ = trained(backend, tmp_path, train=[*TRAIN[:20], story(7, odd=True)])
    texts = ["", "先", "</s>[SEP]", "".join(ODD), "我" * 254, ""]
    answers = made.predict([Sentence(f"t{i}", tuple(text)) for i, text in enumerate(texts)])
    assert [len(answer.tags) for answer in answers] == [len(text) for text in texts]
    assert {tag for answer in answers for tag in answer.tags} <= set(TAGS)
    assert made.predict([]) == []


@pytest.mark.parametrize("backend", FAMILY)
def test_gold_survives_the_way_in_and_out(backend, tmp_path, folder):
    """Units, pieces, first pieces and back: what a perfect model would answer is the gold."""
    examples = [story(i, odd=True) for i in range(50)]
    words = Example(
        Sentence("w", ("in", "romeme", "\u200b", "</s>", "[SEP]"), " "), (Span(1, 3, "LOC"),)
    )
    gold = [Tags(encode(e.spans, len(e.sentence))) for e in [*examples, words]]
    scratch = make(backend, context(tmp_path), **TINY, scheme="bioes")
    if backend is Electra:
        folder = as_electra(folder, tmp_path / "small-electra")
    base = make(backend, context(tmp_path), init="pretrained", model=str(folder))
    assert isinstance(scratch, Linearises)
    assert scratch.oracle(examples, [*examples, words]) == gold
    assert base.oracle(examples, [*examples, words]) == gold


def test_no_loss_reads_padding_control_or_later_pieces(tmp_path, folder):
    """Each scored position is the first piece of a unit, and there are as many as units."""
    made, _ = pretrained(BertCrf, folder, tmp_path)
    sentences = [
        Sentence("a", ("in", "romeme", "\u200b"), " "), Sentence("b", tuple("先生东西南北我说")),
    ]  # fmt: skip
    batch = made.batch(sentences)
    tokenizer = made.tokenizer.table.tokenizer
    scored = tokenizer.convert_ids_to_tokens(batch.ids.flatten()[batch.firsts].tolist())
    assert scored == ["in", "rome", "[UNK]", *"先生东西南北我说"]
    assert made.model(batch).shape == (11, len(TAGS))
    assert not batch.attention.all()


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
@pytest.mark.parametrize("backend", FAMILY)
def test_answers_can_be_held_to_legal_tags(backend, scheme, tmp_path):
    """Scores drawn at random break rules; held to them they break none."""
    made, _ = trained(backend, tmp_path, train=TRAIN[:20], scheme=scheme)
    torch.nn.init.normal_(made.model.classifier.weight, std=5.0)
    sentences = [e.sentence for e in DEV]
    assert sum(invalid_transitions(answer.tags) for answer in made.predict(sentences)) > 20
    made.tagging = replace(made.tagging, constrain_transitions=True)
    assert sum(invalid_transitions(answer.tags) for answer in made.predict(sentences)) == 0


@pytest.mark.parametrize("backend", FAMILY)
def test_a_damaged_or_foreign_model_is_refused(backend, tmp_path):
    made, _ = trained(backend, tmp_path, train=TRAIN[:5])
    made.save(tmp_path)
    with pytest.raises(WeightsError, match="it was trained on the tags"):
        make(backend, context(tmp_path, tags=tag_set(["ORG"]))).load(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="cannot be read"):
        make(backend, context(tmp_path), **TINY).load(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        make(backend, context(tmp_path), **TINY).load(tmp_path)


def test_options_that_contradict_are_refused(tmp_path, folder):
    with pytest.raises(ConfigError, match="width and attention_heads are for init=scratch"):
        make(BertCrf, context(tmp_path), init="pretrained", width=64)
    with pytest.raises(ConfigError, match=r"layers=9, but .* has 2 layers"):
        pretrained(BertCrf, folder, tmp_path, layers=9)
    with pytest.raises(ConfigError, match=r"convolutions.* are for init=scratch"):
        make(BertCrf, context(tmp_path), init="pretrained", convolutions=1)
    with pytest.raises(ConfigError, match=r"width=36 .* attention_heads=4"):
        make(BertCrf, context(tmp_path), width=36)


@pytest.mark.parametrize(
    ("option", "value"), [("layers", 0), ("dropout", 1.0), ("word_dropout", -0.1)]
)
def test_options_that_no_model_can_have_are_refused(option, value, tmp_path):
    with pytest.raises(ConfigError, match=f"{option}: .*{value}"):
        make(BertCrf, context(tmp_path), **{option: value})


@pytest.mark.parametrize("backend", FAMILY)
def test_numbers_that_are_not_finite_end_the_run(backend, tmp_path):
    with pytest.raises(HarnessError, match="not finite"):
        trained(backend, tmp_path, train=TRAIN[:50], learning_rate=1e30, warmup=0.0, clip=0.0)


@pytest.mark.parametrize("backend", FAMILY)
def test_bf16_trains_and_says_so(backend, tmp_path):
    made = make(backend, context(tmp_path, precision="bf16"), **TINY)
    report = made.fit(TRAIN[:50], DEV)
    assert report.precision == "bf16"
    assert next(made.model.parameters()).dtype is torch.float32
    assert all(epoch.loss > 0 for epoch in report.epochs)


def test_class_weights_raise_rare_tags_and_average_to_one():
    tags = [[0] * 90 + [1] * 9 + [2]]
    weights = class_weights(tags, 3, 0.5)
    assert weights[2] > weights[1] > weights[0]
    assert sum(weights[tag] for tag in tags[0]).item() == pytest.approx(100)
    assert torch.equal(class_weights(tags, 3, 0.0), torch.ones(3))


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "head_lr"), [(BertCrf, 0.05), (BertSoftmax, None)])
def test_class_weights_make_a_rare_type_louder(backend, head_lr, tmp_path):
    """With a few persons among many places, weights let the model name more persons."""
    rare = [e for e in TRAIN if all(s.label == "LOC" for s in e.spans)][:60] + TRAIN[:20]
    options = {"epochs": 8, "learning_rate": 2e-3, "dropout": 0.0, "batch_units": 64}
    persons = []
    for power in (0.0, 0.5):
        made, _ = trained(
            backend, tmp_path, train=rare, class_weights=power, head_lr=head_lr, **options
        )
        answers = made.predict([e.sentence for e in TRAIN])
        persons.append(sum(tag.endswith("PER") for answer in answers for tag in answer.tags))
    assert persons[1] > 2 * persons[0] + 100


def test_weights_do_to_a_chain_that_says_nothing_what_they_do_to_a_softmax():
    torch.manual_seed(3)
    gold = targets_of([[0, 1, 2], [4, 3]])
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    chain, softmax = CrfHead(weights), SoftmaxHead(weights)
    for parameter in chain.parameters():
        torch.nn.init.zeros_(parameter)
    scores = torch.randn(5, 5)
    gradients = []
    for head in (chain, softmax):
        leaf = scores.clone().requires_grad_()
        head.loss(leaf, gold).backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(*gradients)


def test_a_dropped_unit_is_unknown_in_training_only(tmp_path):
    made, _ = trained(BertSoftmax, tmp_path, train=TRAIN[:20], word_dropout=0.5)
    batch = made.collate(TRAIN[:20]).batch
    dropped = made.model.train()._with_unknowns(batch)
    share = (dropped != batch.ids).float().sum() / len(batch.firsts)
    assert 0.35 < share < 0.65
    assert set(dropped[dropped != batch.ids].tolist()) == {made.tokenizer.table.unknown}
    assert made.predict([TRAIN[0].sentence]) == made.predict([TRAIN[0].sentence])
