"""Every reply, stored before anybody reads it: what was paid for once is never asked for again.

A reply is a line of JSON, on the disk before the next request of the same thread is sent. A process
that is killed leaves at most a line without its end, which goes when the ledger is opened again.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from backends.asking.exchange import Ask, Completion, Reply, completion
from harness.errors import DataError, ResourceError

FILE = "replies.jsonl"


class Ledger:
    """The replies of one run, in a file of ``folder``; without a folder, in memory alone."""

    def __init__(self, folder: Path | None) -> None:
        """Read what is there.

        Raises:
            DataError: for a line that is no reply.
        """
        self._lock = threading.Lock()
        self._path = None if folder is None else folder / FILE
        self.replies: list[Reply] = []
        self._answers: dict[str, tuple[Reply, Completion]] = {}
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for reply in _whole(self._path):
                self._keep(reply)

    def add(self, reply: Reply) -> None:
        """Store ``reply``; it is on the disk when this returns.

        Raises:
            ResourceError: when the disk refuses.
        """
        line = json.dumps(asdict(reply), ensure_ascii=True).encode() + b"\n"
        with self._lock:
            if self._path:
                _append(self._path, line)
            self._keep(reply)

    def _keep(self, reply: Reply) -> None:
        self.replies.append(reply)
        found = completion(reply)
        if found is not None:
            self._answers.setdefault(reply.digest, (reply, found))

    def answer(self, ask: Ask) -> Completion | None:
        """What was answered to ``ask``; None if nothing was."""
        found = self._answers.get(ask.digest)
        return found[1] if found else None

    def paid(self, digest: str) -> tuple[Reply, Completion] | None:
        """The reply that answers the request of ``digest``, and what it says."""
        return self._answers.get(digest)


def _append(path: Path, line: bytes) -> None:
    size = path.stat().st_size if path.exists() else 0
    try:
        with path.open("ab") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        with suppress(OSError):
            os.truncate(path, size)  # or what comes next would stand behind half a line
        msg = f"a reply could not be stored in {path}: {error.strerror}; nothing more is asked"
        raise ResourceError(msg) from error


def _whole(path: Path) -> Iterator[Reply]:
    """The replies in the file; a last line without its end is cut off."""
    if not path.is_file():
        return
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    if end < len(content):
        os.truncate(path, end)
    for number, line in enumerate(content[:end].split(b"\n")[:-1], 1):
        yield _read(path, number, line)


def _read(path: Path, number: int, line: bytes) -> Reply:
    try:
        return Reply(**json.loads(line))
    except (ValueError, TypeError) as error:
        msg = (
            f"{path}:{number} is no reply as it was stored ({error}); delete the line, and its "
            "request is sent again"
        )
        raise DataError(msg) from error
