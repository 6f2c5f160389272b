"""The fast CRF gives what pytorch-crf gives, and is finite where pytorch-crf is not."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchcrf import CRF

from backends.tagging import crf as module

FORBIDDEN = (0.0, -1e4, -math.inf)


def make_crf(labels, forbidden=0.0, seed=0):
    """A CRF in which label 0 may stand anywhere, as O may, and other steps may be forbidden."""
    noise = torch.Generator().manual_seed(seed)
    crf = CRF(labels, batch_first=True)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter, generator=noise)
    if forbidden:
        ruled_out = torch.rand(labels, labels, generator=noise) < 0.4
        ruled_out[0] = ruled_out[:, 0] = False
        crf.transitions.data.masked_fill_(ruled_out, forbidden)
    return crf


def make_batch(labels, lengths, scale=1.0, seed=0):
    """Emissions, tags whose steps are all to or from label 0, and a mask."""
    noise = torch.Generator().manual_seed(seed)
    units = max(lengths)
    emissions = scale * torch.randn(len(lengths), units, labels, generator=noise)
    tags = torch.randint(labels, (len(lengths), units), generator=noise) * (torch.arange(units) % 2)
    return emissions, tags, torch.arange(units) < torch.tensor(lengths)[:, None]


def with_gradients(loss, crf, emissions, dtype=torch.float32):
    """The loss, and the gradients of emissions, start, end and transitions."""
    crf = copy.deepcopy(crf).to(dtype)
    emissions = emissions.to(dtype).requires_grad_()
    value = loss(crf, emissions)
    inputs = (emissions, *crf.parameters())
    # One unit has no step, and pytorch-crf then no gradient for one.
    gradients = torch.autograd.grad(value, inputs, materialize_grads=True)
    return value.item(), [gradient.double() for gradient in gradients]


def largest_error(found, exact):
    return max((a - b).abs().max().item() for a, b in zip(found, exact, strict=True))


def all_paths(labels, length):
    return torch.tensor(list(itertools.product(range(labels), repeat=length)))  # (paths, units)


def path_scores(crf, row, paths):
    """The definition: the start, each unit's tag, each step, the end."""
    edges = crf.start_transitions[paths[:, 0]] + crf.end_transitions[paths[:, -1]]
    steps = crf.transitions[paths[:, :-1], paths[:, 1:]].sum(dim=1)
    return edges + steps + row[range(paths.shape[1]), paths].sum(dim=1)


@pytest.mark.parametrize("forbidden", FORBIDDEN)
@pytest.mark.parametrize("labels", [1, 2, 5])
def test_loss_and_paths_equal_those_of_all_paths_enumerated(labels, forbidden):
    lengths = [6, 1, 4]
    crf = make_crf(labels, forbidden).double()
    emissions, tags, mask = make_batch(labels, lengths)

    def enumerated(crf, emissions):
        loss = 0
        for row, gold, length in zip(emissions, tags, lengths, strict=True):
            scores = path_scores(crf, row, all_paths(labels, length))
            (score,) = path_scores(crf, row, gold[None, :length])
            loss = loss + scores[scores > -math.inf].logsumexp(0) - score
        return loss

    def ours(crf, emissions):
        return module.loss(crf, emissions, tags, mask)

    exact, exact_gradients = with_gradients(enumerated, crf, emissions, torch.float64)
    found, gradients = with_gradients(ours, crf, emissions, torch.float64)
    assert found == pytest.approx(exact, rel=1e-12)
    assert largest_error(gradients, exact_gradients) < 1e-12
    for row, length, path in zip(
        emissions.double(), lengths, module.decode(crf, emissions, mask), strict=True
    ):
        paths = all_paths(labels, length)
        assert path.tolist() == paths[path_scores(crf, row, paths).argmax()].tolist()


