"""What a block takes on a device: seconds, memory, joules; and the lines that tell of it."""

import platform
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.runs import energy


class Report:
    """Lines for the screen and for a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.write_text("", encoding="utf-8")

    def line(self, text: str) -> None:
        """Add ``text``."""
        print(text, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


@dataclass
class Usage:
    """What a block took; None where it cannot be measured."""

    seconds: float = 0.0
    allocated: float | None = None
    reserved: float | None = None
    joules: float | None = None

    def __str__(self) -> str:
        if self.allocated is None:
            return "n/a"
        return f"{self.allocated:.2f}/{self.reserved:.2f} GiB"


def text(value: float | None, form: str) -> str:
    """``value`` as ``form`` says, where it could be measured."""
    return "n/a" if value is None else format(value, form)


@contextmanager
def measured() -> Any:
    """Seconds, peak memory and joules of a block."""
    usage, on_gpu = Usage(), torch.cuda.is_available()
    if on_gpu:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    with energy.counter() as joules:
        begin = time.perf_counter()
        yield usage
        if on_gpu:
            torch.cuda.synchronize()
        usage.seconds = time.perf_counter() - begin
    usage.joules = joules()
    if on_gpu:
        usage.allocated = torch.cuda.max_memory_allocated() / 2**30
        usage.reserved = torch.cuda.max_memory_reserved() / 2**30


def hardware() -> str:
    """The device that the rates are of."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"
