"""From a backend's outputs to one tag per unit: check, repair, then merge windows.

The harness, not the backend, guarantees that every unit has a tag and that every repair is counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness.core import Decoded, Output, Sentence, Spans, Tags, Text
from harness.data.windows import Window, merge
from harness.errors import BackendError, ConfigError
from harness.generation.fates import PREDICTED, UNANSWERED, UNREAD
from harness.generation.repair import repair
from harness.runs import confidence, entities
from harness.tags import OUTSIDE, split


def decode(
    outputs: Sequence[Output], windows: Sequence[Window], tags: tuple[str, ...]
) -> dict[str, Decoded]:
    """What the outputs for the views of ``windows`` mean for each sentence, by sentence id.

    Raises:
        BackendError: for a number of outputs, tags or confidences that does not fit, a malformed
            tag, or a confidence that is no probability.
    """
    if len(outputs) != len(windows):
        msg = f"predict returned {len(outputs)} outputs for {len(windows)} sentences"
        raise BackendError(msg)
    decoded = [_one(o, w.view, tags) for o, w in zip(outputs, windows, strict=True)]
    merged = merge(windows, [part.tags for part in decoded])
    raw = merge(windows, [part.raw_tags or part.tags for part in decoded])
    fates = merge(windows, [part.fates or PREDICTED * len(part.tags) for part in decoded])
    parts: dict[str, list[tuple[Window, Decoded]]] = {}
    for window, part in zip(windows, decoded, strict=True):
        parts.setdefault(window.sentence.id, []).append((window, part))
    joined = {key: _join(merged[key], raw[key], parts[key]) for key in merged}
    return {key: replace(one, fates=_compact_fates(fates[key])) for key, one in joined.items()}


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
            split(tag)
        except ValueError as error:
            msg = f"sentence {sentence.id}: {error}"
            raise BackendError(msg) from error
    return (*tags, *[OUTSIDE] * unread)


def _compact_fates(fates: Sequence[str]) -> str:
    """The fates of the units of a sentence; nothing to tell if all were predicted."""
    letters = "".join(fates)
    return letters if letters.strip(PREDICTED) else ""


def _join(
    tags: tuple[str, ...], raw: tuple[str, ...], parts: Sequence[tuple[Window, Decoded]]
) -> Decoded:
    repairs: Counter[str] = Counter()
    for _, part in parts:
        repairs.update(part.repairs)
    texts = [part.raw for _, part in parts if part.raw is not None]
    return Decoded(
        tags,
        {kind: count for kind, count in sorted(repairs.items()) if count},
        "\n".join(texts) if texts else None,
        raw if texts else None,
        confidence=confidence.joined(tags, parts),
    )
