"""The pieces that answers are written in."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["unit", "tag", "literal"]


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a format: a raw unit, a tag as in the tag set, or a literal of the format."""

    kind: Kind
    value: str
