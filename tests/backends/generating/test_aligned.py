"""Generators that know which unit they have come to: they copy, and read themselves the same."""

import random

import pytest
import torch
from making import make
from same_answers import assert_same_answers
from tiny_generators import context, f1, reloaded

from backends.decoder import Gpt
from backends.generating.aligned import is_aligned
from backends.seq2seq import T5
from harness.core import Example, Sentence, Span
from harness.tags import decode

SMALL = {
    "layers": 1, "width": 32, "attention_heads": 4, "epochs": 10, "batch_units": 512,
    "learning_rate": 4e-3, "dropout": 0.0,
}  # fmt: skip
ECHO = {"format": "echo", "prompt": "echo.short.v1"}
TAGS = {"format": "tags", "prompt": "tags.short.v1"}
MADE = {
    "t5": (T5, {"convolutions": 1}),
    "t5, tags": (T5, {"convolutions": 1, "format": "tags"}),
    "gpt": (Gpt, ECHO | {"convolutions": 1, "batch_units": 256, "epochs": 14}),
    "gpt, tags": (Gpt, TAGS | {"convolutions": 1}),
}
kinds = pytest.mark.parametrize("kind", MADE)


def jumble(seed):
    """Few letters in any order, so that no place is known by what stands there: 乙 between two 甲
    is a person."""
    draw = random.Random(seed)
    units = tuple(draw.choice("甲乙丙") for _ in range(draw.randint(8, 20)))
    found = [i for i in range(1, len(units) - 1) if units[i - 1 : i + 2] == ("甲", "乙", "甲")]
    return Example(Sentence(f"s{seed}", units), tuple(Span(i, i + 1, "PER") for i in found))


def named(seed, letters=30, each=10):
    """Letters in any order, the first ones oftenest, of which one in ``each`` is a person."""
    draw = random.Random(seed)
    drawn = [int(letters * draw.random() ** 2) for _ in range(draw.randint(8, 20))]
    units = tuple(chr(ord("一") + letter) for letter in drawn)
    found = [i for i, letter in enumerate(drawn) if letter % each == each - 3]
    return Example(Sentence(f"s{seed}", units), tuple(Span(i, i + 1, "PER") for i in found))


TRAIN = [jumble(i) for i in range(240)]
DEV = [jumble(i) for i in range(1000, 1040)]
SENTENCES = [example.sentence for example in DEV]


def made(kind, folder, **options):
    family, own = MADE[kind]
    return make(family, context(folder, dev=DEV), **SMALL | own | {"aligned": True} | options)


def trained(kind, folder, **options):
    backend = made(kind, folder, **options)
    backend.fit(TRAIN, DEV)
    return backend


@pytest.fixture(scope="module", params=MADE)
def fitted(request, tmp_path_factory):
    """An aligned backend of each kind, trained until it knows the task."""
    return request.param, trained(request.param, tmp_path_factory.mktemp("aligned"))


@pytest.mark.slow
def test_it_tags_what_only_its_place_and_neighbours_tell(fitted, tmp_path):
    kind, aligned = fitted
    assert is_aligned(aligned.model)
    assert f1(DEV, aligned.predict(SENTENCES)) > 0.8
    blind = trained(kind, tmp_path, aligned=False, convolutions=0)
    assert not is_aligned(blind.model)
    assert f1(DEV, blind.predict(SENTENCES)) < 0.7


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["t5, tags", "gpt, tags"])
def test_what_a_unit_says_by_itself_is_learned_in_a_hundred_updates(kind, tmp_path):
    """Attention takes a thousand to find the unit; what is read as a tag is written has it."""
    train, dev = ([named(i) for i in range(start, start + 60)] for start in (0, 1000))
    backend = made(kind, tmp_path, epochs=3, batch_units=128)
    report = backend.fit(train, [])
    assert sum(epoch.updates for epoch in report.epochs) <= 120
    assert f1(dev, backend.predict([example.sentence for example in dev])) > 0.9


def test_a_t5_learns_what_seldom_units_say_as_fast(tmp_path):
    """Read as its encoder says it, most of what a unit is was hidden: 0.6, and not 0.9."""
    train, dev = ([named(i, 300, 20) for i in range(n, n + 120)] for n in (0, 1000))
    backend = made("t5, tags", tmp_path, epochs=4, batch_units=128, width=64)
    backend.fit(train, [])
    assert f1(dev, backend.predict([example.sentence for example in dev])) > 0.8


