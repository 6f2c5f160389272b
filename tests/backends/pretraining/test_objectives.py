"""What each family is asked about a window, on cases made by hand and on drawn ones."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from raw_text import FAMILIES, learner
from torch.nn.functional import cross_entropy, log_softmax

from backends.generating.padding import IGNORED
from backends.pretraining.characters import (
    END,
    FIRST,
    MASK,
    PADDING,
    SENTINELS,
    UNKNOWN,
    Characters,
    is_character,
)
from backends.pretraining.masked import corrupted, hidden_batch
from backends.pretraining.replaced import filled
from backends.pretraining.span_corruption import cut

# The options that an objective is chosen by.
ASKED = {family: (family, {}) for family in FAMILIES} | {"t5, aligned": ("t5", {"aligned": True})}
KNOWN = "".join(chr(0x4E00 + i) for i in range(50))
SIZE = FIRST + len(KNOWN)
WINDOWS = ["一" * 10, "丁七万丈三\n上下丌不", "与丏丐丑\n专且丕龘世"]


def rng(seed=5):
    return np.random.default_rng(seed)


def ids(windows=WINDOWS):
    return Characters(KNOWN).ids(windows)


def long_windows(seed=0, number=8, length=120):
    """Windows of known and unknown characters and line ends."""
    draw = rng(seed)
    return draw.choice([END, UNKNOWN, *range(FIRST, SIZE)], size=(number, length))


def asked_by(kind, folder):
    """An objective, with a model of its own."""
    family, options = ASKED[kind]
    torch.manual_seed(3)
    return learner(family, folder, **options).objective(Characters(KNOWN), 120)


@pytest.fixture(params=ASKED)
def objective(request, tmp_path):
    return asked_by(request.param, tmp_path)


# Masked characters.


def test_hidden_places_read_as_mask_or_another_or_themselves_and_others_are_untouched():
    rows = np.full((400, 100), FIRST + 7)
    chosen = np.zeros_like(rows, bool)
    chosen[:, 20:80] = True
    read = corrupted(rows, chosen, SIZE, rng())
    assert (read[~chosen] == rows[~chosen]).all()
    inside = read[chosen]
    shares = [np.mean(inside == MASK), np.mean(inside == FIRST + 7)]
    assert shares == pytest.approx([0.8, 0.1], abs=0.01)
    others = inside[(inside != MASK) & (inside != FIRST + 7)]
    assert set(others.tolist()) == set(range(FIRST, SIZE)) - {FIRST + 7}


@given(st.integers(0, 50))
def test_a_character_is_never_drawn_for_itself_nor_a_token_that_is_no_text(seed):
    rows = long_windows(seed)
    chosen = is_character(rows)
    read = corrupted(rows, chosen, SIZE, rng(seed))
    kept = np.mean(read[chosen] == rows[chosen])
    assert kept < 0.2  # a tenth is kept on purpose
    assert set(np.unique(read[chosen])) <= {MASK, *range(FIRST, SIZE)}


def test_the_targets_are_what_stood_in_the_hidden_places():
    chosen = np.zeros((3, 10), bool)
    chosen[1, 2:4] = chosen[2, 9] = True
    read = np.where(chosen, MASK, ids())
    batch = hidden_batch(*map(torch.from_numpy, (read, ids(), chosen)))
    assert batch.places.tolist() == [12, 13, 29]
    assert batch.targets.tolist() == [ids()[1, 2], ids()[1, 3], ids()[2, 9]]
    assert batch.read.flatten()[batch.places].tolist() == [MASK] * 3


@pytest.mark.parametrize("family", ["bert-crf", "electra"])
def test_line_ends_and_unknown_characters_are_never_hidden(tmp_path, family):
    made = learner(family, tmp_path).objective(Characters(KNOWN), 120)
    rows = long_windows()
    for batch in made.ask(rows, 3, rng()).batches:
        one = getattr(batch, "hidden", batch)
        assert (one.targets >= FIRST).all()
        assert len(one.targets) > 0


# Replaced characters.


def test_the_discriminator_is_asked_about_characters_alone_and_replaced_means_differs(tmp_path):
    made = learner("electra", tmp_path).objective(Characters(KNOWN), 120)
    rows = long_windows()
    asked = made.ask(rows, 8, rng())
    (batch,) = asked.batches
    assert len(batch.asked) == is_character(rows).sum()
    assert (batch.ids.flatten()[batch.asked] >= FIRST).all()
    assert asked.targets == len(batch.hidden.targets)
    assert batch.share == pytest.approx(asked.targets / len(batch.asked))


def test_a_character_that_is_drawn_right_was_not_replaced(tmp_path):
    made = learner("electra", tmp_path).objective(Characters(KNOWN), 120)
    (batch,) = made.ask(long_windows(), 8, rng()).batches
    right = torch.full((len(batch.hidden.targets), SIZE), -1e9)
    right[torch.arange(len(right)), batch.hidden.targets] = 1e9
    assert torch.equal(filled(batch.hidden, right), batch.ids)
    wrong = torch.full_like(right, -1e9)
    wrong[:, FIRST] = 1e9
    read = filled(batch.hidden, wrong)
    differs = (read != batch.ids).flatten()
    assert differs[batch.hidden.places].tolist() == (batch.hidden.targets != FIRST).tolist()
    assert not differs[~torch.isin(torch.arange(differs.numel()), batch.hidden.places)].any()


def test_only_characters_are_drawn(tmp_path):
    made = learner("electra", tmp_path).objective(Characters(KNOWN), 120)
    (batch,) = made.ask(long_windows(), 8, rng()).batches
    scores = torch.zeros(len(batch.hidden.targets), SIZE)
    scores[:, :FIRST] = 1e9
    assert (filled(batch.hidden, scores).flatten()[batch.hidden.places] >= FIRST).all()


def test_the_two_embeddings_are_one_and_the_generator_learns_from_its_own_loss_alone(tmp_path):
    made = learner("electra", tmp_path).objective(Characters(KNOWN), 120)
    generator, reader = made.model.generator.reader, made.model.reader
    assert generator.table is reader.table
    assert generator.width * 4 == reader.width
    (batch,) = made.ask(long_windows(), 8, rng()).batches
    read = filled(batch.hidden, made.model.generator(batch.hidden).detach())
    made.model.doubts(read).sum().backward()
    assert all(p.grad is None for p in generator.encoder.encoder.parameters())


# Spans cut out.


def test_spans_are_cut_out_and_written_behind_their_sentinels():
    window = np.array([FIRST + i for i in range(8)])
    chosen = np.array([True, False, False, True, True, False, False, True])
    read, answer = cut(window, chosen)
    first, second, third = SENTINELS[:3]
    kept = [FIRST + i for i in (1, 2, 5, 6)]
    assert read == [first, *kept[:2], second, *kept[2:], third, END]
    assert answer == [first, FIRST, second, FIRST + 3, FIRST + 4, third, FIRST + 7, END]


@given(st.integers(0, 50))
def test_question_and_answer_together_are_the_window(seed):
    (window,) = long_windows(seed, number=1)
    chosen = is_character(window) & (rng(seed).random(len(window)) < 0.2)
    read, answer = cut(window, chosen)
    spans, current = {}, []
    for token in answer[:-1]:
        current = spans.setdefault(token, []) if token in SENTINELS else [*current, token]
        if token not in SENTINELS:
            spans[list(spans)[-1]].append(token)
    rebuilt = [t for token in read[:-1] for t in spans.get(token, [token])]
    assert rebuilt == window.tolist()
    assert (read[-1], answer[-1]) == (END, END)
    assert list(spans) == list(SENTINELS[: len(spans)])


def test_more_spans_than_sentinels_leave_the_rest_open():
    window = np.full(300, FIRST)
    chosen = np.arange(300) % 2 == 0
    read, answer = cut(window, chosen)
    assert sum(token in SENTINELS for token in read) == len(SENTINELS)
    assert len(read) + len(answer) == 300 + 2 * len(SENTINELS) + 2


# A window written again.


def test_what_is_asked_for_is_what_was_hidden_and_a_little_of_what_is_open(tmp_path):
    made = asked_by("t5, aligned", tmp_path)
    rows = long_windows(number=60)
    asked = made.ask(rows, 60, rng())
    (batch,) = asked.batches
    read, whole = batch.read.flatten(), batch.whole.flatten()
    assert batch.whole.tolist() == rows.tolist()
    assert asked.targets == len(batch.hidden) + len(batch.copied)
    hidden, copied = (torch.isin(torch.arange(len(whole)), at) for at in batch[2:])
    assert not (hidden & copied).any()
    assert (whole[hidden | copied] >= FIRST).all()  # neither line ends nor what is not known
    assert torch.equal(read[~hidden], whole[~hidden])
    characters = int(is_character(rows).sum())
    assert len(batch.hidden) / characters == pytest.approx(0.15, abs=0.01)
    assert len(batch.copied) / (characters - len(batch.hidden)) == pytest.approx(0.05, abs=0.01)
    assert (read[hidden] == MASK).float().mean() == pytest.approx(0.8, abs=0.05)


def test_an_answer_never_reads_what_it_is_to_write_next(tmp_path):
    made = asked_by("t5, aligned", tmp_path)
    made.model.eval()
    (batch,) = made.ask(long_windows(number=2), 2, rng()).batches
    changed = batch.whole.clone()
    changed[:, 60:] = FIRST + 40
    with torch.no_grad():
        before, after = (made.model.decoded(batch.read, whole)[:, :60]
                         for whole in (batch.whole, changed))  # fmt: skip
    torch.testing.assert_close(before, after)


# The next character.


def test_each_character_is_told_from_those_before_it(tmp_path):
    made = learner("gpt", tmp_path).objective(Characters(KNOWN), 120)
    (batch,) = made.ask(ids(), 3, rng()).batches
    assert batch.read.tolist() == ids()[:, :-1].tolist()
    expected = np.where(ids()[:, 1:] == UNKNOWN, IGNORED, ids()[:, 1:])
    assert batch.targets.tolist() == expected.tolist()
    assert batch.targets[1].tolist()[4] == END  # the end of a paragraph is asked for
    assert batch.targets[2].tolist()[7] == IGNORED  # what is not known is not
    assert batch.due == 9 * 3 - 1


def test_what_stands_behind_a_character_does_not_reach_it(tmp_path):
    made = learner("gpt", tmp_path).objective(Characters(KNOWN), 120)
    made.model.eval()
    (batch,) = made.ask(ids(), 3, rng()).batches
    changed = batch.read.clone()
    changed[:, 6:] = FIRST + 40
    with torch.no_grad():
        before, after = (
            made.model(input_ids=read, position_ids=batch.positions).logits[:, :6]
            for read in (batch.read, changed)
        )
    torch.testing.assert_close(before, after)


# All of them.


def test_the_loss_is_the_cross_entropy_of_the_targets_and_of_nothing_else(objective):
    objective.model.eval()
    torch.manual_seed(4)
    (batch,) = objective.ask(long_windows(number=3), 3, rng()).batches
    name, (found, due) = next(iter(objective.loss(batch).parts.items()))
    if name == "masked":
        guesser = getattr(objective.model, "generator", objective.model)
        guess, targets = (
            (guesser(batch.hidden), batch.hidden.targets)
            if hasattr(batch, "hidden")
            else (guesser(batch), batch.targets)
        )
    elif name == "span":
        before = torch.cat([torch.full((3, 1), PADDING), batch.targets[:, :-1]], 1)
        guess = objective.model(
            input_ids=batch.inputs, attention_mask=batch.mask,
            decoder_input_ids=before.clamp(min=0),
        ).logits  # fmt: skip
        guess, targets = guess[batch.targets >= 0], batch.targets[batch.targets >= 0]
    elif name == "hidden":
        before = torch.cat([torch.full((3, 1), PADDING), batch.whole[:, :-1]], 1)
        numbered = torch.arange(1, 121).repeat(3, 1)
        guess = objective.model(
            input_ids=batch.read, attention_mask=numbered, decoder_input_ids=before
        ).logits.flatten(0, 1)[batch.hidden]
        targets = batch.whole.flatten()[batch.hidden]
    else:
        guess = objective.model(input_ids=batch.read, position_ids=batch.positions).logits
        guess, targets = guess[batch.targets >= 0], batch.targets[batch.targets >= 0]
    assert due == len(targets)
    by_hand = -log_softmax(guess, -1)[torch.arange(due), targets].sum()
    torch.testing.assert_close(found, by_hand.detach())
    torch.testing.assert_close(found, cross_entropy(guess, targets, reduction="sum").detach())


# What ELECTRA's generator draws depends on how the windows are batched.
@pytest.mark.parametrize("kind", [kind for kind in ASKED if kind != "electra"])
def test_an_update_has_one_gradient_however_many_windows_are_computed_at_once(kind, tmp_path):
    objective = asked_by(kind, tmp_path)
    objective.model.eval()
    gradients, targets = [], []
    for size in (1, 3, 8):
        asked = objective.ask(long_windows(), size, rng())
        objective.model.zero_grad()
        for batch in asked.batches:
            objective.loss(batch).total.backward()
        found = (p.grad for p in objective.model.parameters())
        gradients.append([grad.clone() for grad in found if grad is not None])
        targets.append(asked.targets)
    assert len(set(targets)) == 1
    for other in gradients[1:]:
        torch.testing.assert_close(gradients[0], other, rtol=1e-3, atol=1e-4)


def test_windows_begin_at_any_position_of_gpt_that_leaves_them_room(tmp_path):
    objective = learner("gpt", tmp_path).objective(Characters(KNOWN), 120)
    positions = objective.positions
    firsts = []
    for seed in range(40):
        (batch,) = objective.ask(long_windows(number=8), 8, rng(seed)).batches
        assert (batch.positions[:, 1:] - batch.positions[:, :-1] == 1).all()
        assert batch.positions.max() < positions
        firsts += batch.positions[:, 0].tolist()
    assert min(firsts) < positions / 8
    assert max(firsts) > (positions - 120) * 7 / 8


@pytest.mark.parametrize("family", ["bert-crf", "electra"])
def test_an_encoder_has_the_positions_that_it_is_trained_in_and_no_others(family, tmp_path):
    assert learner(family, tmp_path).objective(Characters(KNOWN), 120).positions == 120
