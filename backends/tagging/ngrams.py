"""Scores of tags by the n-grams around a piece, as a linear CRF has, beside the encoder's.

A network of few layers spreads what it knows over all of its weights; a pair of characters that
ends every title is told once here. Cheng et al. 2016, "Wide & deep learning for recommender
systems": the wide part has a weight for each n-gram and tag, begins at zero, and is trained with
the deep part, of which it takes nothing away. N-grams share the rows of the table by their hash.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch.nn import functional

from backends.training.option_group import option_group

# How far n-grams reach to either side, and how long they are.
WINDOW, LONGEST = 2, 3
# Multipliers of the members of an n-gram and of its place: large primes, so that they spread.
_MEMBERS, _PLACE = (1_000_003, 999_331, 777_743), 15_485_863


@option_group
class NgramOptions:
    """Whether n-grams have scores of their own."""

    ngrams: Annotated[
        int,
        Field(
            ge=0,
            description="rows of a table of the n-grams around a unit, each with a score for every "
            "tag, beside the encoder's; 0 = none",
        ),
    ] = 0
    ngram_dropout: Annotated[
        float, Field(ge=0, lt=1, description="how often an n-gram is not seen in training")
    ] = 0.5


class NgramScores(torch.nn.Module):
    """A score for every tag in each of ``rows`` rows.

    Args:
        rows: the rows of the table.
        tags: how many tags there are.
        dropout: how often an n-gram is not seen in training.
    """

    def __init__(self, rows: int, tags: int, dropout: float) -> None:
        super().__init__()
        self.rows, self.dropout = rows, dropout
        self.table = torch.nn.EmbeddingBag(rows, tags, mode="sum")
        torch.nn.init.zeros_(self.table.weight)

    def forward(
        self, ids: torch.Tensor, real: torch.Tensor | None, firsts: torch.Tensor
    ) -> torch.Tensor:
        """The scores (units, tags) of the first pieces.

        Args:
            ids: (batch, pieces).
            real: (batch, pieces), False where there is padding; None if there is none.
            firsts: (units,), the places of first pieces in the flattened ``ids``.
        """
        hashed = hashes(ids if real is None else ids * real, self.rows)  # (batch, pieces, n-grams)
        chosen = hashed.flatten(0, 1).index_select(0, firsts)  # (units, n-grams)
        seen = functional.dropout(
            torch.ones(chosen.shape, device=ids.device), self.dropout, self.training
        )
        scores: torch.Tensor = self.table(chosen, per_sample_weights=seen)
        return scores


def hashes(ids: torch.Tensor, rows: int) -> torch.Tensor:
    """The rows of the n-grams around each piece: those of up to ``LONGEST`` within ``WINDOW``.

    Args:
        ids: (batch, pieces), 0 where nothing stands.
        rows: the rows of the table.

    Returns:
        (batch, pieces, n-grams).
    """
    pieces = ids.shape[1]
    edged = functional.pad(ids, (WINDOW, WINDOW))
    around = [edged[:, start : start + pieces] for start in range(2 * WINDOW + 1)]
    grams = [
        around[start : start + size]
        for size in range(1, LONGEST + 1)
        for start in range(2 * WINDOW + 2 - size)
    ]
    hashed = [
        sum(
            (piece * by for piece, by in zip(gram, _MEMBERS, strict=False)),
            start=torch.full_like(ids, _PLACE * number),
        )
        % rows
        for number, gram in enumerate(grams, start=1)
    ]
    return torch.stack(hashed, dim=2)
