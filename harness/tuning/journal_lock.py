"""A lock on the journal of a search that ends with its process.

Optuna's own is a link beside the journal, which a killed process leaves behind. Whoever goes on
would wait for it: half a minute, and for ever where the journal's path is relative.
"""

from pathlib import Path

from filelock import FileLock


class JournalLock:
    """The lock of the file system on a file beside ``journal``, with the methods of Optuna's."""

    def __init__(self, journal: Path) -> None:
        self._lock = FileLock(journal.with_name(f".{journal.name}.lock"))

    def acquire(self) -> bool:
        """Wait for whoever holds it; then it is held."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Let it go."""
        self._lock.release()
