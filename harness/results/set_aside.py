"""What an earlier command left where a run belongs: used where it can be believed, else set aside.

What is set aside lies beside the run's folder, under its name and a number, with the reason; no
table counts it, and ``clean`` removes it. Nothing that claims to be a result is overwritten.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from harness.errors import HarnessError
from harness.results import locking, store

MARK = ".set-aside-"
REASON = "set_aside.txt"
LOCKS = (locking.LOCK, locking.HOLDER)
Unusable = Callable[[Path], str]


def move_unusable(folder: Path, unusable: Unusable) -> str:
    """Set aside what is in ``folder`` if it is ``unusable``; gives what to tell, or nothing.

    Raises:
        LockedError: when another process holds the folder.
        ConfigError: for a folder that is a link, or that cannot be locked.
    """
    locking.refuse_link(folder)
    if not folder.is_dir() or not unusable(folder):
        return ""  # what can be used is not locked: an archive may be closed to writing
    with locking.held(folder):
        reason = unusable(folder)
        if not reason:
            return ""
        place = _move(folder, reason)
    return f"what was there is now in {place.name}, since {reason}"


def is_set_aside(folder: Path) -> bool:
    """Whether ``folder`` holds what was set aside."""
    return MARK in folder.name


def reason_of(folder: Path) -> str:
    """Why what is in ``folder`` was set aside."""
    try:
        return (folder / REASON).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return "the reason is lost"


def anything(folder: Path) -> str:
    """The reason of who starts over, whatever there is."""
    return "--fresh starts over" if any(_parts(folder)) else ""


def _move(folder: Path, reason: str) -> Path:
    """Move all but the lock; ``metrics.json`` first, so that what stays looks unfinished."""
    names = (folder.with_name(f"{folder.name}{MARK}{number}") for number in count(1))
    place = next(name for name in names if not name.exists())
    try:
        place.mkdir()
        store.write(place / REASON, reason + "\n")
        for path in sorted(_parts(folder), key=lambda path: path.name != store.COMPLETE):
            path.rename(place / path.name)
    except OSError as error:
        msg = f"{folder} cannot be used, since {reason}; nor can it be moved: {error.strerror}"
        raise HarnessError(msg) from error
    return place


def _parts(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.name not in LOCKS)
