"""What a hub data set says of itself: its splits, and which of its columns hold units and tags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from harness.data import schemes
from harness.data.readers import hub
from harness.data.readers.hub import HubSource
from harness.tags import OUTSIDE

ROWS = 200  # read to see what a column of text holds


@dataclass(frozen=True, slots=True)
class HubLayout:
    """The splits, and the columns that are lists.

    ``units`` are the columns of text, each with the units of the first rows; ``tags`` the columns
    of tags, each with all tags that it may hold. ``licence`` is empty where the data do not say.
    """

    splits: tuple[str, ...]
    columns: tuple[str, ...]
    units: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, tuple[str, ...]]
    licence: str = ""


def layout(source: HubSource) -> HubLayout:
    """The layout of the data set of ``source``, whatever split and columns that names.

    Raises:
        ConfigError: without ``datasets``, or for a repository without a revision.
        DataError: for data that are damaged, or cannot be reached.
    """
    with hub.opening(source) as datasets:
        found = hub.opened(source, datasets)
        splits = dict(found) if hasattr(found, "keys") else {"train": found}
        first = next(iter(splits.values()))
        known = {name: _tags(name, splits) for name in first.column_names}
        tags = {name: names for name, names in known.items() if names}
        texts = [name for name in first.column_names if name not in tags and _is_text(first, name)]
        return HubLayout(
            tuple(splits),
            tuple(first.column_names),
            {name: tuple(_values(first[:ROWS][name])) for name in texts},
            tags,
            first.info.license or "",
        )


def _tags(column: str, splits: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags that ``column`` may hold, in the order of their numbers; none if it holds others."""
    first = next(iter(splits.values()))
    names = hub.class_names(first.features[column])
    if names is None and _is_text(first, column) and _are_tags(_values(first[:ROWS][column])):
        names = tuple(sorted({*chain.from_iterable(_values(s[column]) for s in splits.values())}))
    return names if names and _are_tags(names) else ()


def _is_text(split: Any, column: str) -> bool:
    """Whether each row has a list of texts there."""
    return getattr(getattr(split.features[column], "feature", None), "dtype", "") == "string"


def _values(rows: Iterable[Any]) -> Iterable[str]:
    """What all rows hold; a row may hold nothing."""
    return chain.from_iterable(row or () for row in rows)


def _are_tags(values: Iterable[str]) -> bool:
    """Whether all ``values`` are tags of a scheme, and one of them not O."""
    found = set(values)
    try:
        return any(schemes.parse(value)[0] != OUTSIDE for value in found)
    except ValueError:
        return False
