"""A write that was refused: a disk that takes no more, told with its room, or a wrong place.

Libraries that write for us have errors of their own: what they say of the system's is looked for.
"""

import os
from pathlib import Path

from harness.errors import FULL_DISK, ConfigError, HarnessError, ResourceError

# How libraries spell them: those in Rust (safetensors, tokenizers), and torch.
_SPELLED = (*(f"(os error {number})" for number in FULL_DISK), "PytorchStreamWriter failed writing")
# Where a disk has less than this left, a write that failed has failed for want of it.
_ROOM = 1 << 20


def is_full(error: BaseException, folder: Path) -> bool:
    """Whether ``error``, of something that writes into ``folder``, is for want of room."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in FULL_DISK
    if any(words in str(error) for words in _SPELLED):
        return True
    return folder.is_dir() and _has_no_room(folder)


def refused(path: Path, error: OSError) -> HarnessError:
    """What to tell of ``path``, which could not be written.

    Where its disk is full, it is of the room that is left there; else the place is the user's to
    choose.
    """
    why = f"cannot write {path}: {error.strerror or error}"
    if error.errno in FULL_DISK:
        return ResourceError(f"{why}; {room(path.parent)}")
    return ConfigError(f"{why}; name a file or folder that can be written to")


def room(folder: Path) -> str:
    """The free space where ``folder`` lies or would lie, in words."""
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), Path("/"))
    disk = os.statvfs(there)
    files = "" if disk.f_favail or not disk.f_files else " and no file more"
    return f"{disk.f_bavail * disk.f_frsize / 2**20:,.1f} MiB{files} are free there"


def _has_no_room(folder: Path) -> bool:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < _ROOM or bool(disk.f_files and not disk.f_favail)
