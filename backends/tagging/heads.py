"""What turns the scores of units into a loss and into tags: arg-max of a softmax, or a CRF.

Heads see units only: [CLS], padding and later pieces are gone before. Losses are sums over units,
computed in fp32.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torchcrf import CRF

from backends.tagging import crf, forward_backward
from backends.tagging.posterior import Posterior
from backends.tagging.regularisers import PLAIN, UnitLoss
from backends.tagging.scheme import Rules
from backends.tagging.unit_cells import UnitCells
from backends.tagging.viterbi import Chain, chain_of_rules, viterbi, viterbi_legal

Scores: TypeAlias = npt.NDArray[np.float32]
Paths: TypeAlias = Sequence[npt.NDArray[np.intp]]
Decoder: TypeAlias = Callable[[list[Scores]], Paths]
Judge: TypeAlias = Callable[[list[Scores]], Posterior]


class Targets(NamedTuple):
    """The gold of a batch.

    ``tags`` and ``cells`` (units,): the tag of each unit and its place in the padded grid; ``mask``
    (batch, longest): where that grid holds a unit.
    """

    tags: torch.Tensor
    cells: torch.Tensor
    mask: torch.Tensor

    def grid(self, flat: torch.Tensor) -> torch.Tensor:
        """``flat`` (units, ...) in its padded grid (batch, longest, ...), zeros elsewhere."""
        return UnitCells(self.cells, self.mask).spread(flat)


class SoftmaxHead(torch.nn.Module):
    """Each unit alone; ``weights`` (tags,) are what an error on a tag costs.

    ``unit_loss`` is what training goes by; the development loss is plain.
    """

    weights: torch.Tensor

    def __init__(self, weights: torch.Tensor, unit_loss: UnitLoss = PLAIN) -> None:
        super().__init__()
        self.tags, self.unit_loss = len(weights), unit_loss
        self.register_buffer("weights", weights, persistent=False)

    def loss(self, scores: torch.Tensor, targets: Targets) -> torch.Tensor:
        """Cross-entropy of ``scores`` (units, tags), summed."""
        unit_loss = self.unit_loss if self.training else PLAIN
        return unit_loss(scores, targets.tags, self.weights)

    def decoder(self, rules: Rules | None) -> Decoder:
        """The best tag of each unit, or the best path that ``rules`` allow."""
        if rules is None:
            return lambda rows: [row.argmax(axis=1) for row in rows]
        return lambda rows: viterbi_legal(rows, rules.start, rules.follow, rules.end)

    def judge(self, rules: Rules | None) -> Judge:
        """The probabilities over the paths that ``decoder`` chooses from."""
        if rules is None:
            return forward_backward.of_units
        chain = chain_of_rules(rules.start, rules.follow, rules.end)
        return lambda rows: forward_backward.of_chain(rows, chain)

    def transitions(self) -> tuple[tuple[float, ...], ...] | None:
        """None: a softmax knows of no neighbours."""
        return None


class CrfHead(torch.nn.Module):
    """A linear chain over units.

    ``weights`` (tags,) are what an error on a tag costs. A path has no loss per unit, so they
    multiply the gradient that reaches the scores of each unit, by its gold tag: what weights do to
    a softmax, and the same where the chain has nothing to say.
    """

    weights: torch.Tensor

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.tags = len(weights)
        self.crf = CRF(self.tags, batch_first=True)
        self.register_buffer("weights", weights, persistent=False)

    def loss(self, scores: torch.Tensor, targets: Targets) -> torch.Tensor:
        """Negative log-likelihood of the gold paths under ``scores`` (units, tags), summed."""
        still = scores.detach()
        louder = still + self.weights[targets.tags, None] * (scores - still)  # (units, tags)
        return crf.loss(self.crf, targets.grid(louder), targets.grid(targets.tags), targets.mask)

    def decoder(self, rules: Rules | None) -> Decoder:
        """The best path, or the best one that ``rules`` allow."""
        if rules is None:
            return lambda rows: crf.decode_sentences(self.crf, rows)
        chain = self._chain(rules)
        return lambda rows: viterbi(rows, chain)

    def judge(self, rules: Rules | None) -> Judge:
        """The probabilities over the paths that ``decoder`` chooses from."""
        chain = self._chain(rules)
        return lambda rows: forward_backward.of_chain(rows, chain)

    def _chain(self, rules: Rules | None) -> Chain:
        """What was learned, and of it what ``rules`` allow."""
        crf = self.crf
        parameters = crf.start_transitions, crf.transitions, crf.end_transitions
        chain = Chain(*(p.detach().float().cpu().numpy() for p in parameters))
        if rules is None:
            return chain
        forbidden = np.float32(-np.inf)
        return Chain(
            np.where(rules.start, chain.start, forbidden),
            np.where(rules.follow, chain.step, forbidden),
            np.where(rules.end, chain.end, forbidden),
        )

    def transitions(self) -> tuple[tuple[float, ...], ...] | None:
        """What was learned, (tags, tags)."""
        return tuple(map(tuple, self.crf.transitions.detach().float().cpu().tolist()))


Head: TypeAlias = SoftmaxHead | CrfHead


def class_weights(tags: Iterable[Sequence[int]], size: int, power: float) -> torch.Tensor:
    """What an error on each tag costs (tags,): frequency to the minus ``power``, 1 on average."""
    counts = Counter(tag for row in tags for tag in row)
    seen = torch.tensor([float(max(counts[tag], 1)) for tag in range(size)])
    weights = seen**-power
    return weights * seen.sum() / (weights * seen).sum()
