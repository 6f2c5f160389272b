r"""Lines without loss: UTF-8, cut at ``\n`` only, one trailing ``\r`` dropped, nothing stripped.

``str.splitlines`` also cuts at U+2028, U+0085, VT, FF and FS, and ``str.strip`` eats U+3000. In a
file of characters those are characters that carry tags.
"""

import codecs
import re
import stat
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.data.readers.records import Problem, Severity, counted
from harness.sequences import Keep, in_memory

BOM = b"\xef\xbb\xbf"
MAX_BYTES = 2 << 30
UNREADABLE = "unreadable"
_ODD = re.compile("[\0-\x08\x0b-\x1f\x7f\N{REPLACEMENT CHARACTER}]")
_CONTROLS = re.compile("[\x01-\x08\x0b-\x1f\x7f]")
# What is UTF-8 and still no sane text.
_ODD_LINES: tuple[tuple[str, Severity, str], ...] = (
    ("crlf", "note", "Windows line ends (CRLF) are read as line ends"),
    ("lone-cr", "error", "a carriage return inside a line; remove it"),
    ("nul", "error", "a NUL character; remove it, or convert the file if it is UTF-16"),
    ("control", "note", "control characters, read as characters"),
    ("replacement", "note", "U+FFFD: text was lost before this file"),
)
_ENCODINGS = ("GB18030", "BIG5", "SHIFT_JIS")  # as iconv calls them
_HALFWIDTH = re.compile("[\uff61-\uff9f]")
_PIECE = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file, None for one that is not UTF-8, and the problems of the file."""

    file: str
    lines: Sequence[str | None]
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


def read(path: Path, keep: Keep = in_memory) -> Lines:
    """The lines of ``path``, kept by ``keep``, and everything wrong with them as text."""
    file = str(path)
    try:
        with _opened(path) as content:
            return _read(file, content, keep)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        return Lines(file, (), (Problem(file, None, UNREADABLE, "error", message),))


def _read(file: str, content: BinaryIO, keep: Keep) -> Lines:
    begin = len(BOM) if content.read(len(BOM)) == BOM else 0
    content.seek(begin)
    reading = _Reading(file, begin)
    lines = keep(reading.lines(content))
    problems = []
    if begin:
        problems.append(Problem(file, 1, "bom", "note", "a byte order mark, not read as text"))
    if reading.broken:
        content.seek(begin)
        problems += _with_hint(reading.broken, content)
    return Lines(file, lines, (*problems, *reading.odd_lines(len(lines))))


def _opened(path: Path) -> BinaryIO:
    """A regular file of bearable size."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a regular file; give the file that holds the data")
    if status.st_size > MAX_BYTES:
        msg = f"{status.st_size} bytes, at most {MAX_BYTES} are read; split the file"
        raise OSError(msg)
    return path.open("rb")


def _odd(line: str) -> Iterator[str]:
    """What is odd about ``line``, which still has a carriage return at its end."""
    if line.endswith("\r"):
        yield "crlf"
    if "\r" in line[:-1]:
        yield "lone-cr"
    if "\0" in line:
        yield "nul"
    if _CONTROLS.search(line.replace("\r", "")):
        yield "control"
    if "\N{REPLACEMENT CHARACTER}" in line:
        yield "replacement"


class _Reading:
    """One pass over a file: its lines as text, and what is wrong with them.

    ``offset`` is the first byte; ``broken`` has a problem for each line that is not UTF-8.
    """

    def __init__(self, file: str, offset: int) -> None:
        self.file, self.offset = file, offset
        self.ends = 0  # of lines; the last one of a file may have none
        self.broken: list[Problem] = []
        self.odd: dict[str, array[int]] = {code: array("Q") for code, *_ in _ODD_LINES}

    def lines(self, content: BinaryIO) -> Iterator[str | None]:
        """The lines, None for one that is not UTF-8."""
        for number, ended in enumerate(content, start=1):
            raw = ended.removesuffix(b"\n")
            self.ends += len(raw) < len(ended)
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                self._broken(number, raw, error)
                yield None
            else:
                if _ODD.search(line):
                    for code in _odd(line):
                        self.odd[code].append(number)
                    line = line.removesuffix("\r")
                yield line
            self.offset += len(ended)

    def odd_lines(self, lines: int) -> Iterator[Problem]:
        """A problem for each kind of odd line, of a file of so many lines."""
        mixed = len(self.odd["crlf"]) < self.ends
        share = f", in a file of {lines}: mixed line ends" if mixed else ""
        for code, severity, message in _ODD_LINES:
            said = message + share if code == "crlf" else message
            yield from counted(self.file, self.odd[code], code, severity, said)

    def _broken(self, number: int, raw: bytes, error: UnicodeDecodeError) -> None:
        at = self.offset + error.start
        message = f"byte {at} is not UTF-8 ({raw[error.start]:#04x})"
        self.broken.append(Problem(self.file, number, "encoding", "error", message))


def _with_hint(problems: Sequence[Problem], content: BinaryIO) -> list[Problem]:
    """The problems of encoding, the first with what the file may be instead."""
    first, *rest = problems
    message = f"{first.message}; {_advice(content)}"
    return [Problem(first.file, first.line, first.code, first.severity, message), *rest]


def _advice(content: BinaryIO) -> str:
    """What to convert the file from; bytes tell the encodings of East Asia rarely apart."""
    begin = content.tell()
    if utf16 := _as_utf16(content.read(_PIECE)):
        return f"the file looks like {utf16}: convert it: `iconv -f {utf16} -t UTF-8`"
    able = [name for name in _ENCODINGS if _decodes(content, begin, name)]
    if not able:
        return "convert the file to UTF-8"
    return (
        f"the file may be {' or '.join(able)}: convert it (`iconv -f {able[0]} -t UTF-8`) and look"
        " at the result"
    )


def _as_utf16(piece: bytes) -> str:
    """The UTF-16 that ``piece`` is by its byte order mark or its NULs; empty for none."""
    if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    low, high = piece[1::2].count(0), piece[::2].count(0)  # of spaces, line ends, Latin letters
    ended = max(piece.count(b"\n\0"), piece.count(b"\0\n"))
    if low == high or 2 * ended < piece.count(b"\n"):
        return ""
    return "UTF-16LE" if low > high else "UTF-16BE"


def _decodes(content: BinaryIO, begin: int, encoding: str) -> bool:
    """Whether what follows ``begin`` is text of ``encoding``.

    Halfwidth katakana are not taken for text: as Shift_JIS most bytes of other encodings are some.
    """
    content.seek(begin)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := content.read(_PIECE):
            if _HALFWIDTH.search(decoder.decode(piece)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
