"""The span family: its scores are those of the paper, it learns, and it answers with entities."""

import math

import numpy as np
import pytest
import torch
from finished_runs import pretrained
from making import make
from tiny_generators import DEV, LABELS, TRAIN, context, f1
from torch.testing import assert_close

from backends.pointing.losses import imbalance_loss
from backends.pointing.pointer import EfficientPointer, rotated
from backends.pointing.reading import entities
from backends.pointing.scorer import gold_of
from backends.span import SpanPointer
from backends.tagging.unit_cells import UnitCells
from harness.core import Example, PlacedEntity, Sentence, Span, Spans, Tags
from harness.errors import WeightsError
from harness.generation.settling import settle
from harness.runs.decode import decode
from harness.tags import encode, tag_set

TAGS = tag_set(LABELS)
QUICK = {
    "layers": 1, "width": 32, "attention_heads": 2, "epochs": 16, "learning_rate": 3e-3,
    "dropout": 0.0, "batch_units": 128, "convolutions": 2,
}  # fmt: skip


def flat(answers, examples):
    """What the harness makes of the answers in a flat task."""
    return [
        Tags(encode(settle(answer, e.sentence, TAGS).spans, len(e.sentence)))
        for answer, e in zip(answers, examples, strict=True)
    ]


@pytest.fixture(scope="module", params=[{}, {"ngrams": 64}], ids=["alone", "n-grams"])
def fitted(request, tmp_path_factory):
    told = context(tmp_path_factory.mktemp("span"))
    backend = make(SpanPointer, told, **QUICK | request.param)
    scored = told.score_dev
    object.__setattr__(told, "score_dev", lambda outputs: scored(flat(outputs, DEV)))
    return backend, backend.fit(TRAIN, DEV), request.param


@pytest.mark.slow
def test_it_learns_and_keeps_the_best_epoch(fitted):
    backend, report, _ = fitted
    found = backend.predict([example.sentence for example in DEV])
    assert f1(DEV, flat(found, DEV)) > 0.97
    scores = [epoch.dev_f1 for epoch in report.epochs]
    assert scores[report.best_epoch - 1] == max(scores)


@pytest.mark.slow
def test_it_answers_as_before_once_it_is_saved_and_loaded(fitted, tmp_path):
    backend, _, options = fitted
    backend.save(tmp_path)
    again = make(SpanPointer, context(tmp_path), **QUICK | options)
    again.load(tmp_path)
    sentences = [example.sentence for example in DEV]
    assert again.predict(sentences) == backend.predict(sentences)
    other = make(SpanPointer, context(tmp_path, tags=("O", "B-X", "I-X")), **QUICK | options)
    with pytest.raises(WeightsError, match="trained on the tags"):
        other.load(tmp_path)


@pytest.mark.slow
def test_a_sentence_has_the_same_answer_in_any_company(fitted):
    backend, _, _ = fitted
    sentences = [Sentence("empty", ()), *(example.sentence for example in DEV[:9])]
    together = backend.predict(sentences)
    assert together[0] == Spans(())
    for sentence, answer in zip(sentences, together, strict=True):
        (alone,) = backend.predict([sentence])
        assert [(e.start, e.end, e.label) for e in alone.entities] == [
            (e.start, e.end, e.label) for e in answer.entities
        ]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["bert", "electra"])
def test_it_begins_from_pretrained_weights_of_either_kind(architecture, tmp_path):
    place = pretrained(tmp_path / "weights", architecture)
    options = {"init": "pretrained", "model": str(place), "architecture": architecture}
    backend = make(SpanPointer, context(tmp_path), epochs=1, batch_units=512, **options)
    report = backend.fit(TRAIN[:20], [])
    assert report.weights == place.name
    assert set(report.new_parameters) == {"pointer"}


@pytest.mark.slow
def test_weights_of_another_architecture_are_refused(tmp_path):
    options = {"init": "pretrained", "model": str(pretrained(tmp_path / "weights", "electra"))}
    with pytest.raises(WeightsError, match="is a model of type 'electra'"):
        make(SpanPointer, context(tmp_path), **options).fit(TRAIN[:5], [])


def by_the_papers(pointer, units):
    """The scores of one sentence, pair by pair, from the formulas."""
    size = pointer.size
    projected = pointer.project(units)
    first, last, inside = pointer.alone(projected).chunk(3, dim=1)
    scores = torch.full((pointer.labels, len(units), len(units)), -math.inf)
    for i in range(len(units)):
        for j in range(i, len(units)):
            query, key = turned(projected[i, :size], i), turned(projected[j, size:], j)
            pair = query @ key / math.sqrt(size)
            scores[:, i, j] = pair + first[i] + last[j] + inside[i : j + 1].sum(0)
    return scores


