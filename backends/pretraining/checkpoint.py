"""Where training stands, on disk: two generations, each whole or not there.

The newer one is written beside, and takes its place by renaming once it is on the disk; before
that, the one it follows is kept under another name. So a process that is killed at any moment
leaves one that can be read. Each begins with the SHA-256 of the rest, so that damage is noticed.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import torch

from harness.errors import ResourceError

NEWEST, BEFORE = "newest.checkpoint", "before.checkpoint"
SIZE = hashlib.sha256().digest_size


def write(folder: Path, state: dict[str, Any]) -> None:
    """Make ``state``, tensors and plain values, the newest checkpoint in ``folder``.

    Raises:
        ResourceError: when the disk refuses.
    """
    content = io.BytesIO()
    torch.save(state, content)
    body = content.getbuffer()
    beside = folder / f".{NEWEST}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as stream:
            stream.write(hashlib.sha256(body).digest())
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        if (folder / NEWEST).exists():
            (folder / NEWEST).replace(folder / BEFORE)
        beside.replace(folder / NEWEST)
    except OSError as error:
        msg = f"cannot write a checkpoint into {folder}: {error.strerror}; make room and go on"
        raise ResourceError(msg) from error


def read(folder: Path) -> dict[str, Any] | None:
    """The newest state in ``folder`` that is whole; None where there is none.

    A damaged one is removed, so that it never takes the place of one that is whole.
    """
    for path in (folder / NEWEST, folder / BEFORE):
        content = path.read_bytes() if path.is_file() else b""
        body = content[SIZE:]
        if body and hashlib.sha256(body).digest() == content[:SIZE]:
            state: dict[str, Any] = torch.load(io.BytesIO(body), weights_only=True)
            return state
        path.unlink(missing_ok=True)
    return None
