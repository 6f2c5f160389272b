"""Who may read what a library has written: whoever may read the files beside it.

safetensors makes its files for their owner alone, whatever the umask says, and on a shared disk a
colleague cannot load such a model.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

OWNERS_ALONE = 0o600
WEIGHTS = "*.safetensors"


def as_usual(folder: Path) -> None:
    """Give the weights below ``folder`` that are their owner's alone the mode of any new file.

    On a disk that knows no modes they are left as they are: no training is lost for that.
    """
    closed = [path for path in folder.rglob(WEIGHTS) if _is_closed(path)]
    if closed:
        with suppress(OSError):
            mode = _usual(folder)
            for path in closed:
                path.chmod(mode)


def _is_closed(path: Path) -> bool:
    """Whether it is a file of this folder and no other, for its owner alone."""
    about = path.lstat()
    is_own = stat.S_ISREG(about.st_mode) and about.st_nlink == 1
    return is_own and stat.S_IMODE(about.st_mode) == OWNERS_ALONE


def _usual(folder: Path) -> int:
    """The mode of a file that is made in ``folder`` now."""
    probe = folder / f".mode-{os.getpid()}"
    probe.touch()
    try:
        return stat.S_IMODE(probe.stat().st_mode)
    finally:
        probe.unlink()
