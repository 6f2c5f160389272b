"""What an answer means in a task with nested gold: all entities that it names, each once.

Tags are given beside them, of the outermost entities alone: they say which units are in an entity,
and are never scored in such a task.
"""

from collections.abc import Mapping
from dataclasses import replace

from harness.core import Decoded, Sentence, Span, Spans
from harness.generation.fates import PREDICTED, UNANSWERED, UNREAD
from harness.generation.repair_json import fates_of, read_entities
from harness.generation.settling import Settled, settle_nested
from harness.tags import OUTSIDE, encode, outermost


def answer(
    spans: tuple[Span, ...], units: int, confidence: tuple[float, ...] | None = None
) -> Decoded:
    """An answer of ``spans``, which are in order, that needed no repair."""
    return Decoded(encode(outermost(spans), units), confidence=confidence, entities=spans)


def decoded(found: Spans, sentence: Sentence, tags: tuple[str, ...], raw: str) -> Decoded:
    """What ``found`` means under the labels of ``tags``; ``raw`` is how it was said."""
    settled = settle_nested(found, sentence, tags)
    unread = {UNREAD: found.unread} if found.unread else {}
    return _decoded(settled, dict(settled.faults) | unread, raw)


def decoded_json(text: str, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    """What ``text`` means, entities as JSON that may be damaged anywhere."""
    found, faults = read_entities(text, sentence)
    if found is None:
        nothing = Settled((), None, faults, UNANSWERED * len(sentence))
        return _decoded(nothing, dict(faults), text)
    settled = settle_nested(Spans(found), sentence, tags)
    settled = replace(settled, fates=fates_of(settled, cut_off=faults["cut_off"] > 0))
    return _decoded(settled, dict(faults + settled.faults), text)


def unrepaired(tags: tuple[str, ...], repairs: Mapping[str, int]) -> tuple[str, ...]:
    """``tags`` where nothing had to be repaired, else none; what was not read is no repair."""
    return (OUTSIDE,) * len(tags) if repairs.keys() - {UNREAD} else tags


def _decoded(settled: Settled, repairs: dict[str, int], raw: str) -> Decoded:
    whole = answer(settled.spans, len(settled.fates), settled.scores)
    fates = settled.fates if settled.fates.strip(PREDICTED) else ""
    raw_tags = unrepaired(whole.tags, repairs)
    return replace(whole, repairs=repairs, raw=raw, raw_tags=raw_tags, fates=fates)
