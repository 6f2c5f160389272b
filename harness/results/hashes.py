"""SHA-256 of the files that a finished run is made of, so that a changed byte is found and named.

``metrics.json`` carries them. Whoever reads a file of a run compares it first; what else lies in
the folder (a lock, an analysis) is no part of the result.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.data.train_facts import FACTS
from harness.errors import DataError
from harness.protocol import REPLIES
from harness.results.store import COMPLETE, FREE, HISTORY, MODEL, PREDICTIONS, RUN

PARTS = (RUN, PREDICTIONS, FREE, HISTORY, FACTS, MODEL, REPLIES)
REMEDY = "restore it from a copy, or run (or import) this result again"
_SHOWN = 12  # hexadecimal digits


def of_folder(folder: Path, parts: Sequence[str] = PARTS) -> dict[str, str]:
    """The hash of each file of ``parts`` (files, and folders with all that is in them).

    Names are the paths within ``folder``; what is not there has none.
    """
    paths = (path for part in parts for path in _files(folder / part))
    return {path.relative_to(folder).as_posix(): of_file(path) for path in paths}


def of_file(path: Path) -> str:
    """The SHA-256 of a file.

    Raises:
        DataError: for a file that cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}; {REMEDY}"
        raise DataError(msg) from error


def changed(
    folder: Path, recorded: Mapping[str, str] | None, parts: Sequence[str] = PARTS
) -> tuple[str, ...]:
    """What of ``parts`` is not as ``recorded``, in words, file by file; None records nothing.

    A model may be removed as a whole, to save space: what needs it says so.

    Raises:
        DataError: for a file that cannot be read.
    """
    if recorded is None:
        return ()
    if not (folder / MODEL).is_dir():
        parts = [part for part in parts if part != MODEL]
    listed = {name: told for name, told in recorded.items() if name.partition("/")[0] in parts}
    found = of_folder(folder, parts)
    names = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
    return tuple(_told(name, listed.get(name), found.get(name)) for name in names)


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    yield from sorted(inner for inner in path.rglob("*") if inner.is_file())


def _told(name: str, recorded: str | None, found: str | None) -> str:
    if found is None:
        return f"{name} is gone, and {COMPLETE} lists it"
    if recorded is None:
        return f"{name} is no file of this run: {COMPLETE} does not list it"
    return (
        f"{name} is not the file that was stored: its SHA-256 begins with {found[:_SHOWN]}, "
        f"that in {COMPLETE} with {recorded[:_SHOWN]}"
    )
