"""The next character, for GPT: each character of a window is to be told from those before it.

A character that is not known is read but not asked for; the end of a paragraph is asked for.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from backends.generating.padding import IGNORED, summed_loss
from backends.pretraining.characters import UNKNOWN, Characters, Ids
from backends.pretraining.objective import Asked, Loss, batched, shifted
from backends.pretraining.saving import save

WORDS = "the next character"


class Following(NamedTuple):
    """Windows without their last character, and what follows each; all (windows, length - 1).

    ``due`` counts the targets, which are those that are not ``IGNORED``.
    """

    read: torch.Tensor
    positions: torch.Tensor
    targets: torch.Tensor
    due: int


class NextCharacter:
    """GPT's objective."""

    words = WORDS

    def __init__(self, model: Any, characters: Characters) -> None:
        self.model, self.characters = model, characters
        self.positions = int(model.config.max_position_embeddings)

    def ask(self, ids: Ids, size: int, rng: np.random.Generator) -> Asked:
        """As of ``PretrainingObjective``."""
        targets = np.where(ids[:, 1:] == UNKNOWN, IGNORED, ids[:, 1:])
        places = shifted(ids[:, :-1], self.positions, rng)
        whole = (torch.from_numpy(ids[:, :-1]), places, torch.from_numpy(targets))
        batches = [
            Following(read, places, due, _due(due)) for read, places, due in batched(size, *whole)
        ]
        return Asked(batches, sum(batch.due for batch in batches))

    def loss(self, batch: Following) -> Loss:
        """As of ``PretrainingObjective``."""
        logits = self.model(
            input_ids=batch.read, position_ids=batch.positions, use_cache=False
        ).logits  # (windows, length - 1, tokens)
        total = summed_loss(logits, batch.targets)
        return Loss(total, {"next": (total.detach(), batch.due)})

    def save(self, folder: Path) -> int:
        """As of ``PretrainingObjective``."""
        self.characters.save(folder, self.positions)
        return save(self.model, folder)


def _due(targets: torch.Tensor) -> int:
    return int((targets != IGNORED).sum())
