"""Finds and reads run folders. Nothing is dropped silently: what cannot be used is listed.

``metrics.json`` is the only sign of completion. A folder without it is a failed seed if the run
left a failure record, and an unfinished one otherwise; both still count in their row.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import ConfigError, DataError
from harness.results.record import SCHEMA, Metrics, Prediction, Run
from harness.results.store import COMPLETE, FAILED

Kind: TypeAlias = Literal["failed", "unfinished", "corrupt", "newer", "duplicate"]
RowKey: TypeAlias = tuple[str, str, str, str]
Model = TypeVar("Model", bound=BaseModel)

PREDICTIONS = "predictions.jsonl"
_MARKS = frozenset({COMPLETE, FAILED, "run.json", "claim.json", PREDICTIONS})


@dataclass(frozen=True, slots=True)
class Result:
    """One finished run."""

    folder: Path
    run: Run
    metrics: Metrics

    def predictions(self) -> Iterator[Prediction]:
        """The stored predictions, in the order of the file.

        Raises:
            DataError: for a line that is not a prediction.
        """
        path = self.folder / PREDICTIONS
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield Prediction.model_validate_json(line)
                except ValidationError as error:
                    msg = f"{path}, line {number}: {_first(error)}; run this cell again"
                    raise DataError(msg) from error


@dataclass(frozen=True, slots=True)
class Rejected:
    """A run folder that cannot be used, and why; ``row`` and ``seed`` if they are known."""

    folder: Path
    kind: Kind
    reason: str
    row: RowKey | None = None
    seed: int | None = None
    planned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """What was found: finished runs, and everything else with its reason."""

    runs: tuple[Result, ...]
    rejected: tuple[Rejected, ...] = ()


class _UnusableError(Exception):
    """Why a folder cannot be used."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind: Kind = kind


def read(folders: Iterable[Path]) -> Results:
    """All runs in and below ``folders``, in the order of their paths; repeated runs once.

    Raises:
        ConfigError: for a folder that does not exist.
    """
    runs: dict[tuple[str, int], Result] = {}
    rejected: list[Rejected] = []
    for folder in sorted(set(_found(folders))):
        found = _read_one(folder)
        if isinstance(found, Rejected):
            rejected.append(found)
            continue
        first = runs.setdefault((found.run.digest, found.run.seed), found)
        if first is not found:
            rejected.append(_duplicate(found, first))
    return Results(tuple(runs.values()), tuple(rejected))


def _found(folders: Iterable[Path]) -> Iterator[Path]:
    for top in folders:
        if not top.is_dir():
            msg = f"no results folder {top}; name a folder that `run` wrote"
            raise ConfigError(msg)
        for path, inner, files in os.walk(top):
            if _MARKS.intersection(files):
                inner.clear()  # a run holds no runs, and its model can be large
                yield Path(path).resolve()


def _read_one(folder: Path) -> Result | Rejected:
    try:
        if not (folder / COMPLETE).is_file():
            return _incomplete(folder)
        metrics = _load(folder / COMPLETE, Metrics)
        return Result(folder, _load(folder / "run.json", Run), metrics)
    except _UnusableError as error:
        return Rejected(folder, error.kind, str(error))


def _load(path: Path, model: type[Model]) -> Model:
    content = _json(path)
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA:
        reason = f"{path.name} is of schema {version}, this harness reads {SCHEMA}: update it"
        raise _UnusableError("newer", reason)
    try:
        return model.model_validate_json(json.dumps(content))
    except (ValidationError, ValueError) as error:
        reason = _first(error) if isinstance(error, ValidationError) else str(error)
        raise _UnusableError("corrupt", f"{path.name}: {reason}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _UnusableError("corrupt", f"{path.name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise _UnusableError("corrupt", f"{path.name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise _UnusableError("corrupt", f"{path.name} is not a JSON object")
    return content


def _incomplete(folder: Path) -> Rejected:
    """A run without ``metrics.json``: failed if it says so, else unfinished."""
    record = _hints(folder)
    failed = (folder / FAILED).is_file()
    reason = "no metrics.json: killed, or still running"
    if failed:
        reason = str(record.get("error") or "failed, and left no reason").split("\n")[0]
    seed = record.get("seed")
    planned = record.get("planned_seeds")
    return Rejected(
        folder,
        "failed" if failed else "unfinished",
        reason,
        _row(record),
        seed if isinstance(seed, int) else None,
        tuple(planned) if isinstance(planned, list) else (),
    )


def _hints(folder: Path) -> dict[str, Any]:
    """What the files of an incomplete run say about it, taken together."""
    hints: dict[str, Any] = {}
    for name in ("claim.json", "run.json", FAILED):
        if (folder / name).is_file():
            try:
                hints |= _json(folder / name)
            except _UnusableError:
                continue
    return hints


def _row(record: dict[str, Any]) -> RowKey | None:
    data = record.get("data")
    task = data.get("task") if isinstance(data, dict) else record.get("task")
    row = (task, *(record.get(name) for name in ("backend", "preset", "variant")))
    texts = tuple(part for part in row if isinstance(part, str))
    return texts if len(texts) == 4 else None


def _duplicate(found: Result, first: Result) -> Rejected:
    same = found.metrics == first.metrics
    outcome = "the same result" if same else "a DIFFERENT result for the same configuration"
    reason = f"{outcome} as in {first.folder}, which is used"
    return Rejected(found.folder, "duplicate", reason, found.run.row, found.run.seed)


def _first(error: ValidationError) -> str:
    detail = error.errors()[0]
    where = ".".join(map(str, detail["loc"])) or "the whole"
    return f"{where}: {detail['msg']}"
