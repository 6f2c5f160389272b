"""What a reader returns: sentences as the file has them, and every problem, not only the first.

A problem is a value, so that a check can list all of them and a run can refuse all at once.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from harness.core import Span

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, or worth knowing, at a place of a file.

    An ``error`` is what a run refuses, a ``warning`` a probable fault of the data. ``code`` names
    the kind, such as ``unequal-lengths``. Lines and columns count from 1; a column counts units.
    None is the whole file or the whole line.
    """

    file: str
    line: int | None
    code: str
    severity: Severity
    message: str
    column: int | None = None

    @property
    def place(self) -> str:
        """``file:line:column``, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}[{self.code}]: {self.message}"


@dataclass(frozen=True, slots=True)
class Raw:
    """A sentence as read: its gold is either ``tags`` in the file's own spelling, or ``spans``.

    ``line`` is where it stands, in the file with the gold; ``vertical`` says that each unit has a
    line of its own. ``file`` is that file, where a split has several. Spans may overlap.
    """

    units: tuple[str, ...]
    line: int
    tags: tuple[str, ...] | None = None
    spans: tuple[Span, ...] = ()
    document: str | None = None
    vertical: bool = False
    file: str = ""

    def place(self, position: int) -> tuple[int, int | None]:
        """The line and the column of the unit at ``position``."""
        return (self.line + position, None) if self.vertical else (self.line, position + 1)


@dataclass(frozen=True, slots=True)
class ReadSplit:
    """One split: the name of the file with its gold, what could be read, and all problems.

    ``text_file`` is the one with the text, if that is another.
    """

    file: str
    records: Sequence[Raw]
    problems: tuple[Problem, ...]
    text_file: str = ""


def counted(
    file: str, lines: Iterable[int], code: str, severity: Severity, message: str
) -> list[Problem]:
    """One problem for all ``lines`` that share it, at the first, with their number; or none."""
    places = array("Q", lines)
    if not places:
        return []
    times = f"{len(places)} lines, first here" if len(places) > 1 else "1 line"
    return [Problem(file, min(places), code, severity, f"{message} ({times})")]
