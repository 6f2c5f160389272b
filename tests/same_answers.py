"""Whether answers are the same: tags and texts to the letter, probabilities but for rounding."""

import dataclasses

import pytest

from harness.core import Spans, Tags

# What the order of fp32 sums may move a probability by.
ROUNDING = 1e-4


def assert_same_answers(first, *others):
    """All of ``others`` answer as ``first`` does."""
    for other in others:
        assert [bare(answer) for answer in other] == [bare(answer) for answer in first]
        for one, two in zip(first, other, strict=True):
            if (sure := probabilities(one)) is not None:
                assert probabilities(two) == pytest.approx(sure, abs=ROUNDING)


def probabilities(answer):
    """The probabilities of the entities of an answer, if it has any."""
    if isinstance(answer, Spans):
        return [entity.score for entity in answer.entities]
    return answer.confidence if isinstance(answer, Tags) else None


def bare(answer):
    """An answer without its probabilities."""
    if isinstance(answer, Spans):
        entities = (dataclasses.replace(entity, score=None) for entity in answer.entities)
        return dataclasses.replace(answer, entities=tuple(entities))
    return dataclasses.replace(answer, confidence=None) if isinstance(answer, Tags) else answer
