"""Where and how a run computes: device, threads, seed, precision.

Prediction is in fp32, since tags in bf16 depend on the padding beside them. Who wants the speed of
bf16 asks for ``bf16-all``, which the record of the run names, so that the row stands apart.

An accelerator is never waited for where it need not be: batches reach it from pinned memory, and
results leave it while it goes on.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from accelerate.utils import recursively_apply, send_to_device, set_seed

from harness.errors import ResourceError
from harness.protocol import Context

# Devices that read the memory of the host.
SHARING = ("cpu", "mps")
# The instructions for products in bf16, as torch calls them.
BF16 = ("avx512_bf16", "amx_bf16", "bf16")


def device_of(context: Context) -> torch.device:
    """The device of the run: ``auto`` is an accelerator where there is one.

    Raises:
        ResourceError: for a GPU that torch cannot use; the run was planned on it.
    """
    if context.device == "cuda" and not torch.cuda.is_available():
        msg = (
            f"the run was planned on a GPU, and torch {torch.__version__} cannot use one here: "
            "install a build with CUDA for this driver, or set device=cpu"
        )
        raise ResourceError(msg)
    if context.device != "auto":
        return torch.device(context.device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def seed_everything(seed: int) -> None:
    """Seed the generators of Python, numpy and torch, on all devices."""
    set_seed(seed)


def set_up(context: Context) -> torch.device:
    """Set the threads and the seed of the run; gives its device. Call it before a model is made."""
    if context.threads:
        torch.set_num_threads(context.threads)
    seed_everything(context.seed)
    return device_of(context)


def precision_of(context: Context, device: torch.device) -> str:
    """The precision of training; ``auto`` is bf16 on an accelerator that computes it, else fp32."""
    if context.precision != "auto":
        return context.precision
    return "bf16" if device.type == "cuda" and multiplies_bf16(device) else "fp32"


def quickest_precision(context: Context, device: torch.device) -> str:
    """The precision of training on much text; ``auto`` is bf16 wherever it is the quicker one."""
    if context.precision != "auto":
        return context.precision
    return "bf16" if multiplies_bf16(device) else "fp32"


def multiplies_bf16(device: torch.device) -> bool:
    """Whether ``device`` has instructions for products in bf16; emulated, they are a trap.

    On a processor with AVX2 alone, training in bf16 takes 15 times as long as in fp32.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return any(able.get(name) for name in BF16)


def emulated(device: torch.device, precision: str) -> str:
    """What to say of a ``precision`` that ``device`` has no instructions for; nothing if it has."""
    if precision == "fp32" or multiplies_bf16(device):
        return ""
    return f"{precision} is emulated on this device: it takes many times as long as precision=fp32"


def precision_of_answers(context: Context) -> str:
    """The precision of prediction."""
    return context.precision if context.precision == "bf16-all" else "fp32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """The context in which matrices are multiplied in ``precision``."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision != "fp32")


def to_device(batch: Any, device: torch.device) -> Any:
    """``batch``, nested CPU tensors and plain values, on ``device``; the host does not wait."""
    if device.type in SHARING:
        return send_to_device(batch, device)
    pinned = recursively_apply(torch.Tensor.pin_memory, batch)
    return send_to_device(pinned, device, non_blocking=True)


def to_host(values: torch.Tensor) -> Callable[[], torch.Tensor]:
    """Begin to copy ``values`` to the host; calling what is given waits until they are there."""
    if values.device.type != "cuda":
        return values.cpu
    copy = values.to("cpu", non_blocking=True)  # into memory that torch pins for it
    arrived = torch.cuda.Event()
    arrived.record(torch.cuda.current_stream(values.device))

    def wait() -> torch.Tensor:
        arrived.synchronize()
        return copy

    return wait
