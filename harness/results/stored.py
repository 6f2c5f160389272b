"""The files of a run folder, read line by line; what is damaged is named by its file and line.

Whoever needs stored answers reads them here, so that no command can end in a traceback where
another one names the line.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from harness.data.train_facts import TrainFacts
from harness.errors import DataError
from harness.protocol import Epoch
from harness.results.record import Prediction

OLD_KEYS = {"slots": "positions", "consumed": "training_digest"}  # of older histories
REMEDY = "restore the file from a copy, or run (or import) this result again"
# The escape of a surrogate. Alone it is half of a character, which JSON has and UTF-8 has not:
# generators write some, and pydantic neither writes nor reads it.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """The predictions of one file, in its order, and its SHA-256."""

    predictions: tuple[Prediction, ...]
    sha256: str


def content_of(predictions: Sequence[Prediction]) -> bytes:
    """The bytes that predictions are stored as: a JSON object a line."""
    return b"".join(_line(prediction) + b"\n" for prediction in predictions)


def _line(prediction: Prediction) -> bytes:
    """A lone surrogate is written as the escape that JSON has for it."""
    try:
        return prediction.model_dump_json().encode()
    except PydanticSerializationError:
        values = prediction.model_dump()
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode(errors="backslashreplace")


def digest_of(content: bytes) -> str:
    """The SHA-256 of a file's content, as records name it."""
    return hashlib.sha256(content).hexdigest()


def answers(path: Path) -> AnswerFile:
    """The stored answers of one file.

    Raises:
        DataError: for a file that cannot be read, or a line that is not a prediction.
    """
    content = _bytes(path)
    lines = content.removesuffix(b"\n").split(b"\n") if content else []
    found = tuple(_prediction(line, path, number) for number, line in enumerate(lines, 1))
    return AnswerFile(found, digest_of(content))


def history(path: Path) -> tuple[Epoch, ...]:
    """The epochs of a run; a run that trained nothing has none.

    Raises:
        DataError: for a file that cannot be read, or a line that is not an epoch.
    """
    if not path.is_file():
        return ()
    lines = _bytes(path).split(b"\n")
    return tuple(_epoch(line, path, number) for number, line in enumerate(lines, 1) if line)


def facts(path: Path) -> TrainFacts | None:
    """What a run stored about its training data; None if it stored nothing.

    Raises:
        DataError: for a file that is damaged.
    """
    if not path.is_file():
        return None
    try:
        return TrainFacts.from_json(_bytes(path).decode())
    except (UnicodeDecodeError, DataError) as error:
        msg = f"{path}: {error}"
        raise DataError(msg) from error


def first_error(error: ValidationError) -> str:
    """The first fault that pydantic found, with the key that it is at."""
    detail = error.errors()[0]
    where = ".".join(map(str, detail["loc"]))
    what = detail["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}; {REMEDY}"
        raise DataError(msg) from error


def _prediction(line: bytes, path: Path, number: int) -> Prediction:
    try:
        return _read(line)
    except ValidationError as error:
        msg = f"{path}, line {number}: {first_error(error)}; {REMEDY}"
        raise DataError(msg) from error


def _read(line: bytes) -> Prediction:
    """The prediction that ``line`` holds, or a ``ValidationError``."""
    if _SURROGATE.search(line):
        with suppress(UnicodeDecodeError, json.JSONDecodeError, RecursionError):
            return Prediction.model_validate(json.loads(line.decode()))
    return Prediction.model_validate_json(line)


def _epoch(line: bytes, path: Path, number: int) -> Epoch:
    try:
        values = {OLD_KEYS.get(key, key): value for key, value in json.loads(line).items()}
        return Epoch(**{**values, "learning_rates": tuple(values["learning_rates"])})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        msg = f"{path}, line {number}: not an epoch of training ({error}); {REMEDY}"
        raise DataError(msg) from error
