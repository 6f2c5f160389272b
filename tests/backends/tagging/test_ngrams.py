"""Scores of n-grams: those within reach, told apart by place, none of the padding."""

import torch

from backends.tagging.ngrams import NgramScores, hashes

ROWS, TAGS = 2**20, 5


def learned(dropout=0.0):
    torch.manual_seed(3)
    made = NgramScores(ROWS, TAGS, dropout)
    torch.nn.init.normal_(made.table.weight)
    return made.eval()


def text(places=12):
    return torch.randint(2, 5000, (1, places), generator=torch.Generator().manual_seed(5))


def test_they_begin_with_nothing_to_say():
    made = NgramScores(64, TAGS, 0.5)
    assert not made(text(), None, torch.arange(12)).any()


def test_twelve_ngrams_are_within_two_places_and_all_are_told_apart():
    found = hashes(text(), ROWS)[0, 2:-2]  # (pieces, n-grams), all of them inside the text
    assert found.shape == (8, 5 + 4 + 3)
    assert len(found.flatten().unique()) == found.numel()


def test_a_unit_is_seen_two_places_to_either_side():
    made, ids = learned(), text()
    other = ids.clone()
    other[0, 6] += 1
    before, after = (made(row, None, torch.arange(12)) for row in (ids, other))
    assert [i for i in range(12) if not torch.equal(before[i], after[i])] == [4, 5, 6, 7, 8]


def test_the_same_ngram_in_the_same_place_has_the_same_score():
    made = learned()
    ids = torch.tensor([[7, 8, 9, 10, 11, 7, 8, 9, 10, 11]])
    scores = made(ids, None, torch.tensor([2, 7]))
    assert torch.equal(*scores)


def test_padding_is_what_lies_beyond_the_end_whatever_its_id():
    made, ids = learned(), text()
    padded = torch.cat([ids, torch.full((1, 4), 3)], 1)
    real = torch.arange(16)[None] < 12
    firsts = torch.arange(12)
    assert torch.equal(made(ids, None, firsts), made(padded, real, firsts))


def test_some_are_not_seen_in_training_and_the_rest_speak_up_for_them():
    made, ids, firsts = learned(dropout=0.5), text(4), torch.arange(4)
    whole = made(ids, None, firsts)
    made.train()
    seen = torch.stack([made(ids, None, firsts) for _ in range(3000)])
    assert seen.std(0).min() > 0.1
    assert torch.allclose(seen.mean(0), whole, atol=0.3)
