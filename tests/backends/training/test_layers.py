"""Layers for a CPU: what torch's compute, up to rounding."""

import copy

import pytest
import torch
from torch.nn import functional
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel
from transformers.pytorch_utils import Conv1D

from backends.training import layers
from backends.training.layers import ROWS, Dropout, Linear, Transposed, linear, place
from harness.flops import counted

CPU = torch.device("cpu")


@pytest.fixture
def everywhere(monkeypatch):
    """oneDNN takes the products, whoever made this processor."""
    if not layers.ONEDNN:
        pytest.skip("this build of torch has no oneDNN")
    monkeypatch.setattr(layers, "_onednn_wins", lambda: True)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(200, 24), (5, 27, 24), (2, 3, 40, 24)])
def test_a_product_and_its_gradients_are_torchs(everywhere, shape, bias):
    torch.manual_seed(1)
    x = torch.randn(*shape, requires_grad=True)
    weight = torch.randn(9, 24, requires_grad=True)
    parameters = [x, weight, *([torch.randn(9, requires_grad=True)] if bias else [])]
    wanted = functional.linear(*parameters)
    got = linear(x, weight, parameters[2] if bias else None)
    assert "Product" in history(got)
    assert torch.allclose(got, wanted, atol=1e-5)
    outer = torch.randn_like(wanted)
    theirs = torch.autograd.grad(wanted, parameters, outer)
    ours = torch.autograd.grad(got, parameters, outer)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)


def history(tensor):
    """The names of the functions that made ``tensor``, last first."""
    found, function = [], tensor.grad_fn
    while function:
        found.append(function.name())
        function = next((f for f, _ in function.next_functions if f), None)
    return " ".join(found)


def test_a_frozen_weight_gets_no_gradient(everywhere):
    x, weight = torch.randn(200, 8, requires_grad=True), torch.randn(4, 8)
    linear(x, weight, None).sum().backward()
    assert weight.grad is None
    assert torch.allclose(x.grad, weight.sum(0).expand(200, 8), atol=1e-5)


def test_few_rows_are_left_to_torch(everywhere):
    layer = Linear(8, 8)
    assert "Product" in history(layer(torch.randn(ROWS, 8)))
    assert "Product" not in history(layer(torch.randn(ROWS - 1, 8)))


def test_bf16_stays_bf16_and_its_gradients_are_torchs():
    torch.manual_seed(6)
    layer, x = Linear(24, 9), torch.randn(150, 24)
    with torch.autocast("cpu", torch.bfloat16):
        got, wanted = layer(x), functional.linear(x, layer.weight, layer.bias)
    assert got.dtype == torch.bfloat16
    assert torch.equal(got, wanted)
    ours = torch.autograd.grad(got.float().square().sum(), layer.weight, retain_graph=True)[0]
    theirs = torch.autograd.grad(wanted.float().square().sum(), layer.weight)[0]
    assert torch.allclose(ours, theirs, rtol=0.02, atol=0.1)


def test_batches_of_all_sizes_need_few_kernels(everywhere, monkeypatch):
    seen = set()
    plain = layers._product
    monkeypatch.setattr(layers, "_product", lambda x, *rest: seen.add(len(x)) or plain(x, *rest))
    layer = Linear(8, 8)
    for rows in range(256, 513):
        assert len(layer(torch.randn(rows, 8))) == rows
    assert len(seen) == 9
    assert max(seen) == 512


def models():
    sizes = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    bert = BertConfig(**sizes, intermediate_size=32, attn_implementation="eager")
    gpt = GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, n_positions=64)
    return [BertModel(bert), GPT2LMHeadModel(gpt)]


@pytest.mark.parametrize("kind", [0, 1])
def test_a_placed_model_answers_as_before_under_the_same_names(everywhere, kind):
    torch.manual_seed(2)
    plain = models()[kind].eval()
    placed = copy.deepcopy(plain)
    place(placed, CPU)
    ids = torch.randint(0, 50, (7, 20))
    with torch.inference_mode():
        assert torch.allclose(placed(ids)[0], plain(ids)[0], atol=1e-5)
    assert placed.state_dict().keys() == plain.state_dict().keys()
    swapped = {type(layer) for layer in placed.modules()}
    assert swapped & {Linear, Transposed}
    assert Dropout in swapped
    assert not swapped & {torch.nn.Linear, torch.nn.Dropout, Conv1D}


def test_dropout_drops_its_share_and_scales_the_rest():
    torch.manual_seed(3)
    layer, x = Dropout(0.1), torch.full((400, 501), 2.0, requires_grad=True)
    dropped = layer(x)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.1, abs=0.003)
    assert dropped[dropped != 0].unique().item() == pytest.approx(2 / 0.9, rel=1e-4)
    dropped.sum().backward()
    assert torch.equal(x.grad == 0, dropped == 0)


def test_dropout_has_no_pattern_in_neighbours():
    torch.manual_seed(4)
    gone = (Dropout(0.5)(torch.ones(1 << 18)) == 0).float()
    for step in (1, 2, 3, 4, 8):
        both = (gone[step:] * gone[:-step]).mean().item()
        assert both == pytest.approx(0.25, abs=0.006)


def test_dropout_follows_the_seed_and_rests_in_evaluation():
    layer, x = Dropout(0.3), torch.ones(1000)
    torch.manual_seed(5)
    first = layer(x)
    torch.manual_seed(5)
    assert torch.equal(layer(x), first)
    assert layer.eval()(x) is x


def test_the_maker_of_the_processor_decides(monkeypatch):
    capability = torch.backends.cpu.get_cpu_capability() == "AVX512"
    for maker, wins in (("GenuineIntel", False), ("AuthenticAMD", capability)):
        monkeypatch.setattr(layers, "_processor", lambda maker=maker: f"vendor_id : {maker}")
        assert layers._onednn_wins.__wrapped__() == wins


def test_operations_are_counted_as_torchs_are(everywhere):
    layer, x = torch.nn.Linear(24, 9), torch.randn(256, 24)
    with counted() as plain:
        layer(x)
    place(layer, CPU)
    with counted() as ours:
        assert "Product" in history(layer(x))
    assert ours() == plain() == 2 * 256 * 24 * 9
