"""What systems answered to unlabelled text: the files of ``predict --json``, read together.

All files are answers to the same lines, and a line that is no answer is refused with its place.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from harness.errors import DataError

Found: TypeAlias = tuple[int, int, str]
# What a line raises that is no answer: 1e999 is infinite, and has no integer.
_NO_ANSWER = (
    ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """The entities that a system found in a sentence: characters from, to, and the type.

    ``confidence`` has the probability of each, in order; None where the system gives none, also
    where it found nothing: it does not say how sure it is of that.
    """

    entities: tuple[Found, ...]
    confidence: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The sentences of a text, and of each system its answers to them, in order."""

    texts: tuple[str, ...]
    answers: tuple[tuple[Answer, ...], ...]


def read(paths: Sequence[Path]) -> Answered:
    """The answers in ``paths``, one system each.

    Raises:
        DataError: for files that cannot be read, are no answers, or are to different texts; and
            where nothing in them tells which sentence is worth more than another.
    """
    found = [_of_one_system(list(_lines(path))) for path in paths]
    _require_told(paths, found)
    texts = tuple(text for text, _ in found[0])
    for path, lines in zip(paths, found, strict=True):
        _require_same(texts, paths[0], tuple(text for text, _ in lines), path)
    return Answered(texts, tuple(tuple(answer for _, answer in lines) for lines in found))


def _of_one_system(lines: list[tuple[str, Answer]]) -> list[tuple[str, Answer]]:
    """What a system answered; nothing found is sure only where it gives confidences elsewhere."""
    if any(answer.confidence for _, answer in lines):
        return lines
    return [(text, Answer(answer.entities)) for text, answer in lines]


def _require_told(paths: Sequence[Path], found: Sequence[list[tuple[str, Answer]]]) -> None:
    if not found[0]:
        msg = f"{paths[0]} holds no answer: `predict --json` writes one for each line of a text"
        raise DataError(msg)
    if len(found) == 1 and not any(answer.confidence for _, answer in found[0]):
        msg = (
            f"{paths[0]} is of one system, and no entity in it has a confidence: nothing tells "
            "what to label; add the answers of another system"
        )
        raise DataError(msg)


def _require_same(texts: tuple[str, ...], first: Path, others: tuple[str, ...], path: Path) -> None:
    if texts == others:
        return
    pairs = zip(texts, others, strict=False)
    line = next(
        (n for n, (a, b) in enumerate(pairs, 1) if a != b), min(len(texts), len(others)) + 1
    )
    msg = f"{path}:{line} is not the text of {first}:{line}: predict both from one file"
    raise DataError(msg)


def _lines(path: Path) -> Iterator[tuple[str, Answer]]:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path}: {error}"
        raise DataError(msg) from error
    for number, line in enumerate(content.removesuffix("\n").split("\n") if content else (), 1):
        try:
            yield _answer(json.loads(line))
        except _NO_ANSWER as error:
            msg = f"{path}:{number}: no line of `predict --json`: {type(error).__name__}: {error}"
            raise DataError(msg) from error


def _answer(line: dict[str, Any]) -> tuple[str, Answer]:
    entities = line["entities"]
    found = tuple((int(e["start"]), int(e["end"]), str(e["label"])) for e in entities)
    given = [e.get("confidence") for e in entities]
    if any(one is None for one in given):
        return str(line["text"]), Answer(found)
    return str(line["text"]), Answer(found, tuple(map(_probability, given)))


def _probability(given: object) -> float:
    value = float(given)  # type: ignore[arg-type]  # refused as the line is
    if not 0 <= value <= 1:
        msg = f"confidence {given!r} is no probability"
        raise ValueError(msg)
    return value