def turned(vector, place):
    """``vector`` as complex numbers, each turned by its angle."""
    numbers = torch.view_as_complex(vector.reshape(-1, 2).contiguous())
    rate = 10_000.0 ** (-torch.arange(len(numbers)) / len(numbers))
    return torch.view_as_real(numbers * torch.exp(1j * place * rate)).flatten()


def test_scores_are_those_of_the_papers_pair_by_pair():
    torch.manual_seed(3)
    pointer, lengths = EfficientPointer(12, 3, 8), (5, 1, 7)
    units = torch.randn(sum(lengths), 12)
    with torch.no_grad():
        found = pointer(units, UnitCells.of(lengths))
        assert found.shape == (3, 3, 7, 7)
        for scores, part, size in zip(found, units.split(lengths), lengths, strict=True):
            assert_close(scores[:, :size, :size], by_the_papers(pointer, part))
            assert (scores[:, size:] == -math.inf).all()
            assert (scores[:, :, size:] == -math.inf).all()


def test_a_product_of_turned_vectors_knows_the_distance_alone():
    torch.manual_seed(4)
    vectors = torch.randn(1, 1, 2, 16).expand(1, 9, 2, 16)
    query, key = rotated(vectors).unbind(2)
    products = (query @ key.mT)[0]  # (9, 9)
    for distance in range(9):
        along = products.diagonal(distance)
        assert_close(along, along[:1].expand_as(along))
    assert len(set(products[0].tolist())) == 9


def test_the_loss_is_that_of_the_paper_and_padding_adds_nothing():
    torch.manual_seed(5)
    pointer, lengths = EfficientPointer(12, 2, 8), (4, 6)
    units = torch.randn(sum(lengths), 12)
    scores = pointer(units, UnitCells.of(lengths)).detach()
    examples = [
        Example(Sentence("a", tuple("abcd")), (Span(0, 2, "PER"), Span(3, 4, "LOC"))),
        Example(Sentence("b", tuple("abcdef")), (Span(5, 6, "LOC"),)),
    ]
    expected = 0.0
    for row, example in enumerate(examples):
        for number, label in enumerate(("PER", "LOC")):
            gold = {(s.start, s.end - 1) for s in example.spans if s.label == label}
            cells = [(i, j) for i in range(lengths[row]) for j in range(i, lengths[row])]
            s = {cell: float(scores[row, number][cell]) for cell in cells}
            expected += math.log(1 + sum(math.exp(-s[cell]) for cell in gold))
            expected += math.log(1 + sum(math.exp(s[cell]) for cell in cells if cell not in gold))
    found = imbalance_loss(scores, gold_of(examples, ("PER", "LOC")))
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert torch.isfinite(found)


def test_gradients_are_finite_with_and_without_entities():
    scores = torch.where(torch.ones(3, 3).triu() > 0, 0.5, -math.inf).expand(1, 2, 3, 3).clone()
    scores.requires_grad_()
    for gold in ([], [0, 4]):
        (gradient,) = torch.autograd.grad(
            imbalance_loss(scores, torch.tensor(gold, dtype=torch.int64)), scores
        )
        assert torch.isfinite(gradient).all()


def test_entities_are_what_scores_above_0_the_most_probable_first():
    scores = np.full((2, 4, 4), -1.0, np.float32)
    scores[0, 0, 1], scores[1, 2, 2], scores[0, 1, 3], scores[1, 0, 0] = 2.0, 3.0, 0.5, 0.0
    found = entities(scores, ("PER", "LOC"))
    assert [(e.start, e.end, e.label) for e in found.entities] == [
        (2, 3, "LOC"), (0, 2, "PER"), (1, 4, "PER"),
    ]  # fmt: skip
    assert [e.score for e in found.entities] == pytest.approx(
        [1 / (1 + math.exp(-s)) for s in (3.0, 2.0, 0.5)]
    )


def test_of_overlapping_entities_the_harness_keeps_the_most_probable_and_counts_the_others():
    from harness.data.windows import WindowPolicy

    sentence = Sentence("a", tuple("abcd"))
    answer = Spans((PlacedEntity(0, 2, "PER", 0.9), PlacedEntity(1, 4, "LOC", 0.6)))
    decoded = decode([answer], WindowPolicy(64, 16).cut(sentence), TAGS)["a"]
    assert decoded.tags == ("B-PER", "I-PER", "O", "O")
    assert decoded.confidence == (0.9,)
    assert decoded.repairs == {"overlap": 1}
