"""What is shown before a question: a template that fits, and examples drawn from train."""

import random
from collections.abc import Sequence

from harness.core import Example
from harness.errors import ConfigError
from harness.generation import prompt as prompts
from harness.generation.formats import format_named
from harness.sequences import chosen

# Examples in a prompt are sentences of at most this many units, so that several have room.
SHOT_UNITS = 60


def prompt_for(name: str, form: str, shots: int) -> prompts.Prompt:
    """The prompt called ``name``.

    Raises:
        ConfigError: if it does not ask for the format ``form``, or has no place for ``shots``.
    """
    template = prompts.load(name)
    if format_named(template.format).name != form:
        msg = f"prompt {name!r} asks for format={template.format}, but the option is format={form}"
        raise ConfigError(msg)
    if shots and template.example is None:
        msg = f"shots={shots}, but prompt {template.name!r} has no section [example]"
        raise ConfigError(msg)
    return template


def draw_shots(train_set: Sequence[Example], shots: int, seed: int) -> list[Example]:
    """The examples to show: drawn by the seed, short, with entities where there are such.

    Raises:
        ConfigError: if the training set has too few short sentences.
    """
    if not shots:
        return []
    places = (at for at, one in enumerate(train_set) if 0 < len(one.sentence) <= SHOT_UNITS)
    short = chosen(train_set, places)
    pool = chosen(short, (at for at, one in enumerate(short) if one.spans))
    if len(pool) < shots:
        pool = short
    if len(pool) < shots:
        fitting = f"{len(pool)} sentences of 1 to {SHOT_UNITS} units"
        msg = f"shots={shots}, but train has {fitting}"
        raise ConfigError(msg)
    return random.Random(seed).sample(pool, shots)  # noqa: S311 -- no secret
