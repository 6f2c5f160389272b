"""What a command found in the folders of its runs, and what its runs stored there: no one else's.

A plugin runs as the user does, so it can write into the folder of another run. What it writes there
is told by what was there before anything started, and by what each run says that it has stored.
"""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import DataError, LockedError
from harness.protocol import UNFINISHED
from harness.results import hashes
from harness.results.checkpoints import STATE
from harness.results.reader import Rejected, Result, Results
from harness.results.store import COMPLETE

FOREIGN = (
    f"had its {COMPLETE} written or removed by another process while this command ran, and is not "
    "used: if that was a command of yours, run this one again, else remove the folder"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was in a run's folder before anything started.

    ``complete`` is the SHA-256 of ``metrics.json``, empty where there was none; ``checkpoints`` has
    those of the records of its checkpoints.
    """

    complete: str = ""
    checkpoints: frozenset[str] = frozenset()


def found_in(folder: Path) -> Found:
    """What is in ``folder`` now."""
    records = (folder / UNFINISHED).glob("*.json")
    return Found(complete(folder), frozenset(map(_sha256, records)))


def complete(folder: Path) -> str:
    """The SHA-256 of the ``metrics.json`` in ``folder``; empty where there is none."""
    path = folder / COMPLETE
    return _sha256(path) if path.is_file() else ""


def require_found(folder: Path, found: Found | None) -> None:
    """Refuse a finished run that was not there when the command began; None did not look.

    Raises:
        LockedError: naming the folder.
    """
    if found is not None and complete(folder) != found.complete:
        msg = f"{folder} {FOREIGN}"
        raise LockedError(msg)


def drop_foreign_checkpoints(folder: Path, found: Found | None) -> int:
    """Remove the checkpoints in ``folder`` that were not there before; gives how many."""
    if found is None:
        return 0
    records = (folder / UNFINISHED).glob("*.json")
    foreign = [path for path in records if _sha256(path) not in found.checkpoints]
    for path in foreign:
        path.unlink()
    return len(foreign)


def copy_checkpoints(folder: Path, to: Path, found: Found | None) -> None:
    """Copy the checkpoints in ``folder`` that were there before to the folder ``to``."""
    for record in (folder / UNFINISHED).glob("*.json"):
        if found is None or _sha256(record) in found.checkpoints:
            (to / UNFINISHED).mkdir(exist_ok=True)
            for path in (record, record.with_suffix(STATE)):
                with suppress(FileNotFoundError):
                    shutil.copyfile(path, to / UNFINISHED / path.name)


def only_own(results: Results, expected: Mapping[Path, str]) -> Results:
    """``results`` without those whose ``metrics.json`` is not as ``expected``, which are rejected.

    Args:
        results: what was read.
        expected: the SHA-256 by folder; a folder without one is not looked at.
    """
    own = [run for run in results.runs if _is_expected(run, expected)]
    foreign = [_rejected(run) for run in results.runs if not _is_expected(run, expected)]
    return replace(results, runs=tuple(own), rejected=(*results.rejected, *foreign))


def _is_expected(run: Result, expected: Mapping[Path, str]) -> bool:
    return run.folder not in expected or complete(run.folder) == expected[run.folder]


def _rejected(result: Result) -> Rejected:
    return Rejected.of(result.folder, "unsound", f"it {FOREIGN}", result.run)


def _sha256(path: Path) -> str:
    with suppress(DataError):
        return hashes.of_file(path)
    return "not readable"
