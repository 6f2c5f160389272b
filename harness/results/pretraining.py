"""``pretraining.json``: what a model read before any task, at what cost, and what was held out.

It is written last into the folder of the weights, and is the only sign that they are finished.
"""

from typing import Any, Literal

from harness.protocol import CurvePoint
from harness.results.record import SCHEMA, FrozenModel, Natural

COMPLETE = "pretraining.json"


class SourceRead(FrozenModel):
    """A file of text: ``characters`` are there after ``removed_lines``, ``read`` were read.

    ``shippable`` is what the manifest says of weights that are trained on it; None is not stated.
    """

    name: str
    licence: str
    shippable: bool | None
    sha256: str
    characters: Natural
    removed_lines: Natural
    read: Natural

    @property
    def passes(self) -> float:
        """How often it was read."""
        return self.read / self.characters if self.characters else 0.0


class TextRead(FrozenModel):
    """The text of pretraining; ``sha256`` is that of all windows in the order they were read.

    ``alphabet`` counts the characters that the model knows. ``compared`` holds the fingerprint of
    each task whose development and test sentences were removed, ``not_compared`` why others were
    not looked at, and ``removed`` the lines by task and split.
    """

    sha256: str
    characters: Natural
    window: Natural
    alphabet: Natural
    seed: int
    power: float
    passes: float
    factors: dict[str, float]
    licences: tuple[str, ...] | None
    only_shippable: bool
    sources: tuple[SourceRead, ...]
    compared: dict[str, str]
    not_compared: dict[str, str]
    removed: dict[str, Natural]


class Sitting(FrozenModel):
    """One start of the command: pretraining that was interrupted has several.

    ``code`` is the SHA-256 of the sources of the harness and of the backend.
    """

    code: str
    versions: dict[str, str]
    hardware: dict[str, str]


class Pretraining(FrozenModel):
    """``pretraining.json``.

    ``options`` made the model, ``learning`` trained it. ``flops`` counts matrix products, forward
    and backward. ``seconds`` are those of all sittings.
    """

    schema_version: Literal[1] = SCHEMA
    digest: str
    harness: str
    backend: str
    family: str
    preset: str
    options: dict[str, Any]
    learning: dict[str, Any]
    seed: int
    text: TextRead
    objective: str
    parameters: Natural
    trained: Natural
    precision: str
    seconds: float
    flops: float | None
    curve: tuple[CurvePoint, ...]
    sittings: tuple[Sitting, ...]
