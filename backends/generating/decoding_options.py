"""How a generator answers: its format, how it is decoded, and how much of it is trained."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.errors import ConfigError

Decoding: TypeAlias = Literal["constrained", "free"]
Beam: TypeAlias = Literal[1, 4]
FormatName: TypeAlias = Literal["tags", "char-tag", "echo", "indexed", "inline"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a generator answers.

    Raises:
        ConfigError: for a way of decoding that the format does not have.
    """

    format: FormatName
    decoding: Decoding
    beam: Beam
    lora: int

    def __post_init__(self) -> None:
        if self.format == "inline" and self.decoding == "constrained":
            raise ConfigError(
                "format=inline has no one tag per unit to choose: set decoding=free for it"
            )
        if self.lora < 0:
            msg = f"lora={self.lora}: a rank is positive, or 0 for training all weights"
            raise ConfigError(msg)
