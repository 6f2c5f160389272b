"""A bidirectional LSTM over embedded units; the training, asking and saving are the harness's."""

from typing import Annotated

import torch
from pydantic import Field
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from backends.plugin import Recipe, UnitTagger
from harness.protocol import Context

Width = Annotated[int, Field(ge=2, multiple_of=2, description="of the embeddings and the LSTM")]
Rate = Annotated[float, Field(ge=0, lt=1, description="the share of values dropped in training")]
RECIPE = Recipe(learning_rate=2e-3)


class Network(torch.nn.Module):
    """Scores (batch, positions, tags) of units by an LSTM in each direction."""

    def __init__(self, symbols: int, tags: int, width: int, dropout: float) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(symbols, width, padding_idx=0)
        self.lstm = torch.nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.dropout = torch.nn.Dropout(dropout)
        self.classify = torch.nn.Linear(width, tags)

    def forward(self, ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """The scores of ``ids``; padding, where ``real`` is False, is not read."""
        embedded = self.dropout(self.embed(ids))  # (batch, positions, width)
        lengths = real.sum(dim=1).cpu()
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        read, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return self.classify(self.dropout(read))  # (batch, positions, tags)


class Lstm(UnitTagger):
    """The network above, with its options."""

    family = "lstm"

    def __init__(
        self, context: Context, *, width: Width = 64, dropout: Rate = 0.3, recipe: Recipe = RECIPE
    ) -> None:
        """Take note of the options."""
        super().__init__(context, recipe, lambda s, t: Network(s, t, width, dropout))
