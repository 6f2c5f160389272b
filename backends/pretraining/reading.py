"""An encoder that reads windows of characters."""

from pathlib import Path
from typing import Any

import torch

from backends.pretraining.saving import save


class CharacterReader(torch.nn.Module):
    """``encoder`` (of transformers), whose output has a ``last_hidden_state``."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        self.width = int(encoder.config.hidden_size)
        self.positions = int(encoder.config.max_position_embeddings)

    @property
    def table(self) -> torch.nn.Embedding:
        """The embeddings of characters (tokens, narrow)."""
        table: torch.nn.Embedding = self.encoder.get_input_embeddings()
        return table

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """The last layer (windows, length, width) for ``ids`` (windows, length)."""
        states: torch.Tensor = self.encoder(ids).last_hidden_state
        return states

    def save(self, folder: Path) -> int:
        """Write the encoder into ``folder``; gives the scalars in it."""
        return save(self.encoder, folder)
