"""Floating-point operations of matrix products, forward and backward; a product and a sum are two.

torch's counter, with the attention of CPUs, which it passes over.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.flop_counter import (
    FlopCounterMode,
    sdpa_backward_flop_count,
    sdpa_flop_count,
)

_ATEN: Any = torch.ops.aten


def _forward(queries: Any, keys: Any, values: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(queries, keys, values))


def _backward(gradient: Any, queries: Any, keys: Any, values: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_backward_flop_count(gradient, queries, keys, values))


_ATTENTION = {
    _ATEN._scaled_dot_product_flash_attention_for_cpu: _forward,
    _ATEN._scaled_dot_product_flash_attention_for_cpu_backward: _backward,
}


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Count the operations of the enclosed block; what is given tells them."""
    counter = FlopCounterMode(display=False, custom_mapping=_ATTENTION)
    with counter:
        yield lambda: int(counter.get_total_flops())
