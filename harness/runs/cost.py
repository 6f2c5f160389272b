"""What a run costs, measured from outside the backend, the same way for every backend.

Seconds are wall seconds. Memory is the peak of the resident set, reset before each phase where the
system allows it. On a GPU the peaks of allocated and of reserved bytes are asked of torch, if the
backend imported it: the harness itself never does. What could not be measured is None, never 0.

A resident set counts pages that other processes hold, too: runs are forked from a server that has
imported the backends' libraries, and weights are mapped from files. How many those are is measured.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.runs import energy
from harness.runs.torch_cuda import torch_cuda

_STATUS = Path("/proc/self/status")
_ROLLUP = Path("/proc/self/smaps_rollup")
_CLEAR = Path("/proc/self/clear_refs")
_SHARED = ("Shared_Clean:", "Shared_Dirty:")  # see proc(5), smaps


@dataclass(frozen=True, slots=True)
class Spent:
    """What a phase took so far, in all the processes that worked on it: ``sittings``."""

    sittings: int = 1
    seconds: float = 0.0
    peak_bytes: int | None = None
    device_bytes: int | None = None
    reserved_bytes: int | None = None

    def after(self, before: "Spent | None") -> "Spent":
        """This and what was spent ``before``; a peak that one of them does not know is unknown."""
        if before is None:
            return self
        peaks = ("peak_bytes", "device_bytes", "reserved_bytes")
        return Spent(
            before.sittings + self.sittings,
            before.seconds + self.seconds,
            *(_larger(getattr(before, name), getattr(self, name)) for name in peaks),
        )


@dataclass(slots=True)
class Meter:
    """Seconds, peak memory and energy of the phases of one run, energy of those on a GPU.

    ``before`` is what earlier processes spent on the phase that they did not finish.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int | None] = field(default_factory=dict)
    device_bytes: dict[str, int | None] = field(default_factory=dict)
    reserved_bytes: dict[str, int | None] = field(default_factory=dict)
    joules: dict[str, float | None] = field(default_factory=dict)
    parts: list[tuple[int, float]] = field(default_factory=list)
    flops_per_unit: float | None = None
    sittings: int = 1
    before: Spent | None = None
    started: float = 0.0

    @contextmanager
    def part(self, units: int) -> Iterator[None]:
        """Time the enclosed block as a part of ``units`` units of the running phase."""
        start = time.perf_counter()
        yield
        _synchronise()
        self.parts.append((units, time.perf_counter() - start))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the enclosed block as ``name``."""
        _reset_peaks()
        with energy.counter() as joules:
            self.started = time.perf_counter()
            yield
            _synchronise()
            spent = self.spent()
        self.seconds[name], self.peak_bytes[name] = spent.seconds, spent.peak_bytes
        self.device_bytes[name], self.reserved_bytes[name] = (
            spent.device_bytes,
            spent.reserved_bytes,
        )
        if torch_cuda():  # else what the device took was not for this process
            # Nobody counted the joules up to the checkpoint that another process left.
            self.joules[name] = joules() if spent.sittings == 1 else None
        self.sittings, self.before = max(self.sittings, spent.sittings), None
        _give_back()

    def all_joules(self) -> float | None:
        """Of all phases; None where one of them is not known, or none was on a GPU."""
        known = [joules for joules in self.joules.values() if joules is not None]
        return sum(known) or None if len(known) == len(self.joules) else None

    def spent(self) -> Spent:
        """What the running phase took so far."""
        seconds = time.perf_counter() - self.started
        return Spent(1, seconds, _peak_resident(), *_peaks_on_device()).after(self.before)


def shared_resident() -> int | None:
    """Bytes of this process in pages that other processes hold, too; None where nobody counts them.

    What is left of the resident set is the unique set: what ending this process would give back.
    """
    if not _ROLLUP.is_file():
        return None
    lines = _ROLLUP.read_text(encoding="ascii", errors="replace").split("\n")
    shared = [line.split()[1] for line in lines if line.startswith(_SHARED)]
    return 1024 * sum(map(int, shared)) if shared else None


def _larger(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def _reset_peaks() -> None:
    with suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")  # Linux: resets VmHWM, see proc(5)
    if cuda := torch_cuda():
        cuda.reset_peak_memory_stats()


def _synchronise() -> None:
    if cuda := torch_cuda():
        cuda.synchronize()


def _give_back() -> None:
    """Return what tensors left behind, so that the next phase holds only what it needs."""
    if cuda := torch_cuda():
        cuda.empty_cache()


def _peaks_on_device() -> tuple[int, int] | tuple[None, None]:
    """Bytes that tensors had at the most, and bytes that torch held for them."""
    cuda = torch_cuda()
    if cuda is None:
        return None, None
    return int(cuda.max_memory_allocated()), int(cuda.max_memory_reserved())


def _peak_resident() -> int | None:
    if not _STATUS.is_file():
        return None
    for line in _STATUS.read_text(encoding="ascii", errors="replace").split("\n"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
