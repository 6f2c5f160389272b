"""What embeddings see of their neighbours: so far, in order, and nothing of the padding."""

import pytest
import torch
from pydantic import ValidationError

from backends.training.neighbours import Neighbours, Sight, around

WIDTH, PLACES = 6, 24


def made(**sight):
    torch.manual_seed(3)
    return Neighbours(WIDTH, Sight(**sight), deviation=0.5).eval()


def text(rows=1, places=PLACES):
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(2, 50, (rows, places), generator=generator)
    return torch.randn(rows, places, WIDTH, generator=generator), ids


def touched(module, place):
    """The places whose vectors change where the embedding at ``place`` is another."""
    embedded, ids = text()
    other = embedded.clone()
    other[0, place] += 1.0
    before, after = (module(values, ids, None)[0] for values in (embedded, other))
    return [i for i in range(PLACES) if not torch.equal(before[i], after[i])]


@pytest.mark.parametrize("convolutions", [0, 1, 2, 3])
def test_each_convolution_reaches_twice_as_far(convolutions):
    reach = 2**convolutions - 1
    expected = list(range(12 - reach, 12 + reach + 1))
    assert touched(made(convolutions=convolutions), 12) == expected


def test_around_puts_each_place_between_its_neighbours_and_zeros_beyond_the_ends():
    values = torch.tensor([[[1.0], [2.0], [3.0]]])
    assert around(values, 1).tolist() == [[[0, 1, 2], [1, 2, 3], [2, 3, 0]]]
    assert around(values, 2).tolist() == [[[0, 1, 3], [0, 2, 0], [1, 3, 0]]]


def test_a_pair_is_seen_by_both_of_its_members_and_in_order():
    module = made(bigrams=4096)
    nothing = torch.zeros(1, 3, WIDTH)
    ab, ba, ac = (
        module(nothing, torch.tensor([row]), None)[0] for row in ([7, 8, 9], [8, 7, 9], [7, 9, 9])
    )
    assert not torch.equal(ab[0], ba[0])
    assert not torch.equal(ab[0], ac[0])
    assert not torch.equal(ab[1], ac[1])


@pytest.mark.parametrize("sight", [{"convolutions": 3}, {"bigrams": 64, "convolutions": 2}])
def test_the_padding_does_not_leak(sight):
    module = made(**sight)
    embedded, ids = text(places=9)
    alone = module(embedded, ids, None)
    padded = torch.cat([embedded, torch.full((1, 5, WIDTH), 9.0)], 1)
    others = torch.cat([ids, torch.full((1, 5), 7)], 1)
    real = torch.arange(14)[None] < 9
    torch.testing.assert_close(module(padded, others, real)[:, :9], alone)


def test_embeddings_are_dropped_in_training_only():
    module = made(embedding_dropout=0.5)
    embedded, ids = text()
    assert torch.equal(module(embedded, ids, None), embedded)
    dropped = module.train()(embedded, ids, None)
    assert 0.3 < (dropped == 0).float().mean() < 0.7


@pytest.mark.parametrize(
    "wrong", [{"convolutions": -1}, {"bigrams": -1}, {"embedding_dropout": 1.0}]
)
def test_sight_that_no_model_can_have_is_refused(wrong):
    with pytest.raises(ValidationError, match=f"{next(iter(wrong))}"):
        Sight(**wrong)
