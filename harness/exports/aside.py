"""Something new on disk, written beside its place: whole or not at all, and over nothing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import getpid
from pathlib import Path

from harness.errors import ConfigError
from harness.results import store
from harness.results.disk import refused


@contextmanager
def new(path: Path) -> Iterator[Path]:
    """A place beside ``path``, where a file or folder is made that becomes it at the end.

    Raises:
        ConfigError: where something stands already, or nothing can be made.
        ResourceError: when the disk refuses.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        msg = f"{path} is there already; nothing was overwritten: name another place"
        raise ConfigError(msg)
    target = path.absolute()
    beside = target.with_name(f".{target.name}.{getpid()}.tmp")
    store.make_folder(target.parent)
    try:
        yield beside
        if path.is_dir():
            path.rmdir()
        beside.rename(target)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        _remove(beside)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):  # a place that took nothing has nothing of it
            path.unlink(missing_ok=True)
