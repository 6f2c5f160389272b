"""What machine this is, read without importing any model library."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from harness.results.run_record import LIBRARIES
from harness.runs import launch
from harness.version import OWN

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def describe() -> dict[str, str]:
    """Processor, cores, memory and accelerators, in words."""
    several = {"processes": str(launch.processes())} if launch.processes() > 1 else {}
    return several | {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{_memory() / 2**30:.0f} GiB",
        "accelerators": ", ".join(accelerators()) or "none",
        "system": f"{platform.system()} {platform.machine()}",
    }


def usable_cores() -> int:
    """How many cores this process may use: fewer than there are, where a scheduler says so."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def versions(distribution: str = OWN) -> dict[str, str]:
    """The versions of Python and of the libraries that compute.

    Of a third-party ``distribution`` also those of what it says that it needs.
    """
    found = {"python": platform.python_version()}
    for name in dict.fromkeys((*LIBRARIES, *_needed(distribution))):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _needed(distribution: str) -> list[str]:
    """The distributions that another one needs, extras left out; our own are in ``LIBRARIES``."""
    try:
        lines = [] if distribution == OWN else requires(distribution) or []
    except PackageNotFoundError:
        return []
    names = [_NAME.match(line) for line in lines if "extra ==" not in line]
    return sorted({name[0].lower() for name in names if name} - {OWN})


@cache
def accelerators() -> tuple[str, ...]:
    """The names of the GPUs that this process may use; CUDA_VISIBLE_DEVICES is respected."""
    return _of_each_gpu("name")


def visible_gpu(index: int) -> str:
    """How CUDA_VISIBLE_DEVICES names the GPU of that index among those this process may use."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return str(index) if visible is None else [v for v in visible.split(",") if v][index].strip()


def computes_bf16() -> bool:
    """Whether every GPU multiplies bf16 in hardware: compute capability 8.0, Ampere, and later."""
    found = _of_each_gpu("compute_cap")
    return bool(found) and all(int(text.partition(".")[0] or 0) >= 8 for text in found)


def _of_each_gpu(field: str) -> tuple[str, ...]:
    """What the driver says of each GPU that this process may use."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, f"--query-gpu=uuid,{field}", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    gpus = [(uuid, said) for uuid, _, said in (line.partition(", ") for line in lines)]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return tuple(said for _, said in (gpus if visible is None else _visible(gpus, visible)))


def _visible(gpus: list[tuple[str, str]], names: str) -> Iterator[tuple[str, str]]:
    """Those that CUDA shows: by place or the beginning of a UUID, up to the first name of none."""
    for name in map(str.strip, names.split(",")):
        if name.isdecimal():
            found = gpus[int(name) :][:1]
        elif name.startswith("MIG"):
            found = gpus[:1]  # a part of one, which the driver does not list
        else:
            found = [gpu for gpu in gpus if name and gpu[0].startswith(name)][:1]
        if not found:
            return
        yield from found


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.is_file():
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory() -> int:
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 0
