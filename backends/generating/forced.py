"""What a batch of answers is forced to say between the tags, known before anything is decoded."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import torch

from backends.generating.answer_codec import AnswerCodec
from harness.core import Sentence


class ForcedTokens(NamedTuple):
    """A batch for constrained decoding, longest sentence first.

    ``blocks[i]`` (sentences, width) stands before the tag of unit i; ``capacity`` is how many
    positions the answer takes at most.
    """

    blocks: tuple[torch.Tensor, ...]
    lengths: tuple[int, ...]
    capacity: int

    @classmethod
    def of(
        cls, sentences: Sequence[Sentence], codec: AnswerCodec, device: torch.device
    ) -> "ForcedTokens":
        """The answers to ``sentences``, which come in order of falling length."""
        blocks = [codec.forced(sentence) for sentence in sentences]
        widths = [len(block) for block in blocks[0]]
        idle = codec.vocabulary.unknown  # what a row reads once it is done
        full = [[*row, *([idle] * width for width in widths[len(row) :])] for row in blocks]
        rows = torch.tensor([[*chain.from_iterable(row)] for row in full]).long().to(device)
        forced = rows.split(widths, dim=1)
        return cls(forced, tuple(map(len, sentences)), sum(widths) + len(widths))
