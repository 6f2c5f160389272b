"""Who may read what a library has written: whoever may read the files beside it.

safetensors makes its files for their owner alone, whatever the umask says, and on a shared disk a
colleague cannot load such a model.
"""

import stat
from pathlib import Path

OWNERS_ALONE = 0o600
_PROBE = ".mode"


def as_usual(folder: Path) -> None:
    """Give the files below ``folder`` that are their owner's alone the mode of any new file."""
    closed = [path for path in folder.rglob("*") if _is_closed(path)]
    mode = _usual(folder) if closed else OWNERS_ALONE
    for path in closed:
        path.chmod(mode)


def _is_closed(path: Path) -> bool:
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) and stat.S_IMODE(mode) == OWNERS_ALONE


def _usual(folder: Path) -> int:
    """The mode of a file that is made in ``folder`` now."""
    probe = folder / _PROBE
    probe.touch(exist_ok=False)
    try:
        return stat.S_IMODE(probe.stat().st_mode)
    finally:
        probe.unlink()
