"""A copy of the data of a task without what can be mended and still be read alike, and a log of it.

The files of the task are never touched. What a run reads from the copy is what it reads from the
task itself; where nothing could be read, it is what the mended tags say. So no text is changed, no
sentence is dropped and no entity is moved: those are decisions of people, and ``check-data`` says
where they are due.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from harness.data import hub_task, schemes, taskfile
from harness.data import task as tasks
from harness.data.readers import conll, parallel
from harness.data.readers.lines import BOM
from harness.data.schemes import Spelling
from harness.data.taskfile import TaskFile
from harness.errors import ConfigError, DataError, HarnessError
from harness.tags import OUTSIDE, Policy

FORMATS = ("parallel", "conll", "jsonl")
LOG = "changes.jsonl"
_SEPARATORS = dict.fromkeys(schemes.SEPARATORS)


@dataclass(frozen=True, slots=True)
class LineChange:
    """One change of a line, which is None for a change of the whole file."""

    file: str
    line: int | None
    check: str
    before: str
    after: str


@dataclass(slots=True)
class _File:
    """A file on its way: ``lines[i]`` is that of line ``i + 1``, None once it is left out."""

    name: str
    lines: list[str | None]
    changes: list[LineChange]

    def edit(self, check: str, change: Callable[[str], str]) -> None:
        """Change each line that ``change`` gives another text for."""
        for at, line in enumerate(self.lines):
            if line is not None and (after := change(line)) != line:
                self.replace(at, check, after)

    def replace(self, at: int, check: str, after: str | None) -> None:
        """Put ``after`` in the place of a line; None leaves it out."""
        before = self.lines[at] or ""
        self.changes.append(LineChange(self.name, at + 1, check, before, after or ""))
        self.lines[at] = after

    @property
    def content(self) -> str:
        """The file as it will be written."""
        return "".join(f"{line}\n" for line in self.lines if line is not None)


@dataclass(frozen=True, slots=True)
class Mended:
    """What was written: the name of the task file, and the changes that each check asked for."""

    task: str
    changes: Mapping[str, int]

    def told(self, folder: Path) -> str:
        """What a person is told of the copy in ``folder``."""
        found = (f"{check} {times:,}" for check, times in self.changes.items())
        listed = ", ".join(found) or "nothing to mend"
        return f"{folder / self.task} written; changes, each in {folder / LOG}: {listed}"


def write(task: str | Path, data: Path | None, folder: Path) -> Mended:
    """Write the copy into ``folder``, which is made if it is not there.

    Raises:
        ConfigError: for data that are not files of text.
        DataError: for a file that is no text, or a copy that would be read otherwise.
    """
    if hub_task.is_reference(task):
        msg = f"{task}: `--fix` mends files of text, and a data set of a hub is none"
        raise ConfigError(msg)
    path = taskfile.find(task)
    file = taskfile.load(path)
    _refuse(path, file)
    root = taskfile.root(path, file, data)
    copies = [copy for split in file.splits for copy in _mended(file, split, root)]
    made = _stored(copies, file, folder / path.name)
    _require_same(task, data, made)
    return Mended(made.name, Counter(change.check for copy in copies for change in copy.changes))


def _refuse(path: Path, file: TaskFile) -> None:
    """Refuse what cannot be copied."""
    if file.format not in FORMATS:
        msg = f"{path}: `--fix` mends files of the formats {', '.join(FORMATS)}, not {file.format}"
        raise ConfigError(msg)


def _stored(copies: Sequence[_File], file: TaskFile, made: Path) -> Path:
    """Write the files, the log and the task file ``made``, all in one folder; gives the last."""
    for copy in copies:
        target = made.parent / copy.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(copy.content, encoding="utf-8", newline="\n")
    changes = (asdict(change) for copy in copies for change in copy.changes)
    log = "".join(json.dumps(change, ensure_ascii=False) + "\n" for change in changes)
    (made.parent / LOG).write_text(log, encoding="utf-8")
    text = yaml.safe_dump(file.written() | {"root": "."}, allow_unicode=True, sort_keys=False)
    made.write_text(text, encoding="utf-8")
    return made


def _require_same(task: str | Path, data: Path | None, made: Path) -> None:
    """Refuse a copy that a run would read otherwise than the task itself."""
    try:
        before = tasks.load(task, data)
    except HarnessError:
        return  # nothing was read before
    if tasks.load(made).fingerprint != before.fingerprint:
        msg = f"{task}: a copy is read otherwise than the task itself; this is a bug of `--fix`"
        raise DataError(msg)


def _mended(file: TaskFile, split: str, root: Path) -> list[_File]:
    """Copies of all files of a split."""
    files = file.splits[split]
    names = [files.units]
    if file.format == "parallel":
        names += [files.tags or str(parallel.beside(Path(files.units)))]
        names += [files.documents] if files.documents else []
    copies = [_copy(root, name) for name in names]
    for copy in copies:
        copy.edit("crlf", lambda line: line.removesuffix("\r"))
    match file.format:
        case "parallel":
            _mend_parallel(copies, file)
        case "conll":
            _mend_columns(copies[0], file)
        case _:
            copies[0].edit("blank-line", _without_blanks)
            _drop_empty(copies)
    return copies


def _copy(root: Path, name: str) -> _File:
    path = root / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        msg = f"{name}: lies outside of {root}; `--fix` copies files below `root` only"
        raise ConfigError(msg)
    try:
        content = path.read_bytes()
        text = content.removeprefix(BOM).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be mended: {error}"
        raise DataError(msg) from error
    lines: list[str | None] = [*text.split("\n")]
    if not lines[-1]:
        lines.pop()
    marked = content.startswith(BOM)
    return _File(name, lines, [LineChange(name, None, "bom", "U+FEFF", "")] if marked else [])


def _mend_parallel(copies: Sequence[_File], file: TaskFile) -> None:
    units, tags, *_ = copies
    for copy in (units, tags):
        copy.edit("trailing-space", lambda line: line.removesuffix(" "))
    _drop_empty(copies)
    rows = [line.split(" ") if line else [] for line in tags.lines]
    for at, (check, row) in enumerate(_spelled(rows, file)):
        if check:
            tags.replace(at, check, " ".join(row))


def _mend_columns(copy: _File, file: TaskFile) -> None:
    copy.edit("blank-line", _without_blanks)
    copy.edit("trailing-space", conll.without_trailing)
    for at in [
        at for at, line in enumerate(copy.lines) if not line and (not at or not copy.lines[at - 1])
    ]:
        copy.replace(at, "empty-line", None)
    blocks: list[list[int]] = [[]]
    for at, line in enumerate(copy.lines):
        if not line or line.startswith("-DOCSTART-"):
            blocks.append([])
        else:
            blocks[-1].append(at)
    cut = [
        [(copy.lines[at] or "").rpartition(_mark(copy.lines[at] or "")) for at in block]
        for block in blocks
    ]
    rows = [[tag for _, _, tag in block] for block in cut]
    for block, parts, (check, row) in zip(blocks, cut, _spelled(rows, file), strict=True):
        for at, (unit, mark, before), after in zip(block, parts, row, strict=True):
            if check and after != before:
                copy.replace(at, check, unit + mark + after)


def _mark(line: str) -> str:
    return "\t" if "\t" in line else " "


def _without_blanks(line: str) -> str:
    return line if line.strip(" \t") else ""


def _drop_empty(copies: Sequence[_File]) -> None:
    """Leave out the lines that are empty in all files."""
    for at in range(min(len(copy.lines) for copy in copies)):
        if not any(copy.lines[at] for copy in copies[:2]):
            for copy in copies:
                copy.replace(at, "empty-line", None)


def _spelled(rows: Sequence[list[str]], file: TaskFile) -> list[tuple[str, list[str]]]:
    """Each row of tags with one separator and capital letters, malformed ones written out.

    With the check that asked for it, which is empty where a row stays as it is.
    """
    marks = Counter(
        tag[1] for row in rows for tag in row if tag != OUTSIDE and tag[1:2] in _SEPARATORS
    )
    mark = marks.most_common(1)[0][0] if marks else "-"
    plain = [[_plain(tag, mark) for tag in row] for row in rows]
    spelling = _spelling(plain, mark, file)
    pairs = zip(rows, plain, strict=True)
    return [_explicit(row, now, spelling, file.policy) for row, now in pairs]


def _spelling(rows: Sequence[list[str]], mark: str, file: TaskFile) -> Spelling | None:
    """The spelling of a whole file; None where its tags are of none, or of several."""
    if file.scheme != "auto":
        return Spelling(file.scheme, mark)
    try:
        return schemes.detect({tag for row in rows for tag in row if _is_tag(tag)})
    except ValueError:
        return None


def _is_tag(tag: str) -> bool:
    try:
        schemes.parse(tag)
    except ValueError:
        return False
    return True


def _plain(tag: str, mark: str) -> str:
    """``tag`` with ``mark`` and a capital letter, if it is a tag at all."""
    if tag == OUTSIDE.lower():
        return OUTSIDE
    changed = tag[:1].upper() + mark + tag[2:]
    return changed if tag[1:2] in _SEPARATORS and tag != OUTSIDE and _is_tag(changed) else tag


def _explicit(
    before: list[str], row: list[str], spelling: Spelling | None, policy: Policy
) -> tuple[str, list[str]]:
    """``row`` as its policy reads it, in the spelling of its file."""
    check = "" if row == before else "scheme"
    if spelling is None or not all(map(_is_tag, row)):
        return check, row
    gold = schemes.read(row, spelling.scheme, policy)
    if not gold.malformed:
        return check, row
    return "malformed", schemes.written(gold.spans, len(row), spelling)
