"""Focal loss, label smoothing and R-Drop: their formulas, and that none of them is on by itself."""

import pytest
import torch
from making import make
from torch.nn import functional
from unit_objective import DATA, context

from backends.encoder import BertCrf, BertSoftmax, Electra
from backends.tagging.heads import SoftmaxHead, Targets
from backends.tagging.regularisers import UnitLoss, disagreement
from harness.errors import ConfigError

TINY = {"layers": 1, "width": 16, "attention_heads": 2, "epochs": 2, "batch_units": 64}


@pytest.fixture
def scores():
    torch.manual_seed(1)
    return torch.randn(9, 5) * 3


@pytest.fixture
def gold():
    return torch.tensor([0, 1, 2, 3, 4, 0, 0, 1, 2])


WEIGHTS = torch.tensor([0.5, 1.0, 2.0, 1.5, 1.0])


def test_without_focus_and_smoothing_it_is_cross_entropy_to_the_bit(scores, gold):
    plain = functional.cross_entropy(scores, gold, WEIGHTS, reduction="sum")
    assert torch.equal(UnitLoss()(scores, gold, WEIGHTS), plain)


def test_a_focus_near_nothing_is_cross_entropy(scores, gold):
    plain = functional.cross_entropy(scores, gold, WEIGHTS, reduction="sum")
    torch.testing.assert_close(UnitLoss(focal=1e-9)(scores, gold, WEIGHTS), plain)


def test_focus_counts_a_unit_by_what_its_gold_tag_lacks(scores, gold):
    p = scores.softmax(1)[torch.arange(9), gold]
    expected = (WEIGHTS[gold] * (1 - p) ** 2 * -p.log()).sum()
    torch.testing.assert_close(UnitLoss(focal=2.0)(scores, gold, WEIGHTS), expected)


def test_smoothing_gives_every_tag_its_share(scores, gold):
    ones = torch.ones(5)
    target = 0.9 * functional.one_hot(gold, 5) + 0.1 / 5
    expected = -(target * scores.log_softmax(1)).sum()
    torch.testing.assert_close(UnitLoss(smoothing=0.1)(scores, gold, ones), expected)


def test_disagreement_is_symmetric_nothing_for_equals_and_both_divergences_halved(scores):
    other = scores + torch.randn(9, 5)
    p, q = scores.log_softmax(1), other.log_softmax(1)
    both = functional.kl_div(p, q, reduction="sum", log_target=True)
    both += functional.kl_div(q, p, reduction="sum", log_target=True)
    torch.testing.assert_close(disagreement(scores, other), both / 2)
    torch.testing.assert_close(disagreement(scores, other), disagreement(other, scores))
    assert disagreement(scores, scores).item() == 0
    assert disagreement(scores, scores + 7.0).item() == pytest.approx(0, abs=1e-5)


def test_development_is_looked_at_plainly(scores, gold):
    head = SoftmaxHead(WEIGHTS, UnitLoss(focal=2.0, smoothing=0.1))
    targets = Targets(gold, torch.arange(9), torch.ones(1, 9, dtype=torch.bool))
    assert head.loss(scores, targets) == UnitLoss(2.0, 0.1)(scores, gold, WEIGHTS)
    assert head.eval().loss(scores, targets) == UnitLoss()(scores, gold, WEIGHTS)


@pytest.mark.parametrize("option", ["focal", "label_smoothing"])
def test_a_crf_has_no_loss_of_single_units(option, tmp_path):
    with pytest.raises(ConfigError, match=rf"{option}=0\.5: a CRF has no loss of single units"):
        make(BertCrf, context(tmp_path), **{option: 0.5})
    make(Electra, context(tmp_path), **{option: 0.5})


def weights(backend, folder, **options):
    made = make(backend, context(folder), **TINY | options)
    made.fit(DATA, DATA[:3])
    return made.model.state_dict()


@pytest.mark.parametrize("backend", [BertCrf, BertSoftmax])
def test_two_passes_without_dropout_are_one(backend, tmp_path):
    one = weights(backend, tmp_path / "a", dropout=0.0)
    two = weights(backend, tmp_path / "b", dropout=0.0, rdrop=5.0)
    for name, value in one.items():
        torch.testing.assert_close(value, two[name], rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.parametrize(
    "options",
    [{"rdrop": 1.0}, {"focal": 2.0}, {"label_smoothing": 0.1}, {"adversarial": 0.5},
     {"replace_mentions": 0.5}, {"class_weights": 0.5}],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_each_option_changes_what_is_learned(options, tmp_path):
    plain = weights(BertSoftmax, tmp_path / "a")
    again = weights(BertSoftmax, tmp_path / "b")
    changed = weights(BertSoftmax, tmp_path / "c", **options)
    assert all(torch.equal(value, again[name]) for name, value in plain.items())
    assert any(not torch.equal(value, changed[name]) for name, value in plain.items())
    assert all(value.isfinite().all() for value in changed.values() if value.is_floating_point())
