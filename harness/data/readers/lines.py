r"""Lines without loss: UTF-8, cut at ``\n`` only, one trailing ``\r`` dropped, nothing stripped.

``str.splitlines`` also cuts at U+2028, U+0085, VT, FF and FS, and ``str.strip`` eats U+3000. In a
file of characters those are characters that carry tags.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.data.readers.records import Problem, counted

BOM = b"\xef\xbb\xbf"
MAX_BYTES = 2 << 30
UNREADABLE = "unreadable"
_CONTROLS = re.compile("[\x01-\x08\x0b-\x1f\x7f]")
_OTHER_BOMS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file, None for one that is not UTF-8, and the problems of the file."""

    file: str
    lines: tuple[str | None, ...]
    problems: tuple[Problem, ...]

    @property
    def unreadable(self) -> bool:
        """Whether there was no file to read."""
        return any(problem.code == UNREADABLE for problem in self.problems)

    def numbered(self) -> Iterator[tuple[int, str]]:
        """The readable lines with their numbers, from 1."""
        for number, line in enumerate(self.lines, start=1):
            if line is not None:
                yield number, line


def read(path: Path) -> Lines:
    """The lines of ``path`` and everything wrong with them as text."""
    file = str(path)
    try:
        content = _content(path)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        return Lines(file, (), (Problem(file, None, UNREADABLE, "error", message),))
    problems = []
    if content.startswith(BOM):
        content = content.removeprefix(BOM)
        problems.append(Problem(file, 1, "bom", "note", "a byte order mark, not read as text"))
    raw = content.split(b"\n")
    if not raw[-1]:
        raw.pop()
    lines, broken = _decoded(file, raw, len(BOM) if problems else 0)
    problems += _encoding_hint(broken, content) + _suspicious(file, lines)
    return Lines(file, tuple(line and line.removesuffix("\r") for line in lines), tuple(problems))


def _content(path: Path) -> bytes:
    """The bytes of a regular file of bearable size."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a regular file; give the file that holds the data")
    if status.st_size > MAX_BYTES:
        msg = f"{status.st_size} bytes, at most {MAX_BYTES} are read; split the file"
        raise OSError(msg)
    return path.read_bytes()


def _decoded(file: str, raw: list[bytes], offset: int) -> tuple[list[str | None], list[Problem]]:
    """Each line as text, and a problem for each that is not UTF-8; ``offset`` is the first byte."""
    try:
        whole: list[str | None] = [*b"\n".join(raw).decode("utf-8").split("\n")] if raw else []
    except UnicodeDecodeError:
        return _decoded_one_by_one(file, raw, offset)
    return whole, []


def _decoded_one_by_one(
    file: str, raw: list[bytes], offset: int
) -> tuple[list[str | None], list[Problem]]:
    lines: list[str | None] = []
    problems = []
    for number, line in enumerate(raw, start=1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            lines.append(None)
            message = f"byte {offset + error.start} is not UTF-8 ({line[error.start]:#04x})"
            problems.append(Problem(file, number, "encoding", "error", message))
        offset += len(line) + 1
    return lines, problems


def _encoding_hint(problems: list[Problem], content: bytes) -> list[Problem]:
    """The problems of encoding, the first with what the file may be instead."""
    if not problems:
        return []
    first, *rest = problems
    hint = _looks_like(content)
    message = f"{first.message}; {hint}convert the file to UTF-8"
    return [Problem(first.file, first.line, first.code, first.severity, message), *rest]


def _looks_like(content: bytes) -> str:
    for mark, name in _OTHER_BOMS:
        if content.startswith(mark):
            return f"the file looks like {name}: "
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "the file looks like GB18030: "


def _suspicious(file: str, lines: list[str | None]) -> list[Problem]:
    """What is UTF-8 and still no sane text; one pass over the lines for each kind."""
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line]
    crlf = [number for number, line in numbered if line.endswith("\r")]
    lone = [number for number, line in numbered if "\r" in line[:-1]]
    nul = [number for number, line in numbered if "\0" in line]
    control = [number for number, line in numbered if _CONTROLS.search(line.replace("\r", ""))]
    lost = [number for number, line in numbered if "\N{REPLACEMENT CHARACTER}" in line]
    share = "" if len(crlf) == len(lines) else f", in a file of {len(lines)}: mixed line ends"
    return [
        *counted(
            file, crlf, "crlf", "note", f"Windows line ends (CRLF) are read as line ends{share}"
        ),
        *counted(file, lone, "lone-cr", "error", "a carriage return inside a line; remove it"),
        *counted(file, nul, "nul", "error", "a NUL character; remove it"),
        *counted(file, control, "control", "note", "control characters, read as characters"),
        *counted(file, lost, "replacement", "note", "U+FFFD: text was lost before this file"),
    ]
