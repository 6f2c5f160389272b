"""What a run takes, measured from outside the backend, the same way for every backend.

Seconds are wall seconds. Memory is the peak of the resident set, reset before each phase where the
system allows it. On a GPU the peak of allocated bytes is asked of torch, if the backend imported
it: the harness itself never does. What could not be measured is None, never 0.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import energy

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(slots=True)
class Meter:
    """Seconds, peak memory and energy of the phases of one run."""

    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int | None] = field(default_factory=dict)
    device_bytes: dict[str, int | None] = field(default_factory=dict)
    joules: dict[str, float | None] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the enclosed block as ``name``."""
        _reset_peaks()
        with energy.counter() as joules:
            start = time.perf_counter()
            try:
                yield
                _synchronise()
            finally:
                self.seconds[name] = time.perf_counter() - start
        self.peak_bytes[name] = _peak_resident()
        self.device_bytes[name] = _peak_device()
        self.joules[name] = joules()


def _torch_cuda() -> Any:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return cuda if cuda is not None and cuda.is_available() and cuda.is_initialized() else None


def _reset_peaks() -> None:
    with suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")  # Linux: resets VmHWM, see proc(5)
    if cuda := _torch_cuda():
        cuda.reset_peak_memory_stats()


def _synchronise() -> None:
    if cuda := _torch_cuda():
        cuda.synchronize()


def _peak_device() -> int | None:
    cuda = _torch_cuda()
    return int(cuda.max_memory_allocated()) if cuda else None


def _peak_resident() -> int | None:
    if not _STATUS.is_file():
        return None
    for line in _STATUS.read_text(encoding="ascii", errors="replace").split("\n"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
