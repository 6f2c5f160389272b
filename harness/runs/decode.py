"""From a backend's outputs to one tag per unit: check, repair, then merge windows.

The harness, not the backend, guarantees that every unit has a tag and that every repair is counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness.core import Decoded, Output, Sentence, Tags, Text
from harness.data.windows import Window, merge
from harness.errors import BackendError
from harness.generation.fates import PREDICTED, UNANSWERED
from harness.generation.repair import repair
from harness.tags import OUTSIDE, split

UNREAD = "unread"  # what the units are counted as that a backend said it did not read


def decode(
    outputs: Sequence[Output], windows: Sequence[Window], tags: tuple[str, ...]
) -> dict[str, Decoded]:
    """What the outputs for the views of ``windows`` mean for each sentence, by sentence id.

    Raises:
        BackendError: for a number of outputs or tags that does not fit, or a malformed tag.
    """
    if len(outputs) != len(windows):
        msg = f"predict returned {len(outputs)} outputs for {len(windows)} sentences"
        raise BackendError(msg)
    decoded = [_one(o, w.view, tags) for o, w in zip(outputs, windows, strict=True)]
    merged = merge(windows, [part.tags for part in decoded])
    raw = merge(windows, [part.raw_tags or part.tags for part in decoded])
    fates = merge(windows, [part.fates or PREDICTED * len(part.tags) for part in decoded])
    parts: dict[str, list[Decoded]] = {}
    for window, part in zip(windows, decoded, strict=True):
        parts.setdefault(window.sentence.id, []).append(part)
    joined = {key: _join(merged[key], raw[key], parts[key]) for key in merged}
    return {key: replace(one, fates=_compact_fates(fates[key])) for key, one in joined.items()}


def _one(output: Output, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    if isinstance(output, Text):
        return repair(output, sentence, tags)
    tags = _check(output, sentence)
    if not output.unread:
        return Decoded(tags)
    fates = PREDICTED * len(output.tags) + UNANSWERED * output.unread
    return Decoded(tags, {UNREAD: output.unread}, fates=fates)


def _check(output: object, sentence: Sentence) -> tuple[str, ...]:
    if not isinstance(output, Tags):
        msg = f"sentence {sentence.id}: an output must be Tags or Text, not {type(output).__name__}"
        raise BackendError(msg)
    if output.unread < 0 or len(output.tags) + output.unread != len(sentence):
        unread = f" and {output.unread} unread" if output.unread else ""
        msg = f"sentence {sentence.id}: {len(output.tags)} tags{unread} for {len(sentence)} units"
        raise BackendError(msg)
    for tag in set(output.tags):
        try:
            split(tag)
        except (ValueError, TypeError, AttributeError) as error:
            msg = f"sentence {sentence.id}: {error}"
            raise BackendError(msg) from error
    return (*output.tags, *[OUTSIDE] * output.unread)


def _compact_fates(fates: Sequence[str]) -> str:
    """The fates of the units of a sentence; nothing to tell if all were predicted."""
    letters = "".join(fates)
    return letters if letters.strip(PREDICTED) else ""


def _join(tags: tuple[str, ...], raw: tuple[str, ...], parts: Sequence[Decoded]) -> Decoded:
    repairs: Counter[str] = Counter()
    for part in parts:
        repairs.update(part.repairs)
    texts = [part.raw for part in parts if part.raw is not None]
    return Decoded(
        tags,
        {kind: count for kind, count in sorted(repairs.items()) if count},
        "\n".join(texts) if texts else None,
        raw if texts else None,
    )
