"""One legal tag per unit, by construction: units are forced, only tags are chosen.

The answer to a sentence is known but for its tags, so the model is asked only where a tag stands,
and only among the tags. Each pass feeds the tag just chosen and all that is forced before the next
one, for all sentences of a batch in lock-step; sentences that are done leave the batch. Beams are
ranked by the sum of log p(tag | all before, a tag stands here); illegal tags get no mass, and the
mass they would have had is not handed to the legal ones.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import torch
from transformers import PreTrainedModel

from harness.tags import legality


class IncrementalDecoder(Protocol):
    """A model that scores an answer tag by tag; rows are ``sentences x beams``."""

    def begin(self) -> torch.Tensor:
        """Scores of the first tag, after the input and what is forced before it: (rows, tags)."""
        ...

    def step(self, block: torch.Tensor) -> torch.Tensor:
        """Scores of the next tag, after ``block`` of (rows, width): (rows, tags)."""
        ...

    def keep(self, rows: torch.Tensor, *, moved: bool) -> None:
        """Go on with ``rows``, which are the first ones unless they ``moved``."""
        ...


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


def decode(
    decoder: IncrementalDecoder,
    forced: Sequence[torch.Tensor],
    lengths: Sequence[int],
    grammar: Grammar,
    beam: int = 1,
) -> list[list[int]]:
    """The best tag indices of each sentence.

    Args:
        decoder: a model that has not begun yet.
        forced: what stands before the tag of each unit, (sentences, width); no unit has to have
            the width of another, and a width may be 0.
        lengths: units per sentence, longest first.
        grammar: the tags and their legal transitions.
        beam: how many hypotheses a sentence keeps.
    """
    search = _BeamSearch.begin(len(lengths), beam, grammar)
    found: list[torch.Tensor] = [grammar.ids[:0]] * len(lengths)
    scores = decoder.begin()  # (sentences * beam, tags)
    for unit in range(lengths[0]):
        if unit:
            alive = sum(length > unit for length in lengths)
            decoder.keep(search.narrow(alive), moved=beam > 1)
            block = forced[unit][:alive].repeat_interleave(beam, 0)  # (rows, width)
            scores = decoder.step(torch.cat([search.last_ids(), block], 1))  # (rows, tags)
        search.extend(scores)
        for row in _ending(lengths, unit + 1):
            found[row] = search.best(row)
    chosen = iter(torch.cat(found).tolist())  # one wait for all sentences
    return [list(islice(chosen, length)) for length in lengths]


def _ending(lengths: Sequence[int], length: int) -> Iterator[int]:
    return (row for row, units in enumerate(lengths) if units == length)


class _BeamSearch:
    """The hypotheses of all sentences of a batch that are not done."""

    def __init__(self, totals: torch.Tensor, grammar: Grammar) -> None:
        self.grammar = grammar
        self.totals = totals  # (sentences, beam)
        self.origins = torch.zeros_like(totals, dtype=torch.long)  # (sentences, beam)
        self.history = totals.new_empty((*totals.shape, 0), dtype=torch.long)

    @classmethod
    def begin(cls, sentences: int, beam: int, grammar: Grammar) -> "_BeamSearch":
        """One empty hypothesis per sentence; the others of a beam are impossible."""
        totals = torch.full((sentences, beam), float("-inf"), device=grammar.ids.device)
        totals[:, 0] = 0.0
        return cls(totals, grammar)

    def extend(self, scores: torch.Tensor) -> None:
        """Add the next tag to the hypotheses; ``scores`` is (sentences * beam, tags)."""
        sentences, beam = self.totals.shape
        steps = scores.float().log_softmax(-1).view(sentences, beam, -1)
        steps = steps.masked_fill(~self._legal(), float("-inf"))  # (sentences, beam, tags)
        ranked = (self.totals[:, :, None] + steps).flatten(1)  # (sentences, beam * tags)
        self.totals, positions = ranked.topk(beam)  # (sentences, beam)
        tags = len(self.grammar.ids)
        self.origins, chosen = positions // tags, positions % tags  # (sentences, beam)
        past = self.history.take_along_dim(self.origins[:, :, None], 1)
        self.history = torch.cat([past, chosen[:, :, None]], 2)  # (sentences, beam, units)

    def _legal(self) -> torch.Tensor:
        if not self.history.shape[2]:
            return self.grammar.start
        return self.grammar.follow[self.history[:, :, -1]]  # (sentences, beam, tags)

    def narrow(self, sentences: int) -> torch.Tensor:
        """Keep the first ``sentences``; the rows that their hypotheses grew from: (rows,)."""
        self.totals, self.origins = self.totals[:sentences], self.origins[:sentences]
        self.history = self.history[:sentences]
        first = torch.arange(sentences, device=self.origins.device) * self.origins.shape[1]
        return (first[:, None] + self.origins).flatten()

    def last_ids(self) -> torch.Tensor:
        """The token of each hypothesis' last tag: (rows, 1)."""
        return self.grammar.ids[self.history[:, :, -1]].view(-1, 1)

    def best(self, row: int) -> torch.Tensor:
        """The tags of the best hypothesis of a sentence (units,), left on the device."""
        return self.history[row, 0].clone()


@contextmanager
def restricted_head(model: PreTrainedModel, ids: torch.Tensor) -> Iterator[None]:
    """The model with a head that scores ``ids`` alone.

    Its own forward pass stays in charge, so what an architecture does between its last layer and
    its head (T5's scale where embeddings are tied) is done here too.
    """
    head = model.get_output_embeddings()
    rows = torch.nn.Linear(head.weight.shape[1], len(ids), bias=False, device="meta")
    rows.weight = torch.nn.Parameter(head.weight.detach()[ids], requires_grad=False)
    if getattr(head, "bias", None) is not None:
        rows.bias = torch.nn.Parameter(head.bias.detach()[ids], requires_grad=False)
    model.set_output_embeddings(rows)
    try:
        yield
    finally:
        model.set_output_embeddings(head)
