"""What a block takes on a device: seconds, memory, joules; and the lines that tell of it."""

import json
import platform
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from harness.runs import energy


class Report:
    """Lines for the screen and for a file; what was measured ``where`` before is not again.

    ``where`` is the machine: on another one all is measured anew.
    """

    def __init__(self, path: Path, where: str) -> None:
        self.path, self.kept = path, path.with_suffix(".measured.json")
        found = json.loads(self.kept.read_text(encoding="utf-8")) if self.kept.is_file() else {}
        self.measured = found if found.get("where") == where else {"where": where}
        if len(self.measured) == 1:
            self.path.write_text("", encoding="utf-8")
            self.line(where)

    def once(self, name: str, measure: Callable[[], Any]) -> Any:
        """What ``measure`` gives, or gave to an earlier call that was cut after it."""
        if name not in self.measured:
            self.measured[name] = measure()
            beside = self.kept.with_suffix(".new")
            beside.write_text(json.dumps(self.measured), encoding="utf-8")
            beside.replace(self.kept)
        return self.measured[name]

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
