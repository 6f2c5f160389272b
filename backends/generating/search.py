"""Paths of tags in constrained decoding: those that a beam finds, those that are given.

Legal tags share the probability of a unit among them only where it is told how sure the model was;
hypotheses are ranked by what they had among all tags. What is told costs decoding nothing: a path
is traced back when it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.utils.rnn import pad_sequence

from harness.tags import legality

_LEAST = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True)
class Grammar:
    """The ids of the tags, which may begin and which may follow which."""

    ids: torch.Tensor  # (tags,)
    start: torch.Tensor  # (tags,)
    follow: torch.Tensor  # (tags, tags)

    @classmethod
    def of(cls, tags: Sequence[str], ids: Sequence[int], device: torch.device) -> "Grammar":
        """The grammar of BIO over ``tags``."""
        start, follow = (torch.from_numpy(part).to(device) for part in legality(tags))
        return cls(torch.tensor(ids, device=device), start, follow)


@dataclass(frozen=True, slots=True, eq=False)
class TagPath:
    """The tag indices of a sentence, and how probable each tag was at each of its units.

    ``shares`` (units, tags) are among the tags that were legal there, after those chosen before;
    they sum to 1 at each unit.
    """

    tags: list[int]
    shares: npt.NDArray[np.float64]

    @property
    def bits(self) -> tuple[float, ...]:
        """-log2 of the probability of each tag, given those before it."""
        chosen = self.shares[np.arange(len(self.tags)), self.tags]
        return tuple((-np.log2(np.maximum(chosen, _LEAST))).tolist())


def tag_paths(found: Sequence[torch.Tensor], scored: Sequence[torch.Tensor]) -> list[TagPath]:
    """The paths of all sentences, on the host.

    Args:
        found: of each sentence, how each unit was come by (units,): ``slot * tags + tag``.
        scored: log-probabilities (sentences, beam, tags) at each unit, of sentences that have it.
    """
    steps = pad_sequence(list(scored), batch_first=True).cpu().double().numpy()
    ends = np.cumsum([len(ways) for ways in found])[:-1]
    rows = np.split(torch.cat(list(found)).cpu().numpy(), ends)
    return [_path(ways, steps[: len(ways), row]) for row, ways in enumerate(rows)]


def _path(ways: npt.NDArray[np.int64], steps: npt.NDArray[np.float64]) -> TagPath:
    """The path of a sentence from its ways (units,) and log-probabilities (units, beam, tags)."""
    slots, tags = np.divmod(ways, steps.shape[2])  # (units,)
    scores = steps[np.arange(len(ways)), slots]  # (units, tags)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return TagPath(tags.tolist(), weights / weights.sum(axis=1, keepdims=True))


class BeamSearch:
    """The hypotheses of all sentences of a batch that are not done."""

    def __init__(self, totals: torch.Tensor, grammar: Grammar) -> None:
        self.grammar = grammar
        self.totals = totals  # (sentences, beam)
        self.origins = torch.zeros_like(totals, dtype=torch.long)  # (sentences, beam)
        self.last = self.origins  # (sentences, beam)
        # Where each unit came from and what it is: slot * tags + tag.
        self.history = totals.new_empty((*totals.shape, 0), dtype=torch.long)
        self._done: list[torch.Tensor] = []

    @classmethod
    def begin(cls, sentences: int, beam: int, grammar: Grammar) -> "BeamSearch":
        """One empty hypothesis per sentence; the others of a beam are impossible."""
        totals = torch.full((sentences, beam), float("-inf"), device=grammar.ids.device)
        totals[:, 0] = 0.0
        return cls(totals, grammar)

    def extend(self, scores: torch.Tensor) -> torch.Tensor:
        """Add the next tag to the hypotheses; ``scores`` is (sentences * beam, tags).

        Returns:
            Log-probabilities (sentences, beam, tags), -inf where a tag is illegal.
        """
        sentences, beam = self.totals.shape
        steps = scores.float().log_softmax(-1).view(sentences, beam, -1)
        steps = steps.masked_fill(~self._legal(), float("-inf"))  # (sentences, beam, tags)
        ranked = (self.totals[:, :, None] + steps).flatten(1)  # (sentences, beam * tags)
        self.totals, ways = ranked.topk(beam)  # (sentences, beam)
        tags = len(self.grammar.ids)
        self.origins, self.last = ways // tags, ways % tags  # (sentences, beam)
        past = self.history.take_along_dim(self.origins[:, :, None], 1)
        self.history = torch.cat([past, ways[:, :, None]], 2)  # (sentences, beam, units)
        return steps

    def _legal(self) -> torch.Tensor:
        if not self.history.shape[2]:
            return self.grammar.start
        return self.grammar.follow[self.last]  # (sentences, beam, tags)

    def narrow(self, sentences: int) -> torch.Tensor:
        """Keep the first ``sentences``; the rows that their hypotheses grew from: (rows,)."""
        self._done = [*self._best()[sentences:], *self._done]
        self.totals, self.origins = self.totals[:sentences], self.origins[:sentences]
        self.history, self.last = self.history[:sentences], self.last[:sentences]
        first = torch.arange(sentences, device=self.origins.device) * self.origins.shape[1]
        return (first[:, None] + self.origins).flatten()

    def last_ids(self) -> torch.Tensor:
        """The token of each hypothesis' last tag: (rows, 1)."""
        return self.grammar.ids[self.last].view(-1, 1)

    def best(self) -> list[torch.Tensor]:
        """The best hypothesis of each sentence (units,), left on the device."""
        return [*self._best(), *self._done]

    def _best(self) -> list[torch.Tensor]:
        return list(self.history[:, 0].unbind())


class ToldPaths:
    """Paths that are known beforehand, longest first; a beam of one that they lead."""

    def __init__(self, paths: Sequence[torch.Tensor], grammar: Grammar) -> None:
        self.paths, self.grammar = list(paths), grammar
        self.tags = pad_sequence(self.paths, batch_first=True)  # (sentences, units)
        self.unit = 0

    @classmethod
    def of(cls, paths: Sequence[Sequence[int]], grammar: Grammar) -> "ToldPaths":
        """The paths of tag indices of each sentence."""
        device = grammar.ids.device
        return cls([torch.tensor(path, device=device) for path in paths], grammar)

    def extend(self, scores: torch.Tensor) -> torch.Tensor:
        """Go on to the next tag; ``scores`` is (sentences, tags).

        Returns:
            Log-probabilities (sentences, 1, tags), -inf where a tag is illegal.
        """
        grammar, before = self.grammar, self.tags[:, self.unit - 1]  # (sentences,)
        legal = grammar.follow[before] if self.unit else grammar.start
        self.unit += 1
        return scores.float().log_softmax(-1).masked_fill(~legal, float("-inf"))[:, None]

    def narrow(self, sentences: int) -> torch.Tensor:
        """Keep the first ``sentences``, which are the first rows (rows,)."""
        self.tags = self.tags[:sentences]
        return torch.arange(sentences, device=self.tags.device)

    def last_ids(self) -> torch.Tensor:
        """The token of each sentence's last tag: (rows, 1)."""
        return self.grammar.ids[self.tags[:, self.unit - 1]].view(-1, 1)
