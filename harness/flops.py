"""Floating-point operations of matrix products, forward and backward; a product and a sum are two.

torch's counter, with the attention of CPUs, which it passes over. torch is not imported for it.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_ON_CPU = "_scaled_dot_product_flash_attention_for_cpu"


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Count the operations of the enclosed block; what is given tells them, 0 without torch.

    Kernels that torch does not know are not counted.
    """
    if "torch" not in sys.modules:
        yield lambda: 0
        return
    counters = import_module("torch.utils.flop_counter")
    counter = counters.FlopCounterMode(display=False, custom_mapping=_attention(counters))
    with counter:
        yield lambda: int(counter.get_total_flops())


def _attention(counters: Any) -> Mapping[Any, Callable[..., int]]:
    """The attention of CPUs, forward and backward, and how many operations each of them is."""

    def forward(queries: Any, keys: Any, values: Any, *_: Any, **__: Any) -> int:
        return int(counters.sdpa_flop_count(queries, keys, values))

    def backward(gradient: Any, queries: Any, keys: Any, values: Any, *_: Any, **__: Any) -> int:
        return int(counters.sdpa_backward_flop_count(gradient, queries, keys, values))

    kernels = import_module("torch").ops.aten
    return {
        getattr(kernels, _ON_CPU): forward,
        getattr(kernels, f"{_ON_CPU}_backward"): backward,
    }
