"""Span corruption, for T5: spans of a window are cut out, and are to be written in their order.

Raffel et al. 2020, section 3.1.4: a sentinel stands for each span that was cut out; the answer is
each sentinel with its span behind it, and the end. All of the answer is a target.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from backends.generating.padding import IGNORED, padded, padding_mask, summed_loss
from backends.pretraining.characters import (
    END,
    PADDING,
    SENTINELS,
    Characters,
    Ids,
    is_character,
)
from backends.pretraining.objective import Asked, Loss
from backends.pretraining.saving import save
from backends.pretraining.spans import hidden, runs

SHARE, SPAN = 0.15, 3.0
WORDS = f"span corruption: {SHARE:.0%} of the characters, in spans of {SPAN:g} on average"
# T5 has no positions of its own; this is how long a question may be.
POSITIONS = 1_024


class Cut(NamedTuple):
    """Windows with spans cut out.

    ``inputs`` and ``mask`` are (windows, places), ``targets`` (windows, answer), ``IGNORED`` where
    there is none; ``due`` counts them.
    """

    inputs: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor
    due: int


class SpanCorruption:
    """T5's objective."""

    words = WORDS
    positions = POSITIONS

    def __init__(self, model: Any, characters: Characters) -> None:
        self.model, self.characters = model, characters

    def ask(self, ids: Ids, size: int, rng: np.random.Generator) -> Asked:
        """As of ``PretrainingObjective``."""
        pairs = [cut(window, hidden(is_character(window), SHARE, SPAN, rng)) for window in ids]
        batches = [_batch(pairs[at : at + size]) for at in range(0, len(pairs), size)]
        return Asked(batches, sum(len(answer) for _, answer in pairs))

    def loss(self, batch: Cut) -> Loss:
        """As of ``PretrainingObjective``."""
        start = batch.targets.new_full((len(batch.targets), 1), PADDING)
        before = torch.cat([start, batch.targets[:, :-1]], 1)  # (windows, answer)
        logits = self.model(
            input_ids=batch.inputs,
            attention_mask=batch.mask,
            decoder_input_ids=before.masked_fill(before == IGNORED, PADDING),
            use_cache=False,
        ).logits  # (windows, answer, tokens)
        total = summed_loss(logits, batch.targets)
        return Loss(total, {"span": (total.detach(), batch.due)})

    def save(self, folder: Path) -> int:
        """As of ``PretrainingObjective``."""
        self.characters.save(folder, POSITIONS)
        return save(self.model, folder)


def cut(ids: Sequence[int] | Any, chosen: Any) -> tuple[list[int], list[int]]:
    """What is read of a window with the places ``chosen`` cut out, and the answer.

    Args:
        ids: (length,).
        chosen: (length,).
    """
    read: list[int] = []
    answer: list[int] = []
    done = 0
    for sentinel, (start, end) in zip(SENTINELS, runs(chosen), strict=False):
        read += [*ids[done:start], sentinel]
        answer += [sentinel, *ids[start:end]]
        done = end
    return [*map(int, [*read, *ids[done:], END])], [*map(int, [*answer, END])]


def _batch(pairs: Sequence[tuple[list[int], list[int]]]) -> Cut:
    read, answers = zip(*pairs, strict=True)
    due = sum(map(len, answers))
    return Cut(padded(read, PADDING), padding_mask(read), padded(answers, IGNORED), due)
