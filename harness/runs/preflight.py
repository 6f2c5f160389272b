"""What this machine and the libraries cannot do, refused before anything is read or started."""

import os
from collections.abc import Mapping, Sequence

from harness.data.task import Task
from harness.errors import ConfigError
from harness.runs.config import Settings
from harness.runs.hardware import accelerators, usable_cores

LARGEST_SEED = 2**32 - 1  # NumPy takes no larger one


def refuse_seeds(seeds: Sequence[int]) -> None:
    """Refuse seeds that some library would not take.

    Raises:
        ConfigError: for none at all, or one outside 0 to 2**32 - 1.
    """
    if not seeds:
        raise ConfigError("no seed was given: a run needs one, and a rank needs three")
    for seed in seeds:
        if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
            msg = f"seed {seed!r}: expected a whole number from 0 to {LARGEST_SEED}"
            raise ConfigError(msg)


def refuse_machine(settings: Settings) -> None:
    """Refuse settings that ask for what this machine does not have.

    Raises:
        ConfigError: for a GPU where there is none, or more threads than cores that may be used.
    """
    if settings.device == "cuda" and not accelerators():
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        hidden = "" if visible is None else f" (CUDA_VISIBLE_DEVICES is {visible!r})"
        msg = f"device cuda: nvidia-smi lists no GPU here{hidden}; use device=cpu or device=auto"
        raise ConfigError(msg)
    cores = usable_cores()
    if settings.threads > cores:
        may = f"the command may use {cores} cores here"
        msg = f"threads {settings.threads}: {may}; ask for {cores} or less"
        raise ConfigError(msg)


def refuse_long_windows(backend: str, longest: int | None, settings: Settings) -> None:
    """Refuse windows that a model of ``backend`` cannot read.

    Args:
        backend: its name.
        longest: the most units that it reads; None for any number.
        settings: whose windows they are.

    Raises:
        ConfigError: naming the limit, and what to set.
    """
    if longest is None or settings.window_limit <= longest:
        return
    remedy = f"set window_limit={longest} or less"
    if settings.window_margin > longest // 4:
        remedy += f", with window_margin={longest // 4} or less"
    msg = (
        f"window_limit={settings.window_limit}: {backend} has room for {longest} units, as its "
        f"model and its options are; {remedy}"
    )
    raise ConfigError(msg)


def refuse_nested(task: Task, able: Mapping[str, bool]) -> None:
    """Refuse a task with nested gold to backends that cannot answer it.

    Args:
        task: what they are to run on.
        able: of each backend, by name, whether it answers with entities that overlap.

    Raises:
        ConfigError: naming them, those that can, and what to do.
    """
    unable = [name for name, can in able.items() if not can]
    if not task.nested or not unable:
        return
    others = [name for name, can in able.items() if can]
    able_ones = f" (here {', '.join(others)})" if others else ""
    msg = (
        f"task {task.name!r} has nested gold (`nested: true`), and {', '.join(unable)} cannot "
        "answer it: one tag a unit holds no entity within another. Ask backends that answer with "
        f"entities{able_ones}, or write `keep: outermost` in place of `nested: true`, which makes "
        "it another task"
    )
    raise ConfigError(msg)
