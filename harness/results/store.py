"""Run folders on disk: written aside and renamed, locked by one writer, complete only at the end.

``metrics.json`` is written last and is the only sign of completion. A killed run leaves a folder
without it; the same command clears that folder and finishes the job.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from harness.errors import FULL_DISK, ConfigError, ResourceError
from harness.protocol import REPLIES, UNFINISHED
from harness.results import locking
from harness.results.disk import refused
from harness.results.locking import HOLDER, LOCK

COMPLETE = "metrics.json"
RUN = "run.json"
PREDICTIONS = "predictions.jsonl"
FREE = "free.jsonl"
HISTORY = "history.jsonl"
MODEL = "model"
FAILED = "failed.json"
CLAIM = "claim.json"
LOG = "error.log"


def write(path: Path, content: str | bytes) -> None:
    """Replace ``path`` by ``content``, whole or not at all; a device or a pipe is written to.

    A lone surrogate, which UTF-8 does not have, is written as the escape that JSON has for it.

    Raises:
        ConfigError: where nothing can be written.
        ResourceError: when the disk is full.
    """
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    if path.is_char_device() or path.is_fifo():
        _pour(path, data)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise refused(path, error) from error


def _pour(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        msg = f"cannot write to {path}: {error.strerror}"
        raise ResourceError(msg) from error


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as JSON with sorted keys and no NaN."""
    content = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    write(path, content + "\n")


def slug(text: str) -> str:
    """``text`` as part of a folder name: letters, digits, dot, dash and underscore."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "x"


def run_folder(seed: int, digest: str, *names: str) -> str:
    """The name of a run's folder: what it is of, as far as file systems take it, and its digest."""
    parts = (*names, f"s{seed}", digest[:12])
    return "_".join(slug(part)[:60] for part in parts if part)


def is_complete(folder: Path) -> bool:
    """Whether the run in ``folder`` finished."""
    return (folder / COMPLETE).is_file()


@contextmanager
def claim(folder: Path, about: Mapping[str, Any]) -> Iterator[bool]:
    """Hold ``folder`` for the run that ``about`` tells of; gives True if it is still to be done.

    ``about`` holds the run's ``digest`` and what a table needs to know of a run that never ends.
    What a killed run left is cleared, but for what was paid for, and for its checkpoints, which go
    once the run is complete.
    The lock dies with the process. What is complete is not locked: an archive may be closed to
    writing.

    Raises:
        LockedError: when another process holds the folder.
        ConfigError: when the folder holds a run of another configuration.
    """
    locking.refuse_link(folder)
    if is_complete(folder) and not (folder / UNFINISHED).exists():
        _refuse_other(folder, about["digest"])
        yield False
        return
    with locked(folder, about["digest"]):
        if todo := not is_complete(folder):
            _clear(folder)
            write_json(folder / CLAIM, about)
        yield todo
        if is_complete(folder):
            shutil.rmtree(folder / UNFINISHED, ignore_errors=True)


@contextmanager
def locked(folder: Path, digest: str) -> Iterator[None]:
    """Hold ``folder``, made if it is not there, for the work of ``digest``.

    Raises:
        LockedError: when another process holds it.
        ConfigError: when it holds work of another configuration, or is a link.
    """
    locking.refuse_link(folder)
    make_folder(folder)
    with locking.held(folder):
        _refuse_other(folder, digest)
        yield


def make_folder(folder: Path) -> None:
    """Make ``folder``, and those that it lies in.

    Raises:
        ConfigError: when that is not possible there.
        ResourceError: when the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in FULL_DISK:
            raise refused(folder, error) from error
        msg = f"cannot make the folder {folder}: {_why(folder, error)}; name another place"
        raise ConfigError(msg) from error


def _why(folder: Path, error: OSError) -> str:
    """What is in the way: a link to nothing is said to exist."""
    links = (part for part in (folder, *folder.parents) if part.is_symlink() and not part.exists())
    link = next(links, None)
    return str(error.strerror) if link is None else f"{link} is a link to nothing"


def _refuse_other(folder: Path, digest: str) -> None:
    for name in (RUN, CLAIM):
        if not (folder / name).is_file():
            continue
        try:
            found = json.loads((folder / name).read_text(encoding="utf-8"))["digest"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            continue  # damaged: it cannot be anybody's
        if found != digest:
            msg = (
                f"{folder} holds a run of another configuration ({found}, not {digest}); "
                "nothing was overwritten: move it away or use --output"
            )
            raise ConfigError(msg)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        linked = path.is_symlink()
        if path.name in (LOCK, HOLDER) or (path.name in (UNFINISHED, REPLIES) and not linked):
            continue
        if path.is_dir() and not linked:
            shutil.rmtree(path)
        else:
            path.unlink()
