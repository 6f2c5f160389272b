"""One pass of torch's profiler, and every line that waits for the device.

A wait is found by torch's own watch for synchronisation, in a pass of its own: the profiler waits
too.
"""

import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

ROWS, PLACES = 12, 5


def profiled(title: str, work: Callable[[], object], tell: Callable[[str], None]) -> None:
    """The heaviest operations of ``work``, how busy the device was, and what waited for it."""
    waits = _waits(work)
    kinds = [torch.profiler.ProfilerActivity.CPU]
    on_gpu = torch.cuda.is_available()
    kinds += [torch.profiler.ProfilerActivity.CUDA] if on_gpu else []
    with torch.profiler.profile(activities=kinds, acc_events=True) as seen:
        begin = time.perf_counter()
        work()
        if on_gpu:
            torch.cuda.synchronize()
        wall = time.perf_counter() - begin
    table = seen.key_averages()
    key = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    busy = sum(getattr(event, key) for event in table) / 1e6
    launches = sum(event.count for event in table if "LaunchKernel" in event.key)
    tell(
        f"\n== {title}: {wall:.2f} s under the profiler, busy {busy:.2f} s, "
        f"{launches} launches, {sum(waits.values())} waits"
    )
    for place, count in sorted(waits.items(), key=lambda item: -item[1])[:PLACES]:
        tell(f"   waits {count:>6} times at {place}")
    tell(table.table(sort_by=key, row_limit=ROWS, max_name_column_width=60))


def _waits(work: Callable[[], object]) -> dict[str, int]:
    """How often the host waited for the device, by the line that did."""
    if not torch.cuda.is_available():
        work()
        return {}
    found: dict[str, int] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            work()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    for one in caught:
        if "synchroniz" not in str(one.message):
            continue
        place = f"{Path(one.filename).name}:{one.lineno}"
        found[place] = found.get(place, 0) + 1
    return found
