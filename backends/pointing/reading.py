"""From scores of spans to entities: all that score above 0, the most probable first.

Which of those that overlap a flat task keeps is not decided here: the harness does that for all
answers of entities by one rule, and counts what it drops.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.core import PlacedEntity, Spans

SpanScores: TypeAlias = npt.NDArray[np.float32]


def entities(scores: SpanScores, labels: Sequence[str]) -> Spans:
    """The entities of one sentence, each with its probability.

    The loss separates entities from others at 0, so a score is read as the logit of a probability.

    Args:
        scores: (labels, units, units), minus infinity where no span can be.
        labels: what the first axis stands for.
    """
    label, first, last = np.nonzero(scores > 0)
    found = scores[label, first, last]
    order = np.lexsort((label, last, first, -found))
    sure = 1 / (1 + np.exp(-found[order].astype(np.float64)))
    places = zip(label[order].tolist(), first[order].tolist(), last[order].tolist(), strict=True)
    return Spans(
        tuple(
            PlacedEntity(start, end + 1, labels[name], probability)
            for (name, start, end), probability in zip(places, sure.tolist(), strict=True)
        )
    )
