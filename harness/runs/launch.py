"""One run in several processes that a launcher started, such as ``accelerate launch``.

The first process does the whole run and holds its folder. The others train with it and store
nothing: they leave when training is over. A launcher's processes meet once, so there is one run.
"""

import os

from harness.errors import ConfigError


def processes() -> int:
    """How many processes the launcher started; 1 without one.

    Raises:
        ConfigError: for a variable that is no number.
    """
    said = os.environ.get("WORLD_SIZE") or "1"
    if not said.isdecimal():
        msg = f"WORLD_SIZE={said}: a launcher sets it to a number of processes; unset it"
        raise ConfigError(msg)
    return int(said)


def follows() -> bool:
    """Whether this process only takes part in what the first one does."""
    return processes() > 1 and os.environ.get("RANK", "0") != "0"


def require_one(runs: int) -> None:
    """Refuse several ``runs`` under a launcher.

    Raises:
        ConfigError: naming how many there are.
    """
    if processes() > 1 < runs:
        msg = (
            f"a launcher started {processes()} processes for one run, and this command has {runs}: "
            "name one task, backend and seed for each launch, or run it without the launcher"
        )
        raise ConfigError(msg)


def refuse(command: str) -> None:
    """Refuse ``command`` under a launcher.

    Raises:
        ConfigError: for what starts its own processes.
    """
    if processes() > 1:
        msg = f"{command} starts its own processes, and a launcher started it: run it alone"
        raise ConfigError(msg)
