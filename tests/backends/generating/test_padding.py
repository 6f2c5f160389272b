"""Masks that transformers takes as they are, so that an accelerator is not waited for."""

from types import SimpleNamespace

import torch

from backends.generating.padding import causal_mask, key_mask, waits_for_mask

MASK = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])


def test_on_a_cpu_and_without_sdpa_the_plain_mask_stays():
    def model(device, implementation):
        config = SimpleNamespace(_attn_implementation=implementation)
        return SimpleNamespace(device=torch.device(device), config=config)

    assert waits_for_mask(model("cuda", "sdpa"))
    assert not waits_for_mask(model("cpu", "sdpa"))
    assert not waits_for_mask(model("cuda", "eager"))


def test_all_look_at_what_is_real():
    assert key_mask(MASK).shape == (2, 1, 1, 4)
    assert key_mask(MASK)[0, 0, 0].tolist() == [False, False, True, True]


def test_behind_means_what_is_before_and_padding_looks_at_itself():
    seen = causal_mask(MASK, 0)
    assert seen[0, 0].int().tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert torch.equal(seen[1, 0], torch.ones(4, 4).tril().bool())
    assert torch.equal(causal_mask(MASK, 2), seen[:, :, 2:])
