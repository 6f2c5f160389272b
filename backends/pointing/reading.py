"""From logits of spans to entities: all that are rather there than not, the most probable first."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.core import PlacedEntity, Spans

Logits: TypeAlias = npt.NDArray[np.float32]


def entities(logits: Logits, labels: Sequence[str]) -> Spans:
    """The entities of one sentence, each with its probability.

    Args:
        logits: (labels, units, units), minus infinity where no span can be.
        labels: what the first axis stands for.
    """
    label, first, last = np.nonzero(logits > 0)
    found = logits[label, first, last]
    order = np.lexsort((label, last, first, -found))
    sure = 1 / (1 + np.exp(-found[order].astype(np.float64)))
    places = zip(label[order].tolist(), first[order].tolist(), last[order].tolist(), strict=True)
    return Spans(
        tuple(
            PlacedEntity(start, end + 1, labels[name], probability)
            for (name, start, end), probability in zip(places, sure.tolist(), strict=True)
        )
    )
