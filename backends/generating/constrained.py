"""One legal tag per unit, by construction: units are forced, only tags are chosen.

The answer to a sentence is known but for its tags, so the model is asked only where a tag stands,
and only among the tags. Each pass feeds the tag just chosen and all that is forced before the next
one, for all sentences of a batch in lock-step; sentences that are done leave the batch. Beams are
ranked by the sum of log p(tag | all before, a tag stands here); illegal tags get no mass, and the
mass they would have had is not handed to the legal ones.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import torch
from transformers import PreTrainedModel

from backends.generating.search import BeamSearch, Grammar, TagPath, ToldPaths, tag_paths


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


class Search(Protocol):
    """What chooses the tags: the best ones, or given ones."""

    def extend(self, scores: torch.Tensor) -> torch.Tensor:
        """Add the next tags, by their scores (rows, tags).

        Returns:
            Log-probabilities (sentences, beam, tags), -inf where a tag is illegal.
        """
        ...

    def narrow(self, sentences: int) -> torch.Tensor:
        """Keep the first ``sentences``; the rows that their hypotheses grew from: (rows,)."""
        ...

    def last_ids(self) -> torch.Tensor:
        """The token of each hypothesis' last tag: (rows, 1)."""
        ...


def decode(
    decoder: IncrementalDecoder,
    forced: Sequence[torch.Tensor],
    lengths: Sequence[int],
    grammar: Grammar,
    beam: int = 1,
) -> list[TagPath]:
    """The best tags of each sentence.

    Args:
        decoder: a model that has not begun yet.
        forced: what stands before the tag of each unit, (sentences, width); no unit has to have
            the width of another, and a width may be 0.
        lengths: units per sentence, longest first.
        grammar: the tags and their legal transitions.
        beam: how many hypotheses a sentence keeps.
    """
    search = BeamSearch.begin(len(lengths), beam, grammar)
    scored = list(_walk(decoder, forced, lengths, search))
    return tag_paths(search.best(), scored)


def follow(
    decoder: IncrementalDecoder,
    forced: Sequence[torch.Tensor],
    gold: Sequence[Sequence[int]],
    grammar: Grammar,
) -> list[TagPath]:
    """The paths of ``gold`` tag indices, as ``decode`` would have come by them.

    The arguments are those of ``decode``; sentences come longest first.
    """
    told = ToldPaths.of(gold, grammar)
    scored = list(_walk(decoder, forced, [len(tags) for tags in gold], told))
    return tag_paths(told.paths, scored)


def _walk(
    decoder: IncrementalDecoder,
    forced: Sequence[torch.Tensor],
    lengths: Sequence[int],
    search: Search,
) -> Iterator[torch.Tensor]:
    """What ``search`` saw at each unit, of the sentences that have it."""
    scores = decoder.begin()  # (sentences * beam, tags)
    beam = len(scores) // len(lengths)
    for unit in range(lengths[0]):
        if unit:
            alive = sum(length > unit for length in lengths)
            decoder.keep(search.narrow(alive), moved=beam > 1)
            block = forced[unit][:alive].repeat_interleave(beam, 0)  # (rows, width)
            scores = decoder.step(torch.cat([search.last_ids(), block], 1))  # (rows, tags)
        yield search.extend(scores)


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
