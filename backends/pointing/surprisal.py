"""What gold costs under a distribution over segmentations, unit by unit.

The tags of a flat sentence and its segmentations are the same thing twice, so the probability of a
beginning of the tags is the sum over all segmentations that begin so; a unit pays for what it adds.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

import torch

from backends.pointing.distribution import Scores, of_any_label, sums_after
from harness.core import Example

# Of each unit of a sentence.
Bits: TypeAlias = tuple[float, ...]


def segmentation_bits(
    scores: Scores, examples: Sequence[Example], labels: Sequence[str]
) -> list[Bits]:
    """-log2 of the probability of each gold tag, given those before it, by example.

    Args:
        scores: (examples, labels, longest, longest), minus infinity where no span can be.
        examples: those that are scored, none of them nested.
        labels: what the second axis stands for.
    """
    exact = scores.double()
    after = sums_after(of_any_label(exact))
    return [
        _bits(row, rest[: len(example.sentence) + 1], example, labels)
        for row, rest, example in zip(exact, after, examples, strict=True)
    ]


def _bits(scores: Scores, after: torch.Tensor, example: Example, labels: Sequence[str]) -> Bits:
    """As ``segmentation_bits``; scores (labels, longest, longest), after (units + 1,)."""
    begun = after.clone()  # (units + 1,): the log of the sum over what begins as gold does
    settled = after.new_zeros(())  # the score of the entities that are over
    for span in sorted(example.spans):
        row = scores[labels.index(span.label), span.start, span.start : len(after) - 1]
        # Until its end is seen, an entity may go on as far as the sentence.
        ending = (row + after[span.start + 1 :]).flip(0).logcumsumexp(0).flip(0)
        begun[span.start + 1 : span.end + 1] = settled + ending[: span.end - span.start]
        settled = settled + row[span.end - span.start - 1]
        begun[span.end + 1 :] = settled + after[span.end + 1 :]
    bits = (begun[:-1] - begun[1:]) / math.log(2)
    return tuple(bits.clamp_min(0).tolist())
