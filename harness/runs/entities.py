"""Answers of entities: what breaks the contract is refused, the rest is settled and counted.

A place that the sentence does not have is a fault of the program, as a missing tag is; a text that
the sentence does not have is an answer, and a wrong one.
"""

import json
from dataclasses import fields
from typing import Any

from harness.core import Decoded, PlacedEntity, Sentence, Spans, WrittenEntity
from harness.errors import BackendError
from harness.generation import nested
from harness.generation.fates import PREDICTED, UNREAD
from harness.generation.settling import settle
from harness.tags import OUTSIDE, encode


def decoded(answer: Spans, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    """What ``answer`` means for ``sentence``, one tag a unit.

    Its raw text is the answer itself, as JSON: an answer of entities is repaired as a text is, and
    its scores before repair are those of the answers that needed none.

    Raises:
        BackendError: as ``require_sound``.
    """
    require_sound(answer, sentence)
    settled = settle(answer, sentence, tags)
    found = encode(settled.spans, len(sentence))
    repairs = dict(settled.faults)
    if answer.unread:
        repairs[UNREAD] = answer.unread
    return Decoded(
        found,
        repairs,
        as_json(answer),
        (OUTSIDE,) * len(sentence) if settled.faults else found,
        settled.fates if settled.fates.strip(PREDICTED) else "",
        settled.scores,
    )


def decoded_nested(answer: Spans, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    """As ``decoded``, in a task with nested gold.

    Raises:
        BackendError: as ``require_sound``.
    """
    require_sound(answer, sentence)
    return nested.decoded(answer, sentence, tags, as_json(answer))


def require_sound(answer: Spans, sentence: Sentence) -> None:
    """Refuse what breaks the contract.

    Raises:
        BackendError: for entities of another kind, without a label, at a place that was not read or
            is not there, or with a score that is no probability.
    """
    problem = _broken(answer, sentence)
    if problem:
        msg = f"sentence {sentence.id}: {problem}"
        raise BackendError(msg)


def as_json(answer: Spans) -> str:
    """``answer`` as a list of objects, without what was not given."""
    return json.dumps([_object(each) for each in answer.entities], ensure_ascii=False)


def _object(entity: PlacedEntity | WrittenEntity) -> dict[str, object]:
    given = {each.name: getattr(entity, each.name) for each in fields(entity)}
    return {name: value for name, value in given.items() if value is not None}


def _broken(answer: Any, sentence: Sentence) -> str:
    """What in ``answer`` breaks the contract, empty if nothing does."""
    if not isinstance(answer.unread, int) or not 0 <= answer.unread <= len(sentence):
        return f"{answer.unread!r} units unread of {len(sentence)}"
    if not isinstance(answer.entities, tuple | list):
        return f"what Spans hold is a tuple, not {type(answer.entities).__name__}"
    read = len(sentence) - answer.unread
    problems = (_broken_entity(each, read) for each in answer.entities)
    return next(filter(None, problems), "")


def _broken_entity(entity: Any, units: int) -> str:
    if not isinstance(entity, PlacedEntity | WrittenEntity):
        return f"an entity is a PlacedEntity or a WrittenEntity, not {type(entity).__name__}"
    label: Any = entity.label
    if not isinstance(label, str) or not label:
        return f"{entity!r} has no label"
    score: Any = entity.score
    if score is not None and not (isinstance(score, float | int) and 0 <= score <= 1):
        return f"the score of an entity is a probability, not {score!r}"  # NaN is refused too
    if isinstance(entity, PlacedEntity):
        return _broken_place(entity, units)
    return _broken_text(entity)


def _broken_text(entity: Any) -> str:
    if not isinstance(entity.text, str):
        return f"{entity!r} has no text"
    if not isinstance(entity.occurrence, int | None):
        return f"the occurrence of {entity!r} is a whole number (int)"
    return ""


def _broken_place(entity: Any, units: int) -> str:
    if not isinstance(entity.start, int) or not isinstance(entity.end, int):
        return f"start and end of {entity!r} are whole numbers (int)"
    if not 0 <= entity.start < entity.end <= units:
        return f"{entity!r} is not a place in the {units} units that were read"
    return ""
