"""What the harness knows of a run that several processes worked on, one after the other.

What a backend keeps is its own; what was measured and what was scored is the harness's, and is kept
beside it, so that a record holds all sittings that its result came from.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.protocol import UNFINISHED, DevScore
from harness.results.checkpoints import CheckpointFolder
from harness.runs.cost import Meter, Spent


@dataclass(slots=True)
class Sittings:
    """The cost and the development scores of training so far."""

    meter: Meter
    scores: list[DevScore]

    def kept(self) -> dict[str, Any]:
        """All of it, in plain values."""
        spent, scores = self.meter.spent(), [asdict(score) for score in self.scores]
        return {"spent": asdict(spent), "scores": scores}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from what ``kept`` gave."""
        self.meter.before = Spent(**kept["spent"])
        self.scores[:] = [DevScore(**score) for score in kept["scores"]]


def checkpoints_of(
    folder: Path, minutes: float, meter: Meter, scores: list[DevScore]
) -> CheckpointFolder:
    """The checkpoints of the run in ``folder``, one after each ``minutes``."""
    return CheckpointFolder(folder / UNFINISHED, 60 * minutes, Sittings(meter, scores))