def test_a_t5_writes_the_unit_that_it_is_at_before_it_has_learned_anything(tmp_path):
    """Read unturned, the token before it was as likely: what is to be copied came second."""
    backend = made("t5", tmp_path, width=64)
    examples = [named(i) for i in range(20)]
    backend.build(examples)
    backend.model.eval()
    with torch.no_grad():
        told = [_chosen(backend, example) for example in examples]
    copied = [chosen == unit for units in told for chosen, unit in units]
    assert sum(copied) > 0.95 * len(copied)


def _chosen(backend, example):
    """The likeliest token at each unit of the answer to ``example``, and the unit's own."""
    scores, targets = _all_scores(backend, example)
    units = slice(0, 2 * len(example.sentence.units), 2)
    return list(zip(scores.argmax(-1)[units].tolist(), targets[units].tolist(), strict=True))


@pytest.mark.slow
def test_it_copies_when_it_writes_freely(fitted):
    _, backend = fitted
    read = [
        backend.form.parse(text.text, sentence, backend.context.tags)
        for text, sentence in zip(backend.generate(SENTENCES), SENTENCES, strict=True)
    ]
    assert sum(found is not None for found in read) > len(SENTENCES) / 2


@pytest.mark.slow
def test_company_in_a_batch_changes_nothing(fitted):
    _, backend = fitted
    assert_same_answers(backend.predict(SENTENCES), [backend.predict([s])[0] for s in SENTENCES])
    assert backend.generate(SENTENCES) == [backend.generate([s])[0] for s in SENTENCES]


@pytest.mark.slow
@kinds
def test_beams_know_their_units_too(kind, tmp_path):
    backend = made(kind, tmp_path, beam=4, epochs=6)  # it knows how to end
    backend.fit(TRAIN[:60], [])
    assert_same_answers(backend.predict(SENTENCES), [backend.predict([s])[0] for s in SENTENCES])
    assert backend.generate(SENTENCES[:6]) == [backend.generate([s])[0] for s in SENTENCES[:6]]


@pytest.mark.slow
def test_its_reader_chooses_what_one_pass_over_the_answer_chooses(fitted):
    _, backend = fitted
    backend.model.eval()
    ids = torch.tensor(backend.codec.tag_ids)
    outside, person = (backend.context.tags.index(tag) for tag in ("O", "B-PER"))
    for example, output in zip(DEV, backend.predict(SENTENCES), strict=True):
        with torch.no_grad():
            chosen = Example(example.sentence, decode(output.tags))
            scores = _scores(backend, chosen)[:, ids]  # (units, tags)
        named = scores[:, person] > scores[:, outside]  # (units,)
        assert [tag[0] == "B" for tag in output.tags if tag[0] != "I"] == [
            now for now, tag in zip(named.tolist(), output.tags, strict=True) if tag[0] != "I"
        ]


def _scores(backend, example):
    """The scores at each tag of the answer to ``example`` (units, tokens), in one pass."""
    scores, targets = _all_scores(backend, example)
    return scores[torch.isin(targets, torch.tensor(backend.codec.tag_ids))]


def _all_scores(backend, example):
    """The scores of the answer to ``example`` (positions, tokens), and what it is (positions,)."""
    batch, head = backend.collate([example]), backend.model.get_output_embeddings()
    found = []
    handle = head.register_forward_hook(lambda module, seen, scores: found.append(scores))
    backend.loss(batch)
    handle.remove()
    return found[0][0], batch["targets"][0]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "lora"), [("t5", 0), ("gpt", 0), ("t5", 2)])
def test_a_saved_model_answers_the_same_in_a_new_process(kind, lora, tmp_path):
    backend = made(kind, tmp_path, epochs=2, bigrams=64, lora=lora)
    backend.fit(TRAIN[:60], [])
    (tmp_path / "model").mkdir()
    backend.save(tmp_path / "model")
    family, own = MADE[kind]
    options = SMALL | own | {"aligned": True, "bigrams": 64, "lora": lora}
    tags, texts = reloaded(family, tmp_path, options, SENTENCES[:8])
    assert tags == [output.tags for output in backend.predict(SENTENCES[:8])]
    assert texts == [text.text for text in backend.generate(SENTENCES[:8])]


@pytest.mark.parametrize(
    ("options", "stride"),
    [
        ({"format": "echo", "prompt": "echo.zh.v1"}, 2),
        ({"format": "tags"}, 1),
        ({"format": "indexed", "prompt": "indexed.zh.v1"}, None),
        ({"format": "inline", "prompt": "inline.zh.v1", "decoding": "free"}, None),
    ],
)
def test_the_unit_is_known_in_formats_that_give_all_units_as_many_tokens(options, stride, tmp_path):
    backend = make(Gpt, context(tmp_path), **SMALL | options | {"aligned": True})
    backend.build(TRAIN[:20])
    assert backend.stride == stride
    assert is_aligned(backend.model) == (stride is not None)
