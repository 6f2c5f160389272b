"""Word dropout: in training some tokens of a sentence are unknown, where read and where written.

So that units never seen before are nothing new, and are copied and tagged like others. A token is
dropped at all of its positions in a sentence (Bowman et al. 2016 drop each position by itself).
"""

import torch

from backends.generating.vocabulary import UnitVocabulary


class WordDropout:
    """Makes tokens of ``vocabulary`` unknown at ``rate``, but no mark and no control token."""

    def __init__(self, rate: float, vocabulary: UnitVocabulary) -> None:
        self.rate, self.tokens, self.unknown = rate, len(vocabulary), vocabulary.unknown
        kept = {*vocabulary.control, *vocabulary.marks.values()}
        self._kept = torch.tensor(sorted(kept))

    def __call__(
        self, ids: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What is read and what is written, the same tokens unknown in both.

        Args:
            ids: (batch, positions).
            target: (batch, positions), negative where padded.
        """
        drawn = torch.rand(len(ids), self.tokens, device=ids.device)
        dropped = drawn < self.rate  # (batch, tokens)
        self._kept = self._kept.to(ids.device)  # copied once
        dropped.index_fill_(1, self._kept, value=False)
        in_target = dropped.gather(1, target.clamp(min=0)) & (target >= 0)
        return (
            ids.masked_fill(dropped.gather(1, ids), self.unknown),
            target.masked_fill(in_target, self.unknown),
        )
