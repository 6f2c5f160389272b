"""What a small model from scratch sees of its neighbours before its first layer.

Attention has to learn where a neighbour is, which takes more text than a small task has; a
convolution is told. Each one looks at the position itself and at one to either side, and adds what
it finds; the next one looks twice as far, so that few of them see a whole phrase. Beside them a
position may have a vector for the pair that it makes with either neighbour, from a table that pairs
share by their hash.

Positions that hold nothing are zero before each look: an answer may not depend on how far its batch
was padded.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch.nn import functional

from backends.training.option_group import option_group

# Multipliers of the two members of a pair: large primes, so that pairs spread over the table.
FIRST, SECOND = 1_000_003, 7_919


@option_group
class Sight:
    """How embeddings from scratch see their neighbours."""

    convolutions: Annotated[
        int,
        Field(
            ge=0,
            description="how many look at neighbours before the first layer, from scratch (in gpt "
            "also beside weights of `pretrain`, and not in `pretrain`); the n-th reaches 2**(n-1) "
            "positions further to both sides",
        ),
    ] = 0
    bigrams: Annotated[
        int, Field(ge=0, description="rows of the table of neighbouring pairs, as above")
    ] = 0
    embedding_dropout: Annotated[
        float, Field(ge=0, lt=1, description="of what the first layer reads, as above")
    ] = 0.0

    @property
    def neighbours(self) -> bool:
        """Whether anything is seen of a neighbour."""
        return bool(self.convolutions or self.bigrams)


class Neighbours(torch.nn.Module):
    """Embeddings of ``width``, spread by about ``deviation``, with what is near them added."""

    def __init__(self, width: int, sight: Sight, deviation: float) -> None:
        super().__init__()
        self.dropout = torch.nn.Dropout(sight.embedding_dropout)
        self.convolutions = torch.nn.ModuleList(
            torch.nn.Linear(3 * width, width) for _ in range(sight.convolutions)
        )
        self.pairs = torch.nn.Embedding(2 * sight.bigrams, width) if sight.bigrams else None
        self._begin(deviation)

    def _begin(self, deviation: float) -> None:
        """Nothing is added where nothing stands, and pairs begin as large as embeddings."""
        for name, parameter in self.convolutions.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.zeros_(parameter)
        if self.pairs is not None:
            torch.nn.init.normal_(self.pairs.weight, std=deviation)

    def forward(
        self, embedded: torch.Tensor, ids: torch.Tensor, real: torch.Tensor | None
    ) -> torch.Tensor:
        """``embedded`` with its neighbours added, of the same shape.

        Args:
            embedded: (batch, positions, width).
            ids: (batch, positions).
            real: (batch, positions), False where there is padding; None if there is none.
        """
        kept = None if real is None else real[..., None]  # (batch, positions, 1)
        if self.pairs is not None:
            embedded = embedded + _paired(self.pairs, ids, real)
        seen = _only(self.dropout(embedded), kept)
        for power, convolution in enumerate(self.convolutions):
            found = functional.gelu(convolution(around(seen, 2**power)))
            seen = _only(seen + self.dropout(found), kept)  # (batch, positions, width)
        return seen


def _paired(
    pairs: torch.nn.Embedding, ids: torch.Tensor, real: torch.Tensor | None
) -> torch.Tensor:
    """What the pairs with both neighbours say (batch, positions, width)."""
    edged = functional.pad(ids if real is None else ids * real, (1, 1))
    rows = pairs.num_embeddings // 2
    hashed = (edged[:, :-1] * FIRST + edged[:, 1:] * SECOND) % rows  # (batch, positions + 1)
    before: torch.Tensor = pairs(hashed[:, :-1])
    after: torch.Tensor = pairs(hashed[:, 1:] + rows)
    return before + after


def around(values: torch.Tensor, reach: int) -> torch.Tensor:
    """Each position between those ``reach`` before and behind it, zeros beyond the ends.

    Args:
        values: (batch, positions, width).
        reach: positions to each side.

    Returns:
        (batch, positions, 3 * width).
    """
    positions = values.shape[1]
    edged = functional.pad(values, (0, 0, reach, reach))  # (batch, positions + 2 * reach, width)
    return torch.cat([edged[:, start : start + positions] for start in (0, reach, 2 * reach)], 2)


def _only(values: torch.Tensor, kept: torch.Tensor | None) -> torch.Tensor:
    return values if kept is None else values * kept
