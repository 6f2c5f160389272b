"""One gold for all rows: support per type is the same for every backend and seed, or no table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.comparability.fields import Recorded
from harness.errors import DataError


class Stored(Recorded, Protocol):
    """A recorded run that stands in a folder."""

    @property
    def folder(self) -> Path:
        """Where it stands."""
        ...


def require_same_gold(results: Sequence[Stored]) -> None:
    """Refuse runs of one task whose gold differs.

    Raises:
        DataError: naming the runs, where the support per type differs between two runs on the same
            split and limit.
    """
    seen: dict[tuple[str, str, int | None], Stored] = {}
    for result in results:
        data = result.run.data
        first = seen.setdefault((data.task, data.split, data.limit), result)
        if Counter(data.support) != Counter(first.run.data.support):
            msg = (
                f"no table: the gold of {data.task} ({data.split}) differs between two runs. "
                f"{first.folder}: {_text(first.run.data.support)}. "
                f"{result.folder}: {_text(data.support)}. "
                "Run both on the same files, or leave one out"
            )
            raise DataError(msg)


def _text(support: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {support[label]}" for label in sorted(support)) or "none"
