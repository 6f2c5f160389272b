"""A group of options: a frozen dataclass of keyword arguments, checked whenever one is made.

The harness reads its fields as options of the backend whose constructor takes the group
(``harness.runs.options``): type, range, default and description are written here, once.
"""

from typing import TypeVar, cast, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

Group = TypeVar("Group")

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, protected_namespaces=())


@dataclass_transform(kw_only_default=True, frozen_default=True)
def option_group(cls: type[Group]) -> type[Group]:
    """``cls`` as a group of options; pydantic's ``Field`` in an annotation bounds and describes."""
    made = dataclass(cls, frozen=True, slots=True, kw_only=True, config=_STRICT)
    return cast("type[Group]", made)
