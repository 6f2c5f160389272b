"""Joules of the GPU from its own counter; from sampled power if it has none; else None, never 0.

A device that several processes share gives None too, and so do several devices of one run.

NVML's total energy counter exists since Volta (millijoules since the driver was loaded).
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from typing import Any, TypeAlias

from harness.runs import launch
from harness.runs.torch_cuda import torch_cuda

SAMPLE_SECONDS = 0.1
_Joules: TypeAlias = Callable[[], float | None]
_Sample: TypeAlias = tuple[float, float] | None


@contextmanager
def counter() -> Iterator[_Joules]:
    """Count while the block runs; what is yielded gives the joules once it has ended.

    None if other processes compute on the same device, since nobody can tell whose they are.
    """
    device = None if launch.processes() > 1 else _device()
    if device is None:
        yield lambda: None
        return
    alone = [_is_alone(*device)]
    with _counted(*device) as joules:
        yield lambda: joules() if all(alone) else None
    alone.append(_is_alone(*device))


def _counted(pynvml: Any, handle: Any) -> AbstractContextManager[_Joules]:
    """The device's own counter, or its power over time if it has none."""
    start = _millijoules(pynvml, handle)
    return _sampled(pynvml, handle) if start is None else _since(start, pynvml, handle)


@contextmanager
def _since(start: int, pynvml: Any, handle: Any) -> Iterator[_Joules]:
    ends: list[int | None] = []
    try:
        yield lambda: None if ends[0] is None else (ends[0] - start) / 1000
    finally:
        ends.append(_millijoules(pynvml, handle))


def _is_alone(pynvml: Any, handle: Any) -> bool:
    """Whether no process computes on the device but this one, if it does."""
    own = 0 if torch_cuda() is None else 1
    try:
        return len(pynvml.nvmlDeviceGetComputeRunningProcesses(handle)) <= own
    except pynvml.NVMLError:
        return True


def source() -> str:
    """Where the figure comes from: ``counter``, ``sampled power`` or ``n/a``."""
    device = _device()
    if device is None:
        return "n/a"
    return "sampled power" if _millijoules(*device) is None else "counter"


def _device() -> tuple[Any, Any] | None:
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        return pynvml, _handle(pynvml)
    except pynvml.NVMLError:
        return None


def _handle(pynvml: Any) -> Any:
    """The first device that this process may use, by its place or by its UUID."""
    name = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if name.isdecimal():
        return pynvml.nvmlDeviceGetHandleByIndex(int(name))
    return pynvml.nvmlDeviceGetHandleByUUID(name)


def _millijoules(pynvml: Any, handle: Any) -> int | None:
    try:
        return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))
    except pynvml.NVMLError:
        return None


@contextmanager
def _sampled(pynvml: Any, handle: Any) -> Iterator[_Joules]:
    """Integrate the power draw (milliwatts) over time, by the trapezoidal rule."""
    stop, samples = threading.Event(), [_sample(pynvml, handle)]

    def watch() -> None:
        while samples[-1] and not stop.wait(SAMPLE_SECONDS):
            samples.append(_sample(pynvml, handle))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: _integral(samples)
    finally:
        stop.set()
        thread.join()
        samples.append(_sample(pynvml, handle))


def _sample(pynvml: Any, handle: Any) -> _Sample:
    """The time in seconds and the power in watts; None of a device that does not tell it."""
    try:
        return time.perf_counter(), pynvml.nvmlDeviceGetPowerUsage(handle) / 1000
    except pynvml.NVMLError:
        return None


def _integral(samples: list[_Sample]) -> float | None:
    known = [sample for sample in samples if sample]
    if len(known) < len(samples):
        return None
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(known))
