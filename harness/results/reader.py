"""Finds and reads run folders. Nothing is dropped silently: what cannot be used is listed.

A folder is a run where a record in it says of which row; file names alone say nothing, since other
programs write a ``metrics.json`` too. In a run it is the only sign of completion. A run without it
is a failed seed if it left a failure record, and an unfinished one otherwise; both still count in
their row.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from harness.data.train_facts import FACTS, TrainFacts
from harness.errors import ConfigError, DataError, HarnessError, WeightsError
from harness.numbers import printed
from harness.protocol import Epoch
from harness.results import hashes, pretraining, set_aside, stored
from harness.results.record import SCHEMA, Metrics, MetricsFile
from harness.results.run_record import Run
from harness.results.store import (
    CLAIM,
    COMPLETE,
    FAILED,
    FREE,
    HISTORY,
    MODEL,
    PREDICTIONS,
    RUN,
)
from harness.results.stored import AnswerFile, first_error

Kind: TypeAlias = Literal[
    "failed", "unfinished", "corrupt", "newer", "duplicate", "unsound", "contradictory", "set aside"
]
RowKey: TypeAlias = tuple[str, str, str, str]
Model = TypeVar("Model", bound=BaseModel)

_SHOWN = 3  # of several runs where one was expected
_RECORDS = (CLAIM, RUN, FAILED)
_MARKS = frozenset({*_RECORDS, COMPLETE, set_aside.REASON})


@dataclass(frozen=True, slots=True)
class Result:
    """One finished run, as its files say; ``harness.results.verify`` says whether to believe it.

    What it reads of its files raises a ``DataError`` that names file and line.
    """

    folder: Path
    run: Run
    metrics: Metrics
    files: Mapping[str, str] | None = None

    @property
    def documents(self) -> tuple[str, ...]:
        """None: they stand in the answers, which ``harness.results.verify`` reads."""
        return ()

    def answers(self) -> AnswerFile:
        """The stored answers that the run is scored by."""
        return stored.answers(self.folder / PREDICTIONS)

    def free_answers(self) -> AnswerFile | None:
        """What the model wrote with nothing forced; None for a run that says it wrote nothing."""
        return None if self.metrics.free is None else stored.answers(self.folder / FREE)

    def history(self) -> tuple[Epoch, ...]:
        """The epochs of its training."""
        found = stored.history(self.folder / HISTORY)
        self._require(HISTORY, DataError)
        return found

    def facts(self) -> TrainFacts | None:
        """What it stored about its training data, if anything."""
        found = stored.facts(self.folder / FACTS)
        self._require(FACTS, DataError)
        return found

    def model(self) -> Path:
        """The folder of its model, every file of it as it was stored.

        Raises:
            WeightsError: naming each file that is not.
        """
        self._require(MODEL, WeightsError)
        return self.folder / MODEL

    def changed_files(self, parts: Sequence[str] = hashes.PARTS) -> tuple[str, ...]:
        """Each file of ``parts`` that is not as it was stored, in words."""
        return hashes.changed(self.folder, self.files, parts)

    def _require(self, part: str, error: type[HarnessError]) -> None:
        if wrong := self.changed_files((part,)):
            raise error("\n".join(f"{self.folder}: {one}; {hashes.REMEDY}" for one in wrong))


BROKEN: tuple[Kind, ...] = ("corrupt", "newer", "unsound", "contradictory")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A run folder that cannot be used, and why; ``row`` and ``seed`` if they are known.

    ``fingerprint`` is of the data that it was to read, empty where nobody recorded it.
    """

    folder: Path
    kind: Kind
    reason: str
    row: RowKey | None = None
    seed: int | None = None
    planned: tuple[int, ...] = ()
    fingerprint: str = ""

    @classmethod
    def of(cls, folder: Path, kind: Kind, reason: str, run: Run) -> "Rejected":
        """The ``run`` in ``folder``, which cannot be used."""
        data = run.data.fingerprint
        return cls(folder, kind, reason, run.row, run.seed, run.planned_seeds, data)

    @property
    def is_broken(self) -> bool:
        """Whether a result is there that cannot be believed, and not merely a run without one."""
        return self.kind in BROKEN

    @property
    def notice(self) -> str:
        """The line that tells a reader of a table."""
        return printed(f"Not used: {self.place} ({self.kind}): {self.reason}.")

    @property
    def place(self) -> str:
        """The folder as a person finds it: relative where it can be, else by its name."""
        return place_of(self.folder)


