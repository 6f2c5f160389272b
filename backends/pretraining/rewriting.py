"""Writing a window again, for a T5 that knows which unit its answer has come to.

Raffel et al. 2020, table 3, "BERT-style": some characters of a window are hidden from the question
as they are from BERT, and the answer is the whole window. So an aligned answer to a task is made,
too: what stands at each place is copied, or told by what stands around it.

Of the open characters only a few are asked for. Copying is learned soon, and to score all of them
would be half of the work.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from backends.pretraining.characters import PADDING, Characters, Ids, is_character
from backends.pretraining.masked import SHARE, SPAN, chosen_places, corrupted
from backends.pretraining.objective import Asked, Loss, batched
from backends.pretraining.saving import save
from backends.pretraining.span_corruption import POSITIONS

COPIED = 0.05  # of the characters that are open
WORDS = (
    f"windows written again, {SHARE:.0%} of their characters hidden in spans of {SPAN:g} on average"
)


class Rewritten(NamedTuple):
    """Windows of which some places are hidden.

    ``read`` (windows, length) is the question and ``whole`` the answer; ``hidden`` and ``copied``
    (targets,) are the places that are asked for, in the flattened windows.
    """

    read: torch.Tensor
    whole: torch.Tensor
    hidden: torch.Tensor
    copied: torch.Tensor


class Rewriting:
    """The objective of a T5 whose answers have a token for each unit."""

    words = WORDS
    positions = POSITIONS

    def __init__(self, model: Any, characters: Characters) -> None:
        self.model, self.characters = model, characters

    def ask(self, ids: Ids, size: int, rng: np.random.Generator) -> Asked:
        """As of ``PretrainingObjective``."""
        chosen = chosen_places(ids, rng)
        read = corrupted(ids, chosen, len(self.characters), rng)
        copied = is_character(ids) & ~chosen & (rng.random(ids.shape) < COPIED)
        whole = map(torch.from_numpy, (read, ids, chosen, copied))
        batches = [_batch(*rows) for rows in batched(size, *whole)]
        return Asked(batches, int(np.sum(chosen | copied)))

    def loss(self, batch: Rewritten) -> Loss:
        """As of ``PretrainingObjective``."""
        start = torch.full_like(batch.whole[:, :1], PADDING)
        before = torch.cat([start, batch.whole[:, :-1]], 1)  # (windows, length)
        states = self.model.decoded(batch.read, before).flatten(0, 1)
        hidden, copied = (
            self._told(states, batch.whole.flatten(), places)
            for places in (batch.hidden, batch.copied)
        )
        return Loss(hidden + copied, {
            "hidden": (hidden.detach(), len(batch.hidden)),
            "copied": (copied.detach(), len(batch.copied)),
        })  # fmt: skip

    def _told(
        self, states: torch.Tensor, whole: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """The summed loss of what stands in ``places`` of ``whole`` (places of windows,)."""
        scores = self.model.lm_head(states.index_select(0, places)).float()  # (targets, tokens)
        return functional.cross_entropy(scores, whole.index_select(0, places), reduction="sum")

    def save(self, folder: Path) -> int:
        """As of ``PretrainingObjective``."""
        self.characters.save(folder, POSITIONS)
        return save(self.model, folder)


def _batch(
    read: torch.Tensor, whole: torch.Tensor, chosen: torch.Tensor, copied: torch.Tensor
) -> Rewritten:
    """Windows, with two sets of places as flags; all (windows, length)."""
    return Rewritten(read, whole, *(f.flatten().nonzero().flatten() for f in (chosen, copied)))
