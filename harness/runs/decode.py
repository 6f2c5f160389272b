"""From a backend's outputs to one tag per unit: check, repair, then merge windows.

The harness, not the backend, guarantees that every unit has a tag and that every repair is counted.
In a task with nested gold it is entities that are checked, settled and merged.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import repeat
from typing import TypeAlias

from harness.core import Decoded, Output, Sentence, Spans, Tags, Text
from harness.data.merging import merge_entities
from harness.data.windows import Window, merge
from harness.errors import BackendError, ConfigError
from harness.generation import nested as nesting
from harness.generation.fates import PREDICTED, UNANSWERED, UNREAD
from harness.generation.formats import JSON
from harness.generation.repair import repair
from harness.runs import confidence, entities
from harness.tags import OUTSIDE, is_word, split


def decode(
    outputs: Sequence[Output], windows: Sequence[Window], tags: tuple[str, ...]
) -> dict[str, Decoded]:
    """What the outputs for the views of ``windows`` mean for each sentence, by sentence id.

    Raises:
        BackendError: for a number of outputs, tags or confidences that does not fit, a malformed
            tag, or a confidence that is no probability.
    """
    decoded = _each(outputs, windows, tags, _one)
    merged = merge(windows, [part.tags for part in decoded])
    raw = merge(windows, [part.raw_tags or part.tags for part in decoded])
    parts = _by_sentence(windows, decoded)
    joined = {key: _join(merged[key], raw[key], parts[key]) for key in merged}
    return _with_fates(joined, windows, decoded)


def decode_nested(
    outputs: Sequence[Output], windows: Sequence[Window], tags: tuple[str, ...]
) -> dict[str, Decoded]:
    """As ``decode``, in a task with nested gold.

    Raises:
        BackendError: for a number of outputs that does not fit, an output without entities, or
            entities that break the contract.
    """
    decoded = _each(outputs, windows, tags, _one_nested)
    scored = [
        dict(zip(part.entities or (), part.confidence or repeat(None), strict=False))
        for part in decoded
    ]
    found = merge_entities(windows, scored)
    joined = {}
    for key, parts in _by_sentence(windows, decoded).items():
        sure = tuple(value for value in found[key].values() if value is not None)
        whole = nesting.answer(
            tuple(found[key]),
            len(parts[0][0].sentence),
            sure if len(sure) == len(found[key]) else None,
        )
        repairs, raw = _repairs(parts), _raw(parts)
        raw_tags = None if raw is None else nesting.unrepaired(whole.tags, repairs)
        joined[key] = replace(whole, repairs=repairs, raw=raw, raw_tags=raw_tags)
    return _with_fates(joined, windows, decoded)


Decode: TypeAlias = Callable[
    [Sequence[Output], Sequence[Window], tuple[str, ...]], dict[str, Decoded]
]
_DecodeOne: TypeAlias = Callable[[object, Sentence, tuple[str, ...]], Decoded]


def decoder(*, nested: bool) -> Decode:
    """What decodes answers to a task whose gold is ``nested``, or to a flat one."""
    return decode_nested if nested else decode


def _each(
    outputs: Sequence[Output], windows: Sequence[Window], tags: tuple[str, ...], one: _DecodeOne
) -> list[Decoded]:
    """What each output means for the view of its window."""
    if len(outputs) != len(windows):
        msg = f"predict returned {len(outputs)} outputs for {len(windows)} sentences"
        raise BackendError(msg)
    return [one(o, w.view, tags) for o, w in zip(outputs, windows, strict=True)]


_Parts: TypeAlias = Sequence[tuple[Window, Decoded]]


def _by_sentence(windows: Sequence[Window], decoded: Sequence[Decoded]) -> dict[str, _Parts]:
    """The windows of each sentence, by its id, with what was answered."""
    parts: dict[str, list[tuple[Window, Decoded]]] = {}
    for window, part in zip(windows, decoded, strict=True):
        parts.setdefault(window.sentence.id, []).append((window, part))
    return dict(parts.items())


def _with_fates(
    joined: dict[str, Decoded], windows: Sequence[Window], decoded: Sequence[Decoded]
) -> dict[str, Decoded]:
    """``joined`` with what became of each unit in the window that owns it."""
    fates = merge(windows, [part.fates or PREDICTED * len(part.tags) for part in decoded])
    return {key: replace(one, fates=_compact_fates(fates[key])) for key, one in joined.items()}


def _one_nested(output: object, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    if isinstance(output, Spans):
        return entities.decoded_nested(output, sentence, tags)
    if isinstance(output, Text) and _lists_entities(output, sentence):
        return nesting.decoded_json(output.text, sentence, tags)
    found = type(output).__name__
    msg = (
        f"sentence {sentence.id}: gold is nested, which Spans hold, or Text of the format "
        f"{JSON.name}, and not {found}"
    )
    raise BackendError(msg)


def _lists_entities(output: Text, sentence: Sentence) -> bool:
    _require(sentence, "the text of a Text", output.text, str)
    return output.format == JSON.name


def _one(output: object, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    if isinstance(output, Text):
        return _repaired(output, sentence, tags)
    if isinstance(output, Spans):
        return entities.decoded(output, sentence, tags)
    if not isinstance(output, Tags):
        found = type(output).__name__
        msg = f"sentence {sentence.id}: an output must be Tags, Text or Spans, not {found}"
        raise BackendError(msg)
    tags = _check(output.tags, output.unread, sentence)
    confidence.require_probabilities(output.confidence, output.tags, sentence)
    if not output.unread:
        return Decoded(tags, confidence=output.confidence)
    fates = PREDICTED * len(output.tags) + UNANSWERED * output.unread
    return Decoded(tags, {UNREAD: output.unread}, fates=fates, confidence=output.confidence)


def _repaired(output: Text, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    _require(sentence, "the text of a Text", output.text, str)
    _require(sentence, "the format of a Text", output.format, str)
    try:
        return repair(output, sentence, tags)
    except ConfigError as error:  # of a format that does not exist
        msg = f"sentence {sentence.id}: {error}"
        raise BackendError(msg) from error


def _require(sentence: Sentence, what: str, found: object, kind: type) -> None:
    if not isinstance(found, kind):
        msg = f"sentence {sentence.id}: {what} is {kind.__name__}, not {type(found).__name__}"
        raise BackendError(msg)


def _check(tags: Sequence[str], unread: int, sentence: Sentence) -> tuple[str, ...]:
    _require(sentence, "unread", unread, int)
    if not isinstance(tags, list):  # a list is harmless; a text would be a tag for each letter
        _require(sentence, "what Tags hold", tags, tuple)
    if unread < 0 or len(tags) + unread != len(sentence):
        rest = f" and {unread} unread" if unread else ""
        msg = f"sentence {sentence.id}: {len(tags)} tags{rest} for {len(sentence)} units"
        raise BackendError(msg)
    for tag in tags:
        _require(sentence, "a tag", tag, str)
    for tag in set(tags):
        try:
            _, label = split(tag)
        except ValueError as error:
            msg = f"sentence {sentence.id}: {error}"
            raise BackendError(msg) from error
        if label and not is_word(label):
            msg = f"sentence {sentence.id}: {tag!r} has a label that no task has: spaces, controls"
            raise BackendError(msg)
    return (*tags, *[OUTSIDE] * unread)


def _compact_fates(fates: Sequence[str]) -> str:
    """The fates of the units of a sentence; nothing to tell if all were predicted."""
    letters = "".join(fates)
    return letters if letters.strip(PREDICTED) else ""


def _join(tags: tuple[str, ...], raw: tuple[str, ...], parts: _Parts) -> Decoded:
    said = _raw(parts)
    return Decoded(
        tags,
        _repairs(parts),
        said,
        None if said is None else raw,
        confidence=confidence.joined(tags, parts),
    )


def _repairs(parts: _Parts) -> dict[str, int]:
    repairs: Counter[str] = Counter()
    for _, part in parts:
        repairs.update(part.repairs)
    return {kind: count for kind, count in sorted(repairs.items()) if count}


def _raw(parts: _Parts) -> str | None:
    """What was written, window by window; None where nothing was."""
    texts = [part.raw for _, part in parts if part.raw is not None]
    return "\n".join(texts) if texts else None
