"""One gold for all rows: support per type is the same for every backend and seed, or no table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from harness.comparability.fields import Recorded
from harness.errors import DataError
from harness.results.store import COMPLETE

_SHOWN = 6  # folders


class Stored(Recorded, Protocol):
    """A recorded run that stands in a folder."""

    @property
    def folder(self) -> Path:
        """Where it stands."""
        ...


def require_same_gold(results: Sequence[Stored]) -> None:
    """Refuse runs of one task whose gold differs.

    Raises:
        DataError: naming the runs, newest first, where the support per type differs between two
            runs on the same split and limit.
    """
    seen: dict[tuple[str, str, int | None], dict[str, list[Path]]] = {}
    for result in results:
        data = result.run.data
        kinds = seen.setdefault((data.task, data.split, data.limit), {})
        kinds.setdefault(_text(Counter(data.support)), []).append(result.folder)
    for (task, split, _), kinds in seen.items():
        if len(kinds) > 1:
            raise DataError(_refusal(task, split, kinds))


def _refusal(task: str, split: str, kinds: Mapping[str, list[Path]]) -> str:
    newest = sorted(kinds, key=lambda kind: max(map(_written, kinds[kind])), reverse=True)
    lines = "".join(f"\n  {kind}: {_named(kinds[kind])}" for kind in newest)
    return (
        f"no table: the gold of {task} ({split}) differs between runs. Newest first:{lines}\n"
        "Run all on the same files; or leave out all but one kind: move their folders away, or "
        "give the folders of that kind"
    )


def _named(folders: list[Path]) -> str:
    more = f" and {len(folders) - _SHOWN} more" if len(folders) > _SHOWN else ""
    return ", ".join(map(str, folders[:_SHOWN])) + more


def _written(folder: Path) -> float:
    """When a result was written, or copied."""
    with suppress(OSError):
        return (folder / COMPLETE).stat().st_mtime
    return 0.0


def _text(support: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {n}" for label, n in sorted(support.items()) if n) or "none"