@dataclass(frozen=True, slots=True)
class Results:
    """What was found: finished runs, and everything else with its reason."""

    runs: tuple[Result, ...]
    rejected: tuple[Rejected, ...] = ()


def place_of(folder: Path, other: Path | None = None) -> str:
    """``folder`` without the place it lies in: relative where it can be, else by its name.

    Where ``other`` has the same name, the folders that tell the two apart stand before it.
    """
    here = Path.cwd()
    if folder.is_relative_to(here):
        return str(folder.relative_to(here))
    sizes = range(1, len(folder.parts))
    apart = (n for n in sizes if other is None or folder.parts[-n:] != other.parts[-n:])
    return str(Path(*folder.parts[-next(apart, 1) :]))


def placeless(text: str, folder: Path) -> str:
    """``text``, in which ``folder`` is named without the place it lies in."""
    return text.replace(str(folder), place_of(folder))


def one(path: Path) -> Result:
    """The finished run at ``path``, a run folder or one of its files.

    Raises:
        ConfigError: if there is not one finished run, with the reason.
    """
    top = path.parent if path.is_file() else path
    found = read([top])
    if len(found.runs) != 1:
        reasons = "".join(f"; {one.folder.name}: {one.reason}" for one in found.rejected)
        choice = _choice(top, found.runs) if found.runs else ""
        msg = f"{path}: expected one finished run, found {len(found.runs)}{choice}{reasons}"
        raise ConfigError(msg)
    return found.runs[0]


def _choice(top: Path, runs: Sequence[Result]) -> str:
    """What to do about several ``runs`` below ``top``."""
    shown = [str(top / run.folder.relative_to(top.resolve())) for run in runs[:_SHOWN]]
    more = [f"{len(runs) - _SHOWN:,} more"] if len(runs) > _SHOWN else []
    return f"; name one of {', '.join([*shown, *more])}"


