"""The span family: its scores are those of the paper, it learns, and it answers with entities."""

import itertools
import math
import random

import numpy as np
import pytest
import torch
from finished_runs import pretrained
from making import make
from tiny_generators import DEV, LABELS, TRAIN, context, f1
from torch.testing import assert_close

from backends.pointing.distribution import (
    INDEPENDENT,
    independent_loss,
    segment_logits,
    segmentation_loss,
)
from backends.pointing.pointer import RARE, EfficientPointer, rotated
from backends.pointing.reading import entities
from backends.pointing.scorer import gold_of
from backends.pointing.surprisal import segmentation_bits
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


def segmentations(length, labels):
    """Every set of entities of a flat sentence: of each unit, what ends there."""
    if length == 0:
        return [()]
    ways = list(segmentations(length - 1, labels))
    for first in range(length):
        for label in range(labels):
            ways += [(*rest, (label, first, length - 1)) for rest in segmentations(first, labels)]
    return ways


@pytest.fixture
def two_scored():
    """Scores of sentences of 2 and 4 units under two labels, and how many units each has."""
    torch.manual_seed(5)
    lengths = (2, 4)
    scores = EfficientPointer(12, 2, 8)(torch.randn(6, 12) * 4, UnitCells.of(lengths))
    return scores.detach(), lengths


def test_the_probabilities_of_all_segmentations_sum_to_one_and_padding_adds_nothing(two_scored):
    scores, lengths = two_scored
    for row, length in enumerate(lengths):
        ways = segmentations(length, 2)
        assert len(set(ways)) == len(ways) == {2: 11, 4: 153}[length]
        losses = [segmentation_loss(scores[row : row + 1], cells(way, 4)) for way in ways]
        assert float(torch.stack(losses).neg().exp().sum()) == pytest.approx(1, abs=1e-4)
    examples = [
        Example(Sentence("a", tuple("ab")), (Span(0, 2, "PER"),)),
        Example(Sentence("b", tuple("abcd")), (Span(2, 3, "LOC"),)),
    ]
    both = segmentation_loss(scores, gold_of(examples, ("PER", "LOC")))
    apart = segmentation_loss(scores[:1], cells(((0, 0, 1),), 4))
    apart = apart + segmentation_loss(scores[1:], cells(((1, 2, 2),), 4))
    assert_close(both, apart)


def cells(entities, longest):
    """The places of ``entities`` (label, first, last) in flattened scores."""
    return torch.tensor(
        [(e[0] * longest + e[1]) * longest + e[2] for e in entities], dtype=torch.int64
    )


def test_an_entity_is_as_probable_as_all_segmentations_that_have_it(two_scored):
    scores, lengths = two_scored
    found = torch.sigmoid(segment_logits(scores))
    expected = torch.zeros_like(scores)
    for row, length in enumerate(lengths):
        for way in segmentations(length, 2):
            sure = segmentation_loss(scores[row : row + 1], cells(way, 4)).neg().exp()
            for place in way:
                expected[(row, *place)] += sure
    assert_close(found, expected, atol=1e-5, rtol=1e-4)


def tags_of(way, length):
    """A segmentation as tags."""
    spans = [Span(first, last + 1, ("PER", "LOC")[label]) for label, first, last in way]
    return tuple(encode(sorted(spans), length)), tuple(sorted(spans))


def test_each_unit_of_gold_pays_what_it_adds_to_the_tags_before_it(two_scored):
    scores, lengths = two_scored
    ways = [segmentations(length, 2) for length in lengths]
    probable = [
        {
            tags_of(way, length): float(segmentation_loss(row[None], cells(way, 4)).neg().exp())
            for way in all_of
        }
        for row, all_of, length in zip(scores, ways, lengths, strict=True)
    ]
    for short, long in itertools.product(*(random.Random(3).sample(all_of, 8) for all_of in ways)):
        gold = [tags_of(short, 2), tags_of(long, 4)]
        examples = [
            Example(Sentence(str(n), ("x",) * n), spans)
            for n, (_, spans) in zip(lengths, gold, strict=True)
        ]
        found = segmentation_bits(scores, examples, ("PER", "LOC"))
        for bits, (tags, _), chances in zip(found, gold, probable, strict=True):
            begun = [
                sum(chance for (other, _), chance in chances.items() if other[:n] == tags[:n])
                for n in range(len(tags) + 1)
            ]
            expected = [math.log2(a / b) for a, b in itertools.pairwise(begun)]
            assert bits == pytest.approx(expected, abs=1e-4)


def test_where_entities_may_nest_gold_has_no_bits(fitted):
    backend, *_ = fitted
    before = backend.distribution
    backend.distribution = INDEPENDENT
    try:
        assert backend.surprisal(DEV[:3]) == [None, None, None]
    finally:
        backend.distribution = before


def test_no_two_entities_that_overlap_are_more_probable_than_not():
    torch.manual_seed(7)
    scores = EfficientPointer(12, 3, 8)(torch.randn(40, 12) * 9, UnitCells.of((40,)))
    found = entities(segment_logits(scores.detach())[0].numpy(), ("PER", "LOC", "ORG")).entities
    assert len(found) > 5
    ordered = sorted(found, key=lambda e: e.start)
    assert all(one.end <= two.start for one, two in itertools.pairwise(ordered))


def test_where_entities_may_nest_each_span_is_asked_by_itself(two_scored):
    scores, lengths = two_scored
    gold = {(0, 0, 0, 1), (1, 0, 0, 3), (1, 1, 2, 3)}
    expected = 0.0
    for row, length in enumerate(lengths):
        for label in range(2):
            for first, last in ((i, j) for i in range(length) for j in range(i, length)):
                sure = torch.sigmoid(scores[row, label, first, last].double())
                expected -= math.log(sure if (row, label, first, last) in gold else 1 - sure)
    places = torch.tensor([((r * 2 + n) * 4 + i) * 4 + j for r, n, i, j in gold])
    assert float(independent_loss(scores, places)) == pytest.approx(expected, rel=1e-5)


def test_at_the_start_every_span_is_improbable():
    torch.manual_seed(6)
    scores = EfficientPointer(12, 3, 8)(torch.randn(9, 12), UnitCells.of((9,)))
    probable = torch.sigmoid(scores.detach()[scores.isfinite()])
    assert RARE / 10 < probable.min() < probable.max() < RARE * 10


@pytest.mark.parametrize("loss", [segmentation_loss, independent_loss])
def test_gradients_are_finite_with_and_without_entities(loss):
    scores = torch.where(torch.ones(3, 3).triu() > 0, 0.5, -math.inf).expand(1, 2, 3, 3).clone()
    scores.requires_grad_()
    for gold in ([], [0, 4]):
        (gradient,) = torch.autograd.grad(
            loss(scores, torch.tensor(gold, dtype=torch.int64)), scores
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
