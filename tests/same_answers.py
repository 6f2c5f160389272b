"""Whether answers are the same: tags and texts to the letter, probabilities but for rounding."""

import dataclasses

import pytest

from harness.core import Tags

# What the order of fp32 sums may move a probability by.
ROUNDING = 1e-4


def assert_same_answers(first, *others):
    """All of ``others`` answer as ``first`` does."""
    for other in others:
        assert [bare(answer) for answer in other] == [bare(answer) for answer in first]
        for one, two in zip(first, other, strict=True):
            if isinstance(one, Tags) and one.confidence is not None:
                assert two.confidence == pytest.approx(one.confidence, abs=ROUNDING)


def bare(answer):
    """An answer without its probabilities."""
    return dataclasses.replace(answer, confidence=None) if isinstance(answer, Tags) else answer
