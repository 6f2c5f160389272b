"""Where unfinished work stands, on disk: two generations, each whole or not there.

A generation is what a backend wrote (``7.state``) and what the harness knows beside it
(``7.json``). The record comes last and names the SHA-256 of both: without it, or with another one,
the generation is not there. So a process that is killed at any moment leaves one that can be
read, and damage is noticed.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from harness.protocol import Writable
from harness.results import store
from harness.results.disk import refused

GENERATIONS = 2
STATE, _RECORD = ".state", ".json"


class Facts(Protocol):
    """What the harness knows of unfinished work, in plain values."""

    def kept(self) -> Mapping[str, Any]:
        """What is to be known by another process that goes on."""
        ...

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from what ``kept`` gave."""
        ...


class NoFacts:
    """Nothing, for work of which a backend knows all."""

    def kept(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Nothing."""


class CheckpointFolder:
    """The checkpoints of one piece of work, for ``Context.checkpoints``.

    Args:
        folder: where they lie; nothing else may.
        seconds: how long work goes on without one.
        facts: what the harness keeps beside them.
    """

    def __init__(self, folder: Path, seconds: float, facts: Facts) -> None:
        self.folder, self.seconds, self.facts = folder, seconds, facts
        self._last = time.monotonic()

    def due(self) -> bool:
        """Whether it is time for another one."""
        return time.monotonic() - self._last >= self.seconds

    def write(self, dump: Callable[[Writable], None]) -> None:
        """Make what ``dump`` writes the newest checkpoint.

        Raises:
            ResourceError: when the disk refuses; those that were there stay.
        """
        number = 1 + max(self._numbers(), default=0)
        store.make_folder(self.folder)
        state, facts = _written(self._state(number), dump), self.facts.kept()
        record = {"sha256": _sealed(state, facts), "facts": facts}
        store.write_json(self.folder / f"{number}{_RECORD}", record)
        self._sweep()
        self._last = time.monotonic()

    def read(self) -> BinaryIO | None:
        """The newest checkpoint that is whole; None where there is none. Damaged ones go."""
        for number in sorted(self._numbers(), reverse=True):
            facts = self._whole(number)
            if facts is not None:
                self.facts.restore(facts)
                return self._state(number).open("rb")
            self._remove(number)
        return None

    def _state(self, number: int) -> Path:
        return self.folder / f"{number}{STATE}"

    def _numbers(self) -> Iterator[int]:
        for path in self.folder.glob(f"*{_RECORD}"):
            if path.stem.isdecimal():
                yield int(path.stem)

    def _whole(self, number: int) -> Mapping[str, Any] | None:
        """What the harness kept with a generation; None if any of it is damaged."""
        try:
            record = json.loads((self.folder / f"{number}{_RECORD}").read_text(encoding="utf-8"))
            with self._state(number).open("rb") as stream:
                state = hashlib.file_digest(stream, "sha256").hexdigest()
            facts: Mapping[str, Any] = record["facts"]
            whole = record["sha256"] == _sealed(state, facts)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return facts if whole else None

    def _remove(self, number: int) -> None:
        (self.folder / f"{number}{_RECORD}").unlink(missing_ok=True)
        self._state(number).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove all but the newest generations, and what a killed process began to write."""
        numbers = sorted(self._numbers())[-GENERATIONS:]
        for path in self.folder.iterdir():
            if path.name not in {f"{n}{end}" for n in numbers for end in (STATE, _RECORD)}:
                path.unlink(missing_ok=True)


class _Hashing:
    """A file that is hashed as it is written, and remembers what went wrong.

    Libraries that write into it replace the error of the disk by one of their own.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.sha256 = stream, hashlib.sha256()
        self.error: OSError | None = None

    def write(self, content: bytes | memoryview) -> int:
        try:
            written = self.stream.write(content)
        except OSError as error:
            self.error = error
            raise
        self.sha256.update(content)
        return written

    def flush(self) -> None:
        """Nothing: all of it is flushed at the end."""


def _sealed(state: str, facts: Mapping[str, Any]) -> str:
    """The SHA-256 of a generation: of the hash of its state, and of its facts."""
    text = state + json.dumps(facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _written(path: Path, dump: Callable[[Writable], None]) -> str:
    """The SHA-256 of what ``dump`` wrote to ``path``, once it is on the disk."""
    hashing = None
    try:
        with path.open("wb") as stream:
            hashing = _Hashing(stream)
            dump(hashing)
            stream.flush()
            os.fsync(stream.fileno())
    except (OSError, RuntimeError) as error:
        cause = hashing.error if hashing and hashing.error else error
        path.unlink(missing_ok=True)
        if not isinstance(cause, OSError):
            raise
        raise refused(path, cause) from error
    return hashing.sha256.hexdigest()
