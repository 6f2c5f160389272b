"""The scores of units, batch by batch: the host reads one while the next one is computed."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import torch

from backends.tagging.encoding import UnitTokenizer
from backends.tagging.heads import Scores
from backends.tagging.tagger import Batch
from backends.training.device import to_device, to_host
from backends.training.prediction import positions_per_batch, predict_in_batches
from harness.core import Sentence
from harness.protocol import Context

Answer = TypeVar("Answer")


class Tagging(Protocol):
    """A backend that scores the tags of units."""

    @property
    def model(self) -> torch.nn.Module:
        """The network."""
        ...

    @property
    def tokenizer(self) -> UnitTokenizer:
        """What knows how many positions a sentence costs."""
        ...

    @property
    def context(self) -> Context:
        """Who is told of the progress."""
        ...

    def batch(self, sentences: Sequence[Sentence]) -> Batch:
        """``sentences`` as tensors."""
        ...

    def scores(self, batch: Batch) -> torch.Tensor:
        """The scores of the units of ``batch`` (units, tags)."""
        ...


def read_in_batches(
    tagging: Tagging,
    sentences: Sequence[Sentence],
    read: Callable[[list[Scores]], Sequence[Answer]],
) -> list[Answer]:
    """What ``read`` makes of the scores of each sentence, in order; no sentence is empty."""
    device = next(tagging.model.parameters()).device

    def submit(chosen: Sequence[Sentence]) -> Callable[[], Sequence[Answer]]:
        batch = tagging.batch(chosen)
        scores = to_host(tagging.scores(to_device(batch, device)))  # (units, tags)
        ends = np.cumsum(batch.lengths)[:-1]
        return lambda: read(np.split(scores().numpy(), ends))

    lengths = [tagging.tokenizer.positions(sentence) for sentence in sentences]
    budget = positions_per_batch(device)
    return predict_in_batches(tagging.model, sentences, lengths, budget, submit, tagging.context)