class _UnusableError(Exception):
    """Why a folder cannot be used."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind: Kind = kind


def read(folders: Iterable[Path]) -> Results:
    """All runs in and below ``folders``, in the order of their paths; copies of a run once.

    Two results of one configuration that claim different scores are both given: which of them can
    be believed is for ``harness.results.verify`` to say.

    Raises:
        ConfigError: for a folder that does not exist.
    """
    runs: list[Result] = []
    rejected: list[Rejected] = []
    alike: dict[tuple[str, int], list[Result]] = {}  # of one configuration
    for folder in sorted(set(marked(folders))):
        found = read_folder(folder)
        if isinstance(found, Rejected):
            rejected.append(found)
            continue
        others = alike.setdefault((found.run.digest, found.run.seed), [])
        if first := next((run for run in others if run.metrics == found.metrics), None):
            rejected.append(_duplicate(found, first))
            continue
        others.append(found)
        runs.append(found)
    return Results(tuple(runs), tuple(rejected))


def marked(folders: Iterable[Path]) -> Iterator[Path]:
    """The folders in and below ``folders`` that are runs, or hold a file that runs have.

    Raises:
        ConfigError: for a folder that does not exist.
    """
    for top in folders:
        if not top.is_dir():
            msg = f"no results folder {top}; name a folder that `run` wrote"
            raise ConfigError(msg)
        for path, inner, files in os.walk(top):
            # A hidden folder is one that `merge` has not finished copying.
            inner[:] = [name for name in inner if not name.startswith(".")]
            if _MARKS.intersection(files):
                yield (folder := Path(path).resolve())
                if is_run(folder):
                    inner.clear()  # a run holds no runs, and its model can be large


def is_run(folder: Path) -> bool:
    """Whether the harness wrote a run into ``folder``, whatever became of it.

    A record of it says of which row it is, or it was set aside with a reason.
    """
    aside = set_aside.is_set_aside(folder) and (folder / set_aside.REASON).is_file()
    return aside or any(_row(_hint(folder / name)) for name in _RECORDS)


def read_folder(folder: Path) -> Result | Rejected:
    """The run in ``folder``, or why it cannot be used."""
    if set_aside.is_set_aside(folder):
        return Rejected(folder, "set aside", set_aside.reason_of(folder))
    try:
        if not (folder / COMPLETE).is_file():
            return _incomplete(folder)
        metrics = _load(folder / COMPLETE, MetricsFile)
        run = _load(folder / RUN, Run)
        return _as_stored(Result(folder, run, metrics.scores, metrics.files))
    except _UnusableError as error:
        return _without_result(folder, error.kind, str(error), _hints(folder))


def _as_stored(result: Result) -> Result | Rejected:
    """``result``, if its record is the one that was stored."""
    wrong = hashes.changed(result.folder, result.files, (RUN,))
    if not wrong:
        return result
    return Rejected.of(result.folder, "unsound", wrong[0], result.run)


def _load(path: Path, model: type[Model]) -> Model:
    content = _json(path)
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA:
        reason = f"{path.name} is of schema {version}, this harness reads {SCHEMA}: update it"
        raise _UnusableError("newer", reason)
    try:
        return model.model_validate_json(json.dumps(content))
    except (ValidationError, ValueError) as error:
        reason = first_error(error) if isinstance(error, ValidationError) else str(error)
        raise _UnusableError("corrupt", f"{path.name}: {reason}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _UnusableError("corrupt", f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _UnusableError("corrupt", f"{path.name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise _UnusableError("corrupt", f"{path.name} is not a JSON object")
    return content


def _incomplete(folder: Path) -> Rejected:
    """A run without ``metrics.json``: failed if it says so, else unfinished."""
    record = _hints(folder)
    failed = (folder / FAILED).is_file()
    reason = "no metrics.json: killed, or still running"
    if (folder / pretraining.COMPLETE).is_file():
        reason = "weights of `pretrain`, which no task was learned with: run --set model=FOLDER"
    if failed:
        reason = str(record.get("error") or "failed, and left no reason").split("\n")[0]
        reason = placeless(reason, folder)
    return _without_result(folder, "failed" if failed else "unfinished", reason, record)


def _without_result(folder: Path, kind: Kind, reason: str, record: dict[str, Any]) -> Rejected:
    """A run of which there is no result to read; ``record`` is what is known of it."""
    seed, planned = record.get("seed"), record.get("planned_seeds")
    seeds = planned if isinstance(planned, list) else []
    return Rejected(
        folder,
        kind,
        reason,
        _row(record),
        seed if isinstance(seed, int) else None,
        tuple(one for one in seeds if isinstance(one, int)),
        _fingerprint(record),
    )


def _hints(folder: Path) -> dict[str, Any]:
    """What the files of a run without a readable result say about it, taken together."""
    hints: dict[str, Any] = {}
    for name in _RECORDS:
        hints |= _hint(folder / name)
    return hints


def _hint(path: Path) -> dict[str, Any]:
    """What a record says; nothing if it is not there, or damaged."""
    try:
        return _json(path) if path.is_file() else {}
    except _UnusableError:
        return {}


def _fingerprint(record: dict[str, Any]) -> str:
    data = record.get("data")
    found = (data if isinstance(data, dict) else record).get("fingerprint")
    return found if isinstance(found, str) else ""


def _row(record: dict[str, Any]) -> RowKey | None:
    data = record.get("data")
    task = data.get("task") if isinstance(data, dict) else record.get("task")
    row = (task, *(record.get(name) for name in ("backend", "preset", "variant")))
    texts = tuple(part for part in row if isinstance(part, str))
    return texts if len(texts) == 4 else None


def _duplicate(found: Result, first: Result) -> Rejected:
    there = place_of(first.folder, found.folder)
    reason = f"the same result as in {there}, which is used"
    return Rejected.of(found.folder, "duplicate", reason, found.run)
