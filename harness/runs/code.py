"""Which code ran: one hash over the Python files of packages, read without importing them."""

import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path


def digest(packages: Iterable[str]) -> str:
    """The SHA-256 of every Python file of ``packages``, names and contents, in order."""
    total = hashlib.sha256()
    for package in sorted(set(packages)):
        for name, path in _files(package):
            total.update(f"{package}/{name}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(package: str) -> list[tuple[str, Path]]:
    """The files of a package, or of a module that is none."""
    spec = find_spec(package)
    if spec is None:
        return []
    tops = [Path(top) for top in spec.submodule_search_locations or ()]
    if not tops and spec.origin:
        return [(Path(spec.origin).name, Path(spec.origin))]
    found = [(path.relative_to(top).as_posix(), path) for top in tops for path in top.rglob("*.py")]
    return sorted(found)