@pytest.mark.parametrize("labels", [2, 9, 41])
@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_loss_is_that_of_torchcrf_and_its_gradient_is_nearer_to_float64(labels, scale):
    crf = make_crf(labels)
    emissions, tags, mask = make_batch(labels, [60, 60, 1, 2, 33], scale)

    def theirs(crf, emissions):
        return -crf(emissions, tags, mask)

    def ours(crf, emissions):
        return module.loss(crf, emissions, tags, mask)

    exact, exact_gradients = with_gradients(theirs, crf, emissions, torch.float64)
    plain, plain_gradients = with_gradients(theirs, crf, emissions)
    found, gradients = with_gradients(ours, crf, emissions)
    assert found == pytest.approx(exact, rel=1e-6)
    assert found == pytest.approx(plain, rel=1e-5)
    assert largest_error(gradients, exact_gradients) < largest_error(
        plain_gradients, exact_gradients
    )


@settings(max_examples=40, deadline=None)
@given(
    labels=st.integers(1, 12),
    lengths=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    scale=st.sampled_from([0.0, 0.1, 5.0, 100.0]),
    forbidden=st.sampled_from([0.0, -1e4]),
    seed=st.integers(0, 2**16),
)
def test_any_shape_gives_the_loss_gradient_and_paths_of_torchcrf(
    labels, lengths, scale, forbidden, seed
):
    crf = make_crf(labels, forbidden, seed)
    emissions, tags, mask = make_batch(labels, lengths, scale, seed)
    exact, exact_gradients = with_gradients(
        lambda crf, x: -crf(x, tags, mask), crf, emissions, torch.float64
    )
    found, gradients = with_gradients(
        lambda crf, x: module.loss(crf, x, tags, mask), crf, emissions
    )
    assert found == pytest.approx(exact, rel=1e-5, abs=1e-4)
    assert largest_error(gradients, exact_gradients) < 1e-4
    with torch.no_grad():
        assert [path.tolist() for path in module.decode(crf, emissions, mask)] == crf.decode(
            emissions, mask
        )


@pytest.mark.parametrize("forbidden", FORBIDDEN)
@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0])
def test_forbidden_steps_and_large_emissions_leave_everything_finite_and_right(forbidden, scale):
    crf = make_crf(9, forbidden)
    emissions, tags, mask = make_batch(9, [40, 3, 1, 25], scale)

    def ours(crf, emissions):
        return module.loss(crf, emissions, tags, mask)

    exact, exact_gradients = with_gradients(ours, crf, emissions, torch.float64)
    found, gradients = with_gradients(ours, crf, emissions)
    assert math.isfinite(found)
    assert found == pytest.approx(exact, rel=1e-6)
    assert largest_error(gradients, exact_gradients) < 1e-5


def test_gradient_is_that_of_finite_differences():
    crf = make_crf(4).double()
    emissions, tags, mask = make_batch(4, [5, 1, 3])

    def loss(emissions, start, end, step):
        holder = copy.copy(crf)
        holder._parameters = {
            "start_transitions": start,
            "end_transitions": end,
            "transitions": step,
        }
        return module.loss(holder, emissions, tags, mask)

    inputs = (emissions.double().requires_grad_(), *crf.parameters())
    assert torch.autograd.gradcheck(loss, inputs)


def test_gradient_follows_what_is_done_with_the_loss():
    crf = make_crf(4)
    emissions, tags, mask = make_batch(4, [5, 2])
    _, once = with_gradients(lambda crf, x: module.loss(crf, x, tags, mask), crf, emissions)
    _, thrice = with_gradients(lambda crf, x: 3 * module.loss(crf, x, tags, mask), crf, emissions)
    assert largest_error(thrice, [3 * gradient for gradient in once]) < 1e-5


@pytest.mark.parametrize("offset", [-500.0, 500.0])
def test_transitions_may_all_be_far_from_zero(offset):
    crf = make_crf(4)
    emissions, tags, mask = make_batch(4, [30, 2])
    near, near_gradients = with_gradients(
        lambda crf, x: module.loss(crf, x, tags, mask), crf, emissions, torch.float64
    )
    crf.transitions.data += offset
    found, gradients = with_gradients(
        lambda crf, x: module.loss(crf, x, tags, mask), crf, emissions
    )
    assert found == pytest.approx(near, rel=1e-4)
    assert largest_error(gradients, near_gradients) < 1e-2  # what fp32 keeps of 500 and a step


