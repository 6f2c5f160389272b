"""Linear layers and dropout on a CPU: the same mathematics in less time.

torch multiplies fp32 matrices with MKL, which takes its AVX-512 kernels on Intel's processors only.
oneDNN, which torch multiplies bf16 with, takes them on all, and is twice as fast on AMD's. torch
draws one random number for each value that dropout looks at; a fourth of one is enough.
"""

import math
import platform
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.utils.flop_counter import register_flop_formula
from transformers.pytorch_utils import Conv1D

# Rows from which oneDNN is worth the kernels that it has to compile.
ROWS = 128
# Dropout decides by one of these many steps.
STEPS = 1 << 16
# What torch.compile makes of a linear layer; builds of torch without oneDNN lack it.
ONEDNN: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)


def place(model: Any, device: torch.device) -> None:
    """Move ``model`` to ``device``, with layers that suit it; parameters keep their names."""
    model.to(device)
    for layer in model.modules() if device.type == "cpu" else ():
        layer.__class__ = _QUICK.get(type(layer), type(layer))


class Linear(torch.nn.Linear):
    """``torch.nn.Linear``; large products in fp32 go to oneDNN where that is the faster one."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` (..., in) as (..., out)."""
        return linear(x, self.weight, self.bias)


class Transposed(Conv1D):
    """GPT-2's linear layer, whose weight is (in, out), likewise."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` (..., in) as (..., out)."""
        return linear(x, self.weight.t(), self.bias)


class Dropout(torch.nn.Dropout):
    """``torch.nn.Dropout``, its rate rounded to one in 65,536."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` in evaluation, else with values dropped and the others scaled up."""
        if not (self.training and self.p) or x.device.type != "cpu":
            return super().forward(x)
        kept = STEPS - round(STEPS * self.p)
        keep = _bits(x.shape) < kept - STEPS // 2
        return x * keep.to(x.dtype).mul_(STEPS / max(kept, 1))


_QUICK: dict[type, type] = {
    torch.nn.Linear: Linear, Conv1D: Transposed, torch.nn.Dropout: Dropout,
}  # fmt: skip


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """``x`` (..., in) times ``weight`` (out, in), plus ``bias`` (out,)."""
    if x.device.type != "cpu" or x.numel() < ROWS * x.shape[-1]:
        return functional.linear(x, weight, bias)
    if torch.is_autocast_enabled("cpu"):
        return _filled(functional.linear, x, weight, bias)
    if _onednn_wins() and x.dtype == weight.dtype == torch.float32:
        return _filled(Product.apply, x, weight, bias)
    return functional.linear(x, weight, bias)


def _filled(multiply: Any, x: torch.Tensor, weight: torch.Tensor, bias: Any) -> torch.Tensor:
    """The product by oneDNN, with rows of zeros up to one of eight sizes between 2**n and 2**n+1.

    oneDNN compiles a kernel for each number of rows, which takes as long as some products and a
    megabyte; batches of sentences have a number of their own each.
    """
    rows = x.flatten(0, -2)  # (rows, in)
    missing = -len(rows) % (1 << (len(rows).bit_length() - 4))
    full = functional.pad(rows, (0, 0, 0, missing)) if missing else rows
    product: torch.Tensor = multiply(full, weight, bias)[: len(rows)].unflatten(0, x.shape[:-1])
    return product


class Product(torch.autograd.Function):
    """``functional.linear`` of rows (rows, in) in fp32 by oneDNN, forward and backward."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """The product, with what its gradient needs kept in ``ctx``."""
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        """The gradients of rows, weight and bias; None for what needs none."""
        x, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        of_x = _product(gradient, weight.t()) if wanted[0] else None
        of_weight = _product(gradient.t(), x.t()) if wanted[1] else None
        return of_x, of_weight, gradient.sum(0) if wanted[2] else None


def _product(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    product: torch.Tensor = ONEDNN(x, weight, bias, "none", [], "")
    return product


def _operations(x: torch.Size, weight: torch.Size, *_: Any, **__: Any) -> int:
    """What the harness counts a product as, which torch's counter does not know."""
    return 2 * math.prod(x) * weight[0]


if ONEDNN:
    register_flop_formula(ONEDNN)(_operations)


@cache
def _onednn_wins() -> bool:
    """Whether this processor has AVX-512 and is not one that MKL takes it on."""
    wide = torch.backends.cpu.get_cpu_capability() == "AVX512"
    return bool(wide and ONEDNN) and "GenuineIntel" not in _processor()


def _processor() -> str:
    """What the system says of its processor, the maker's name in it."""
    told = Path("/proc/cpuinfo")
    return told.read_text(encoding="utf-8") if told.exists() else platform.processor()


def _bits(shape: torch.Size) -> torch.Tensor:
    """Random integers of 16 bits, four from each draw of the generator."""
    size = shape.numel()
    drawn = torch.empty(-(-size // 4), dtype=torch.int64).random_(-(2**63), None)
    return drawn.view(torch.int16)[:size].view(shape)
