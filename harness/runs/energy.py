"""Joules of the GPU from its own counter; from sampled power if it has none; else None, never 0.

A device that several processes share gives None too.

NVML's total energy counter exists since Volta (millijoules since the driver was loaded).
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

SAMPLE_SECONDS = 0.1


@contextmanager
def counter() -> Iterator[Callable[[], float | None]]:
    """Count while the block runs; what is yielded gives the joules once it has ended.

    None if other processes compute on the same device, since nobody can tell whose they are.
    """
    device = _device()
    if device is None:
        yield lambda: None
        return
    alone = [_is_alone(*device)]
    with _counted(*device) as joules:
        yield lambda: joules() if all(alone) else None
    alone.append(_is_alone(*device))


@contextmanager
def _counted(pynvml: Any, handle: Any) -> Iterator[Callable[[], float | None]]:
    """The device's own counter, or its power over time if it has none."""
    start = _millijoules(pynvml, handle)
    if start is None:
        with _sampled(pynvml, handle) as joules:
            yield joules
        return
    spent: list[float] = []
    try:
        yield lambda: spent[0]
    finally:
        spent.append(((_millijoules(pynvml, handle) or start) - start) / 1000)


def _is_alone(pynvml: Any, handle: Any) -> bool:
    """Whether one process at most computes on the device."""
    try:
        return len(pynvml.nvmlDeviceGetComputeRunningProcesses(handle)) <= 1
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
        return pynvml, pynvml.nvmlDeviceGetHandleByIndex(_index())
    except pynvml.NVMLError:
        return None


def _index() -> int:
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    return int(first) if first.isdigit() else 0


def _millijoules(pynvml: Any, handle: Any) -> int | None:
    try:
        return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))
    except pynvml.NVMLError:
        return None


@contextmanager
def _sampled(pynvml: Any, handle: Any) -> Iterator[Callable[[], float | None]]:
    """Integrate the power draw (milliwatts) over time, by the trapezoidal rule."""
    stop, samples = threading.Event(), [_sample(pynvml, handle)]

    def watch() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            samples.append(_sample(pynvml, handle))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: _integral(samples)
    finally:
        stop.set()
        thread.join()
        samples.append(_sample(pynvml, handle))


def _sample(pynvml: Any, handle: Any) -> tuple[float, float]:
    return time.perf_counter(), pynvml.nvmlDeviceGetPowerUsage(handle) / 1000


def _integral(samples: list[tuple[float, float]]) -> float:
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(samples))
