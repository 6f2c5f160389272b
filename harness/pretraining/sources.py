"""Files of raw text, one paragraph per line, and what a manifest beside them says of each.

A manifest is ``MANIFEST.tsv`` in the folder of a file: a header, a file a line, with the columns
``file`` and ``licence`` and, where known, ``sha256 of the text`` and ``weights trained on it may be
shipped``. A text that is not the one of its manifest is refused.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DataError

MANIFEST = "MANIFEST.tsv"
FILE, LICENCE = "file", "licence"
DIGEST, SHIPPABLE = "sha256 of the text", "weights trained on it may be shipped"
SUFFIXES = (".txt", ".txt.gz")


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is stated of a file: its licence in words, and whether weights may be shipped."""

    licence: str = ""
    shippable: bool | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file of raw text; ``name`` is that of the file without its suffixes."""

    name: str
    path: Path
    facts: SourceFacts


@dataclass(frozen=True, slots=True)
class SourceText:
    """The paragraphs of a source that are read, with their numbers in the file, from 1."""

    source: Source
    sha256: str
    numbered: tuple[tuple[int, str], ...]

    @property
    def joined(self) -> str:
        """All paragraphs, each ended by a line end."""
        return "".join(f"{line}\n" for _, line in self.numbered)


def find(paths: Iterable[Path]) -> tuple[Source, ...]:
    """The files that ``paths`` name; a folder stands for those in it that end in .txt or .txt.gz.

    Raises:
        DataError: for a path that is not there, a folder without text, or two files of one name.
    """
    files = [file for path in paths for file in _files(path)]
    manifests = {folder: _manifest(folder) for folder in {file.parent for file in files}}
    found = [
        Source(_name(file), file, manifests[file.parent].get(file.name, SourceFacts()))
        for file in files
    ]
    twice = [name for name, times in Counter(source.name for source in found).items() if times > 1]
    if twice:
        both = ", ".join(str(source.path) for source in found if source.name == twice[0])
        msg = f"two files are called {twice[0]!r}: {both}; a source is identified by its name"
        raise DataError(msg)
    return tuple(found)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES))
        if not inside:
            msg = f"{path}: there is no file in it that ends in {' or '.join(SUFFIXES)}"
            raise DataError(msg)
        return inside
    if not path.is_file():
        msg = f"{path}: there is no such file or folder of text"
        raise DataError(msg)
    return [path]


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".txt")


def _manifest(folder: Path) -> Mapping[str, SourceFacts]:
    """What the manifest in ``folder`` says of each file; nothing if there is none."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    rows = _rows(path)
    lacking = {FILE, LICENCE} - set(rows[0] if rows else ())
    if lacking:
        msg = f"{path}:1: the header lacks the column {' and '.join(sorted(lacking))}"
        raise DataError(msg)
    return {row[FILE]: _facts(path, number, row) for number, row in enumerate(rows, start=2)}


def _rows(path: Path) -> list[dict[str, str]]:
    """The lines of a table behind its header."""
    content = _content(path)
    lines = io.StringIO(_decoded(path, content), newline="")
    reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        return list(reader)
    except csv.Error as error:
        msg = f"{path}:{reader.line_num + 1}: no line of a table: {error}"
        raise DataError(msg) from error


def _facts(path: Path, number: int, row: Mapping[str, str | None]) -> SourceFacts:
    told = (row.get(SHIPPABLE) or "").strip().lower()
    if told not in ("", "yes", "no"):
        msg = f"{path}:{number}: {SHIPPABLE!r} is yes or no, found {told!r}"
        raise DataError(msg)
    shippable = {"yes": True, "no": False}.get(told)
    return SourceFacts(row[LICENCE] or "", shippable, (row.get(DIGEST) or "").strip().lower())


def read(source: Source) -> SourceText:
    """The paragraphs of ``source``; lines without text are left out.

    Raises:
        DataError: for a file that cannot be read, is not UTF-8, or is not the manifest's.
    """
    content = _content(source.path)
    sha256 = hashlib.sha256(content).hexdigest()
    if source.facts.sha256 not in ("", sha256):
        msg = (
            f"{source.path}: its text has the SHA-256 {sha256}, {MANIFEST} says "
            f"{source.facts.sha256}: another version; fetch the file again or correct the manifest"
        )
        raise DataError(msg)
    return SourceText(source, sha256, tuple(_paragraphs(source.path, content)))


def _content(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        msg = f"{path}: cannot be read: {error}"
        raise DataError(msg) from error


def _paragraphs(path: Path, content: bytes) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_decoded(path, content).split("\n"), start=1):
        paragraph = line.strip()
        if paragraph:
            yield number, paragraph


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = content.count(b"\n", 0, error.start) + 1
        msg = f"{path}:{place}: not UTF-8 ({error.reason}); convert the file, nothing is guessed"
        raise DataError(msg) from error


def without(text: SourceText, removed: Sequence[int]) -> SourceText:
    """``text`` without the paragraphs of these line numbers."""
    gone = set(removed)
    kept = tuple(pair for pair in text.numbered if pair[0] not in gone)
    return SourceText(text.source, text.sha256, kept)
