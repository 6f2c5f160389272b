"""How far a training is: what is finished of it, and what of the epoch in progress is done."""

from dataclasses import asdict, dataclass, field
from typing import Any

from harness.protocol import Epoch


@dataclass(slots=True)
class Course:
    """Finished epochs, and of the one in progress updates, positions and seconds.

    ``done`` are the units read so far, ``flops`` what that took, where it is counted. A batch has
    at most ``budget`` positions, and ``halved`` has the budgets that lack of memory led to.
    ``ended`` says that no epoch follows.
    """

    budget: int
    epochs: list[Epoch] = field(default_factory=list)
    halved: list[int] = field(default_factory=list)
    done: int = 0
    updates: int = 0
    positions: int = 0
    seconds: float = 0.0
    flops: float = 0.0
    ended: bool = False

    @property
    def number(self) -> int:
        """The number of the epoch in progress, from 1."""
        return len(self.epochs) + 1

    @property
    def seconds_so_far(self) -> float:
        """The seconds of training, over all epochs and all sittings."""
        return sum(epoch.seconds for epoch in self.epochs) + self.seconds

    def close(self, epoch: Epoch, *, ended: bool) -> None:
        """Take note that ``epoch`` is finished."""
        self.epochs.append(epoch)
        self.updates, self.positions, self.seconds, self.ended = 0, 0, 0.0, ended

    def state_dict(self) -> dict[str, Any]:
        """All of it, in plain values."""
        return asdict(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        for name, value in (state | {"epochs": [Epoch(**e) for e in state["epochs"]]}).items():
            setattr(self, name, value)
