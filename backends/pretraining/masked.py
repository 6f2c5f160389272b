"""Masked characters, for BERT: some characters of a window are hidden, and are to be told.

Devlin et al. 2019, with short spans instead of single characters: of the hidden ones four fifths
read as a mask, a tenth as another character, a tenth as they are. Scores are made for hidden places
alone, by the embeddings that are read.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from backends.pretraining.characters import FIRST, MASK, Characters, Ids, is_character
from backends.pretraining.objective import Asked, Loss, batched
from backends.pretraining.reading import CharacterReader
from backends.pretraining.spans import hidden

SHARE, SPAN = 0.15, 2.0
AS_MASK, AS_OTHER = 0.8, 0.1
WORDS = f"masked characters: {SHARE:.0%} of them, in spans of {SPAN:g} on average"


class Hidden(NamedTuple):
    """Windows of which some places are hidden.

    ``read`` (windows, length) is what is read; ``places`` (targets,) are those hidden, in the
    flattened windows, and ``targets`` what stands there.
    """

    read: torch.Tensor
    places: torch.Tensor
    targets: torch.Tensor


class CharacterHead(torch.nn.Module):
    """Scores of all characters, by the embeddings ``table`` (tokens, narrow) that are read."""

    def __init__(self, width: int, table: torch.nn.Embedding) -> None:
        super().__init__()
        self.dense = torch.nn.Linear(width, table.embedding_dim)
        self.norm = torch.nn.LayerNorm(table.embedding_dim)
        self.bias = torch.nn.Parameter(torch.zeros(table.num_embeddings))
        self.table = table.weight

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Scores (places, tokens) from ``states`` (places, width)."""
        narrow = self.norm(functional.gelu(self.dense(states)))  # (places, narrow)
        return functional.linear(narrow, self.table, self.bias)


class Guesser(torch.nn.Module):
    """A reader with a head that tells what stands in some places."""

    def __init__(self, reader: CharacterReader) -> None:
        super().__init__()
        self.reader = reader
        self.head = CharacterHead(reader.width, reader.table)

    def forward(self, batch: Hidden) -> torch.Tensor:
        """Scores of the characters in the hidden places (targets, tokens), in fp32."""
        states = self.reader(batch.read).flatten(0, 1)
        scores: torch.Tensor = self.head(states.index_select(0, batch.places))
        return scores.float()


class MaskedCharacters:
    """BERT's objective."""

    words = WORDS

    def __init__(self, reader: CharacterReader, characters: Characters) -> None:
        self.characters, self.positions = characters, reader.positions
        self.reader = reader
        self.model = Guesser(reader)

    def ask(self, ids: Ids, size: int, rng: np.random.Generator) -> Asked:
        """As of ``PretrainingObjective``."""
        chosen = chosen_places(ids, rng)
        read = torch.from_numpy(corrupted(ids, chosen, len(self.characters), rng))
        whole = (read, *map(torch.from_numpy, (ids, chosen)))
        return Asked([hidden_batch(*rows) for rows in batched(size, *whole)], int(np.sum(chosen)))

    def loss(self, batch: Hidden) -> Loss:
        """As of ``PretrainingObjective``."""
        total = functional.cross_entropy(self.model(batch), batch.targets, reduction="sum")
        return Loss(total, {"masked": (total.detach(), len(batch.targets))})

    def save(self, folder: Path) -> int:
        """As of ``PretrainingObjective``: the reader, without the head."""
        self.characters.save(folder, self.positions)
        return self.reader.save(folder)


def chosen_places(ids: Ids, rng: np.random.Generator) -> Any:
    """Which places of windows are hidden (windows, length): characters that are known."""
    return np.stack([hidden(may, SHARE, SPAN, rng) for may in is_character(ids)])


def corrupted(ids: Ids, chosen: Any, size: int, rng: np.random.Generator) -> Ids:
    """What is read of windows with the places ``chosen`` hidden (windows, length).

    Args:
        ids: (windows, length).
        chosen: (windows, length).
        size: how many tokens there are.
        rng: draws what is read there.
    """
    drawn = rng.random(ids.shape)
    # Any character but the one that stands there: a step of 1 or more around the circle of them.
    steps = rng.integers(1, size - FIRST, size=ids.shape)
    others = FIRST + (ids - FIRST + steps) % (size - FIRST)
    read = np.where(drawn < AS_MASK, MASK, np.where(drawn < AS_MASK + AS_OTHER, others, ids))
    return np.where(chosen, read, ids)


def hidden_batch(read: torch.Tensor, ids: torch.Tensor, chosen: torch.Tensor) -> Hidden:
    """Windows with their hidden places and what stands there; all (windows, length)."""
    places = chosen.flatten().nonzero().flatten()  # (targets,)
    return Hidden(read, places, ids.flatten()[places])
