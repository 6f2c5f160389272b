"""FGM: a second gradient where the embeddings are moved along the first, and then put back."""

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook
from unit_objective import DATA, UnitTagger, context

from backends.training.adversary import moved
from backends.training.loop import train
from backends.training.recipe import Recipe
from harness.errors import ConfigError

RECIPE = {"epochs": 1, "batch_units": 10**6, "learning_rate": 0.05, "warmup": 0.0, "clip": 0.0}


@pytest.fixture
def embeddings():
    torch.manual_seed(3)
    made = torch.nn.Parameter(torch.randn(7, 5) * 1e-3)
    made.grad = torch.randn(7, 5)
    return made


def test_they_are_moved_by_its_size_along_the_gradient_and_put_back_to_the_bit(embeddings):
    before = embeddings.detach().clone()
    with moved(embeddings, 0.3):
        step = embeddings.detach() - before
        assert step.norm().item() == pytest.approx(0.3, rel=1e-5)
        along = torch.nn.functional.cosine_similarity(step.flatten(), embeddings.grad.flatten(), 0)
        assert along.item() == pytest.approx(1.0)
    assert torch.equal(embeddings, before)


def test_they_are_put_back_after_an_error_too(embeddings):
    before = embeddings.detach().clone()
    with pytest.raises(MemoryError), moved(embeddings, 0.3):
        raise MemoryError
    assert torch.equal(embeddings, before)


def test_without_a_direction_nothing_is_moved(embeddings):
    before = embeddings.detach().clone()
    embeddings.grad.zero_()
    with moved(embeddings, 0.3):
        assert torch.equal(embeddings, before)


def test_embeddings_that_are_not_trained_are_one_message():
    frozen = torch.nn.Parameter(torch.ones(2, 2))
    told = pytest.raises(ConfigError, match=r"adversarial=0\.3: the embeddings .* not trained")
    with told, moved(frozen, 0.3):
        pass


def gradients_of_first_update(folder, **changes):
    objective, seen = UnitTagger(), []

    def look(optimiser, args, kwargs):
        seen.append([p.grad.clone() for p in objective.model.parameters()])

    handle = register_optimizer_step_pre_hook(look)
    train(objective, DATA, [], Recipe(**RECIPE | changes), context(folder))
    handle.remove()
    return seen[0]


def test_the_update_is_the_sum_of_both_gradients(tmp_path):
    found = gradients_of_first_update(tmp_path, adversarial=0.5)
    objective = UnitTagger()
    batch = objective.collate(DATA)
    parameters = list(objective.model.parameters())
    loss, units = objective.loss(batch)
    clean = torch.autograd.grad(loss, parameters)
    with torch.no_grad():
        objective.model[0].weight += 0.5 * clean[0] / clean[0].norm()
    moved_loss, _ = objective.loss(batch)
    second = torch.autograd.grad(moved_loss, parameters)
    assert moved_loss > loss
    for one, a, b in zip(found, clean, second, strict=True):
        torch.testing.assert_close(one, (a + b) / units, rtol=1e-4, atol=1e-6)


def test_accumulation_changes_no_update(tmp_path):
    whole = gradients_of_first_update(tmp_path / "a", adversarial=0.5, batch_units=120)
    split = gradients_of_first_update(tmp_path / "b", adversarial=0.5, batch_units=40, accumulate=3)
    for one, other in zip(whole, split, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
