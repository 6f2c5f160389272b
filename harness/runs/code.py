"""Which code ran: hashes over the files of packages, read without importing them.

A run goes through a part of ``harness`` and through its backend; each has a hash of its own, since
rows of two backends share the one and not the other. Rooms that a run does not go through are left
out: no module that it imports knows them (a test sees to it), so they cannot change an answer, and
a table uses one copy of them for all its rows.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from harness.registry import Plugin
from harness.results.run_record import Code

HARNESS = "harness"
NOT_RUN = frozenset(
    {
        "analysis", "archive", "commands", "comparability", "conformance", "exports", "labelling",
        "leaderboard", "oracle", "pretraining", "report", "serving", "statistics", "studies",
        "tuning",
        "configs", "prompts",  # data that a wheel has inside; both are in the record of a run
    }
)  # fmt: skip
_NO_SOURCES = frozenset({".pyc", ".pth"})


def code_of(plugin: Plugin) -> Code:
    """The hashes of the files on disk that a run of ``plugin`` goes through."""
    own = {name: path for name, path in _files(HARNESS, "*.py") if _is_run(name)}
    package = plugin.module.partition(".")[0]
    theirs = dict(_of_distribution(plugin.distribution)) | dict(_files(package, "*"))
    return Code(harness=_hashed(own), backend=_hashed(theirs))


def digest(packages: Iterable[str]) -> str:
    """The SHA-256 of every Python file of ``packages``, names and contents."""
    return _hashed(dict(file for package in packages for file in _files(package, "*.py")))


def _is_run(name: str) -> bool:
    return name.split("/")[1] not in NOT_RUN


def _files(package: str, pattern: str) -> Iterator[tuple[str, Path]]:
    """The files of a package, or of a module that is none, by their names below its parent."""
    spec = find_spec(package)
    if spec is None:
        return
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    for folder in folders:
        for path in folder.rglob(pattern):
            hidden = path.name.startswith(".")  # of an editor or a file manager
            if path.is_file() and not hidden and path.suffix not in _NO_SOURCES:
                yield f"{package}/{path.relative_to(folder).as_posix()}", path
    if not folders and spec.origin:
        yield Path(spec.origin).name, Path(spec.origin)


def _of_distribution(name: str) -> Iterator[tuple[str, Path]]:
    """What a distribution says it installed; nothing, where it is installed to be edited."""
    try:
        files = metadata.files(name) or ()
    except metadata.PackageNotFoundError:
        return
    for file in files:
        top = file.parts[0]
        skipped = top in ("..", HARNESS) or top.endswith((".dist-info", ".egg-info"))
        path = Path(str(file.locate()))
        if not skipped and file.suffix not in _NO_SOURCES and path.is_file():
            yield file.as_posix(), path


def _hashed(files: Mapping[str, Path]) -> str:
    """SHA-256 over names and contents, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(files):
        content = hashlib.sha256(files[name].read_bytes()).hexdigest()
        total.update(f"{name} {content}\n".encode())
    return total.hexdigest()
