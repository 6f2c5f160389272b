"""Replaced characters, for ELECTRA: which characters of a window are not what stood there?

Clark et al. 2020, "ELECTRA: pre-training text encoders as discriminators rather than generators": a
small generator is trained to tell masked characters, what it draws is put in their place, and the
discriminator tells for every character whether it was replaced. A character that the generator
draws right was not. The embeddings are one table for both.
"""

from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from backends.pretraining.characters import FIRST, MASK, Characters, Ids, is_character
from backends.pretraining.masked import SHARE, SPAN, Guesser, Hidden, chosen_places, hidden_batch
from backends.pretraining.objective import Asked, Loss, batched
from backends.pretraining.reading import CharacterReader
from backends.tagging.architecture import random_encoder

# How much the discriminator's loss weighs beside the generator's.
WEIGHT = 50.0
NARROWER = 4
WORDS = (
    f"replaced characters: {SHARE:.0%} of them are drawn by a generator, in spans of {SPAN:g} on "
    "average"
)


def generator_for(reader: CharacterReader) -> CharacterReader:
    """A generator a fourth as wide as the discriminator ``reader``, on the same embeddings.

    A fourth is what the paper's section 3.2 finds best for small models.
    """
    config = deepcopy(reader.encoder.config)
    config.hidden_size //= NARROWER
    config.intermediate_size //= NARROWER
    config.num_attention_heads = max(1, config.num_attention_heads // NARROWER)
    encoder = random_encoder(config)
    for part in ("embeddings", "neighbours"):
        if hasattr(encoder, part):
            setattr(encoder, part, getattr(reader.encoder, part))
    return CharacterReader(encoder)


class Replaced(NamedTuple):
    """Windows of which a generator is to fill the hidden places.

    ``ids`` (windows, length) is what stands there; ``asked`` (characters,) are the places, in the
    flattened windows, that the discriminator is asked about. ``share`` is the part of what it is
    asked about in the update that is hidden.
    """

    hidden: Hidden
    ids: torch.Tensor
    asked: torch.Tensor
    share: float


class Adversaries(torch.nn.Module):
    """A generator, and a discriminator of what it draws."""

    def __init__(self, reader: CharacterReader, generator: CharacterReader) -> None:
        super().__init__()
        self.generator, self.reader = Guesser(generator), reader
        self.dense = torch.nn.Linear(reader.width, reader.width)
        self.classifier = torch.nn.Linear(reader.width, 1)

    def doubts(self, read: torch.Tensor) -> torch.Tensor:
        """Scores of having been replaced (windows, length), in fp32."""
        states = functional.gelu(self.dense(self.reader(read)))
        scores: torch.Tensor = self.classifier(states).squeeze(-1)
        return scores.float()


class ReplacedCharacters:
    """ELECTRA's objective."""

    words = WORDS

    def __init__(
        self, reader: CharacterReader, generator: CharacterReader, characters: Characters
    ) -> None:
        self.characters, self.positions = characters, reader.positions
        self.reader = reader
        self.model = Adversaries(reader, generator)

    def ask(self, ids: Ids, size: int, rng: np.random.Generator) -> Asked:
        """As of ``PretrainingObjective``."""
        chosen, asked = chosen_places(ids, rng), is_character(ids)
        targets = int(np.sum(chosen))
        share = targets / max(1, int(np.sum(asked)))
        whole = map(torch.from_numpy, (np.where(chosen, MASK, ids), ids, chosen, asked))
        rows = batched(size, *whole)
        batches = [_batch(hidden_batch(*each[:3]), each[1], each[3], share) for each in rows]
        return Asked(batches, targets)

    def loss(self, batch: Replaced) -> Loss:
        """As of ``PretrainingObjective``; the discriminator counts as if it had as many targets."""
        scores = self.model.generator(batch.hidden)  # (targets, tokens)
        told = functional.cross_entropy(scores, batch.hidden.targets, reduction="sum")
        read = filled(batch.hidden, scores.detach())
        labels = (read != batch.ids).flatten()[batch.asked].float()  # (characters,)
        doubts = self.model.doubts(read).flatten()[batch.asked]
        found = functional.binary_cross_entropy_with_logits(doubts, labels, reduction="sum")
        parts = {
            "masked": (told.detach(), len(batch.hidden.targets)),
            "replaced": (found.detach(), len(labels)),
        }
        return Loss(told + WEIGHT * batch.share * found, parts)

    def save(self, folder: Path) -> int:
        """As of ``PretrainingObjective``: the discriminator's reader, without its head."""
        self.characters.save(folder, self.positions)
        return self.reader.save(folder)


def _batch(hidden: Hidden, ids: torch.Tensor, asked: torch.Tensor, share: float) -> Replaced:
    return Replaced(hidden, ids, asked.flatten().nonzero().flatten(), share)


def filled(batch: Hidden, scores: torch.Tensor) -> torch.Tensor:
    """What is read with a character drawn for each hidden place (windows, length).

    Args:
        batch: whose hidden places are filled.
        scores: (targets, tokens); only characters are drawn.
    """
    # Nothing can be drawn by scores that are not finite; the loss, which is read later, tells.
    chances = scores[:, FIRST:].nan_to_num().softmax(-1)  # (targets, characters)
    drawn = FIRST + torch.multinomial(chances, 1).flatten()  # (targets,)
    return batch.read.flatten().index_copy(0, batch.places, drawn).view_as(batch.read)