def test_padding_counts_for_nothing_whatever_stands_there():
    crf = make_crf(4)
    emissions, tags, mask = make_batch(4, [5, 2])
    dirty = emissions.masked_fill(~mask[..., None], math.nan)
    ignored = tags.masked_fill(~mask, -100)
    clean = with_gradients(lambda crf, x: module.loss(crf, x, tags, mask), crf, emissions)
    found = with_gradients(lambda crf, x: module.loss(crf, x, ignored, mask), crf, dirty)
    assert found[0] == clean[0]
    assert largest_error(found[1], clean[1]) == 0
    assert not found[1][0][~mask].any()


def test_autocast_does_not_reach_the_crf():
    crf = make_crf(4)
    emissions, tags, mask = make_batch(4, [30, 20])
    half = emissions.bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = module.loss(crf, half, tags, mask)
    assert found.dtype == torch.float32
    assert found.item() == module.loss(crf, half.float(), tags, mask).item()


def test_an_accelerator_is_never_waited_for():
    """Tensors without values stand in for a device: to look at one is an error."""
    crf = make_crf(9).to("meta")
    emissions, tags, mask = (x.to("meta") for x in make_batch(9, [20, 7]))
    emissions.requires_grad_()
    module._check_mask(emissions, mask, 9)
    module._check_tags(tags, mask, 9)
    chain = crf.start_transitions, crf.transitions, crf.end_transitions
    module._Loss.apply(mask, tags, emissions, *chain).backward()
    assert emissions.grad.shape == emissions.shape


@pytest.mark.parametrize("tag", [-100, 4])
def test_a_tag_outside_the_set_that_nobody_looked_at_gives_no_finite_loss(tag):
    crf = make_crf(4)
    emissions, tags, mask = make_batch(4, [5, 2])
    tags[1, 1] = tag
    chain = crf.start_transitions, crf.transitions, crf.end_transitions
    assert not module._Loss.apply(mask, tags, emissions, *chain).isfinite()


@pytest.mark.parametrize("tag", [-100, -1, 4])
def test_a_tag_outside_the_set_is_refused_with_its_row(tag):
    emissions, tags, mask = make_batch(4, [5, 2])
    tags[1, 1] = tag
    with pytest.raises(ValueError, match=r"row 1 has a tag outside 0\.\.3"):
        module.loss(make_crf(4), emissions, tags, mask)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mask: mask.byte(), r"expected a bool mask \(2, 5\), found torch.uint8"),
        (lambda mask: mask[:, :-1], r"expected a bool mask \(2, 5\), found torch.bool \(2, 4\)"),
        (lambda mask: mask & torch.tensor([[True], [False]]), "row 1 has no unit"),
        (lambda mask: mask & (torch.arange(5) != 2), "row 0 has a hole in its mask"),
    ],
)
def test_a_wrong_mask_is_refused(change, message):
    emissions, tags, mask = make_batch(4, [5, 2])
    with pytest.raises(ValueError, match=message):
        module.loss(make_crf(4), emissions, tags, change(mask))
    with pytest.raises(ValueError, match=message):
        module.decode(make_crf(4), emissions, change(mask))


def test_wrong_shapes_are_refused():
    emissions, tags, mask = make_batch(4, [5, 2])
    with pytest.raises(ValueError, match=r"expected emissions \(batch, units, 3\), found"):
        module.loss(make_crf(3), emissions, tags, mask)
    with pytest.raises(ValueError, match=r"expected tags \(2, 5\), found \(2, 4\)"):
        module.loss(make_crf(4), emissions, tags[:, :-1], mask)


def test_paths_of_a_file_are_those_of_torchcrf_sentence_by_sentence():
    crf = make_crf(7)
    noise = np.random.default_rng(0)
    lengths = noise.integers(1, 30, 600)
    rows = [noise.standard_normal((length, 7), np.float32) for length in lengths]
    with torch.no_grad():
        alone = [
            crf.decode(torch.from_numpy(row)[None], torch.ones(1, len(row), dtype=torch.bool))[0]
            for row in rows
        ]
    assert [path.tolist() for path in module.decode_sentences(crf, rows)] == alone
