"""Where the model of a finished run answers: where it was trained, or else on the processor.

A model outlives the machine that trained it, so a GPU that is not here is no reason not to answer;
training keeps to what was planned (``resolved``).
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.runs import resolved


@dataclass(frozen=True, slots=True)
class ComputedOn:
    """A device, and the precision in which it computes."""

    device: str
    precision: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "ComputedOn":
        """That of a run with ``settings``."""
        return cls(settings["device"], settings["precision"])

    def here(self) -> "ComputedOn":
        """It, or the processor for a GPU that is not here; in fp32, which each computes quickly."""
        return ComputedOn("cpu", "fp32") if self.device == "cuda" and not _has_gpu() else self

    def instead_of(self, before: "ComputedOn") -> str:
        """What to tell of an answer from here that was trained at ``before``; nothing of none."""
        if self == before:
            return ""
        return (
            f"this run was made with device={before.device} precision={before.precision}, and no "
            f"GPU can be used here: it answers with device={self.device} precision={self.precision}"
        )


def _has_gpu() -> bool:
    """What torch says, where a backend has imported it; else what its driver does."""
    torch = sys.modules.get("torch")
    return resolved.has_gpu() if torch is None else bool(torch.cuda.is_available())
