"""What a user may say of where and when cells run."""

import math
from dataclasses import dataclass

PROCESSES, RAY = "processes", "ray"


@dataclass(frozen=True, slots=True)
class Placement:
    """The executor, and what it may take.

    ``workers`` is how many runs side by side, None as many as there is room for; ``time_limit`` is
    in seconds; ``runs_per_gpu`` small runs share one GPU.
    """

    executor: str = PROCESSES
    workers: int | None = None
    time_limit: float = math.inf
    runs_per_gpu: int = 1
