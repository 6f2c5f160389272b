"""Operations are counted alike on every device, in training and of a run."""

import subprocess
import sys

import torch
from torch.nn import functional

from harness.flops import counted

HEADS, LENGTH, WIDTH = 2, 64, 16
PRODUCT = 2 * HEADS * LENGTH * LENGTH * WIDTH


def test_attention_on_a_cpu_is_two_products_forward_and_five_backward():
    states = torch.rand(1, HEADS, LENGTH, WIDTH, requires_grad=True)
    with counted() as forward:
        attended = functional.scaled_dot_product_attention(states, states, states)
    assert forward() == 2 * PRODUCT
    with counted() as backward:
        attended.sum().backward()
    assert backward() == 5 * PRODUCT


def test_torch_is_not_imported_to_count():
    code = (
        "import sys; from harness.flops import counted\n"
        "with counted() as operations: pass\n"
        "print(operations(), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]
