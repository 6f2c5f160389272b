"""The probabilities that backends give to their entities: checked, and carried through windows.

An entity has the probability that the window gives it which owns its first unit. Where that window
saw it with other borders, the entity is put together from several answers, and has the lowest
probability of those that claim a unit of it.
"""

from collections.abc import Iterator, Mapping, Sequence

from harness.core import Decoded, Sentence, Span
from harness.data.windows import Window
from harness.errors import BackendError
from harness.tags import decode


def require_probabilities(found: object, tags: Sequence[str], sentence: Sentence) -> None:
    """Refuse what is not one probability for each entity of ``tags``; None is fine.

    Raises:
        BackendError: naming the sentence.
    """
    if found is None:
        return
    if not isinstance(found, tuple | list):
        msg = f"sentence {sentence.id}: confidence is a tuple or None, not {type(found).__name__}"
        raise BackendError(msg)
    entities = len(decode(tags))
    if len(found) != entities:
        msg = f"sentence {sentence.id}: {len(found)} confidences for {entities} entities"
        raise BackendError(msg)
    for value in found:
        if not isinstance(value, float | int) or not 0 <= value <= 1:  # NaN is refused too
            msg = f"sentence {sentence.id}: a confidence is a probability, not {value!r}"
            raise BackendError(msg)


def joined(
    tags: Sequence[str], parts: Sequence[tuple[Window, Decoded]]
) -> tuple[float, ...] | None:
    """The probability of each entity of the joined ``tags``; None where a window gave none."""
    given = [(window, _claims(window, part)) for window, part in parts]
    known = [(window, claims) for window, claims in given if claims is not None]
    if len(known) < len(given):
        return None
    return tuple(_of(span, known) for span in decode(tags))


def _claims(window: Window, part: Decoded) -> Mapping[Span, float] | None:
    """The entities of a window in units of the sentence, with their probabilities."""
    if part.confidence is None:
        return None
    spans = (
        Span(span.start + window.start, span.end + window.start, span.label)
        for span in decode(part.tags)
    )
    return dict(zip(spans, part.confidence, strict=True))


def _of(span: Span, given: Sequence[tuple[Window, Mapping[Span, float]]]) -> float:
    for window, claims in given:
        if window.owned_start <= span.start < window.owned_end and span in claims:
            return claims[span]
    return min(probability for each in given for probability in _parts(span, *each))


def _parts(span: Span, window: Window, claims: Mapping[Span, float]) -> Iterator[float]:
    """The probabilities of what a window found in those units of ``span`` that it owns."""
    start, end = max(span.start, window.owned_start), min(span.end, window.owned_end)
    return (value for found, value in claims.items() if found.start < end and found.end > start)
