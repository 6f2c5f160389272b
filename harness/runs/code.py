"""Which code ran: hashes over the files of packages, read without importing them.

A run goes through a part of ``harness`` and through its backend; each has a hash of its own, since
rows of two backends share the one and not the other. Rooms that a run does not go through are left
out: no module that it imports knows them (a test sees to it), so they cannot change an answer, and
a table uses one copy of them for all its rows.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

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
_NOT_IMPORTED = frozenset({"tests", "docs", "build", "dist", "node_modules"})


def code_of(plugin: Plugin) -> Code:
    """The hashes of the files on disk that a run of ``plugin`` goes through."""
    own = {name: path for name, path in _files(HARNESS, "*.py") if _is_run(name)}
    package = plugin.module.partition(".")[0]
    theirs = dict(_of_distribution(plugin.distribution)) | dict(_files(package, "*"))
    known = {path.resolve() for path in theirs.values()}
    more = {} if plugin.is_own else dict(_beside(plugin.distribution))
    theirs |= {name: path for name, path in more.items() if path.resolve() not in known}
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
            # Another process may be compiling: what it writes has another suffix until it is whole.
            if hidden or "__pycache__" in path.parts or path.suffix in _NO_SOURCES:
                continue
            if path.is_file():
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


def _beside(name: str) -> Iterator[tuple[str, Path]]:
    """The modules in the source folder of a distribution that is installed to be edited.

    What such a distribution installed is a pointer to that folder, from which a plugin may import
    any of them.
    """
    if folder := _source_folder(name):
        for path in _modules(folder):
            yield f"source/{path.relative_to(folder).as_posix()}", path


def _source_folder(name: str) -> Path | None:
    """Where a distribution is edited, as its installer wrote down (PEP 610); None if nowhere."""
    try:
        told = json.loads(metadata.distribution(name).read_text("direct_url.json") or "{}")
        editable = told.get("dir_info", {}).get("editable")
        url = urlsplit(told["url"]) if editable else None
    except (metadata.PackageNotFoundError, ValueError, AttributeError, KeyError, TypeError):
        return None
    return Path(url2pathname(url.path)) if url and url.scheme == "file" else None


def _modules(folder: Path) -> Iterator[Path]:
    """The Python files below ``folder``, but for tests, and for environments and what is hidden."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        skipped = path.name.startswith(".") or path.name in _NOT_IMPORTED or path.is_symlink()
        if path.is_dir() and not skipped and not (path / "pyvenv.cfg").exists():
            yield from _modules(path)
        elif path.suffix == ".py" and not skipped:
            yield path


def _hashed(files: Mapping[str, Path]) -> str:
    """SHA-256 over names and contents, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(files):
        content = hashlib.sha256(files[name].read_bytes()).hexdigest()
        total.update(f"{name} {content}\n".encode())
    return total.hexdigest()
