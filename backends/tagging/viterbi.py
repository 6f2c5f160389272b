"""The best paths of a whole file: sentences sorted by length, hundreds to an array operation.

Rule: the same path as ``torchcrf.CRF.decode`` in fp32, ties included (the lowest tag, from the last
unit back to the first), and no sentence's path depends on its neighbours. The forward pass keeps
the best scores only; which tag they came from is worked out in the back-trace, for the one tag that
was chosen, from the same sums.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Scores: TypeAlias = npt.NDArray[np.float32]
Path: TypeAlias = npt.NDArray[np.intp]
Allowed: TypeAlias = npt.NDArray[np.bool_]

# Sentences that share an array operation: enough to hide its overhead, few enough that the sums
# over (tag, next tag, sentence) stay in the processor's cache.
_SENTENCES = 256
_SUMS = 2**19
# Scores kept for one back-trace: 2**24 are 64 MiB, however long the longest sentence.
_KEPT = 2**24


@dataclass(frozen=True, slots=True)
class Chain:
    """Scores of the first tag, of a tag (column) after another (row), and of the last tag."""

    start: Scores
    step: Scores
    end: Scores


def viterbi(emissions: Sequence[Scores], chain: Chain) -> list[Path]:
    """The best path of each sentence, in the given order; a sentence without units has none.

    Args:
        emissions: one (units, tags) array for each sentence.
        chain: the scores of a sequence of tags.

    Raises:
        ValueError: for a wrong shape, or a score that is not a number.
    """
    tags = len(chain.start)
    for row, scores in enumerate(emissions):
        if scores.ndim != 2 or scores.shape[1] != tags:
            msg = f"sentence {row}: expected scores of shape (units, {tags}), found {scores.shape}"
            raise ValueError(msg)
    paths: list[Path] = [np.empty(0, np.intp)] * len(emissions)
    for rows in blocks([len(scores) for scores in emissions], tags):
        found, sound = _decode([emissions[row] for row in rows], chain)
        for row, path in zip(rows, found, strict=True):
            paths[row] = path
        if not sound.all():
            msg = f"sentence {rows[sound.argmin()]}: a score is not a number, so no path is best"
            raise ValueError(msg)
    return paths


def viterbi_legal(
    emissions: Sequence[Scores], start: Allowed, follow: Allowed, end: Allowed
) -> list[Path]:
    """The best path of each sentence among those that are allowed.

    Each unit's scores are taken relative to its best. That changes no comparison of paths, and it
    makes the sum over the arg-max path exactly zero, so that it wins wherever it is legal.

    Args:
        emissions: one (units, tags) array of logits or log-probabilities for each sentence.
        start: (tags,), which tags may begin a sentence.
        follow: (tags, tags), where ``[i, j]`` says that j may follow i.
        end: (tags,), which tags may end a sentence.

    Raises:
        ValueError: for rules that leave a tag without a successor, for a wrong shape, or for a
            score that is not a number.
    """
    if not start.any() or not (follow.any(axis=1) | end).all():
        raise ValueError("the rules allow no first tag, or leave a tag that nothing may follow")
    chain = chain_of_rules(start, follow, end)
    return viterbi([scores - scores.max(axis=-1, keepdims=True) for scores in emissions], chain)


def chain_of_rules(start: Allowed, follow: Allowed, end: Allowed) -> Chain:
    """The chain that rules out what is not allowed, and prefers nothing."""
    return Chain(_penalty(start), _penalty(follow), _penalty(end))


def _penalty(allowed: Allowed) -> Scores:
    return np.where(allowed, np.float32(0), np.float32(-np.inf))


def blocks(lengths: Sequence[int], tags: int) -> Iterator[list[int]]:
    """Rows that have units, longest first, as many together as cache and memory allow."""
    order = [row for row in np.argsort(lengths)[::-1].tolist() if lengths[row]]
    widest = max(1, min(_SENTENCES, _SUMS // tags**2))
    while order:
        width = max(1, min(widest, _KEPT // (lengths[order[0]] * tags)))
        yield order[:width]
        del order[:width]


def _decode(emissions: Sequence[Scores], chain: Chain) -> tuple[list[Path], npt.NDArray[np.bool_]]:
    """The best path of each sentence, and whether its score is a number; longest first."""
    lengths = np.array([len(scores) for scores in emissions])
    scores = _by_unit(
        np.concatenate(emissions, dtype=np.float32), lengths
    )  # (units, tags, sentences)
    alive = [int((lengths > unit).sum()) for unit in range(len(scores))]
    best = _forward(scores, chain, alive)  # (units, tags, sentences)
    last = best[lengths - 1, :, np.arange(len(lengths))] + chain.end  # (sentences, tags)
    tags = np.empty((len(best), len(lengths)), np.intp)  # (units, sentences)
    tags[lengths - 1, np.arange(len(lengths))] = last.argmax(axis=1)
    _back(tags, best, scores, chain, alive)
    # The forward pass carries a NaN from any unit to the last one.
    sound = ~np.isnan(last).any(axis=1)  # (sentences,)
    return [tags[:length, column] for column, length in enumerate(lengths)], sound


def _by_unit(rows: Scores, lengths: npt.NDArray[np.intp]) -> Scores:
    """Scores laid out unit by unit; a sentence that is over repeats its last unit, unread."""
    unit = np.minimum(np.arange(lengths[0])[:, None], lengths - 1)  # (units, sentences)
    picked = rows[unit + np.cumsum(lengths) - lengths]  # (units, sentences, tags)
    return np.ascontiguousarray(picked.transpose(0, 2, 1))  # (units, tags, sentences)


def _forward(scores: Scores, chain: Chain, alive: Sequence[int]) -> Scores:
    """The score of the best path that ends in each tag at each unit."""
    tags, sentences = scores.shape[1:]
    best = np.empty_like(scores)
    best[0] = chain.start[:, None] + scores[0]
    sums = np.empty((tags, tags, sentences), scores.dtype)  # (tags, next tags, sentences)
    for unit in range(1, len(scores)):
        live = slice(alive[unit])
        np.add(best[unit - 1, :, None, live], chain.step[:, :, None], out=sums[..., live])
        np.maximum.reduce(sums[..., live], axis=0, out=best[unit, :, live])
        best[unit, :, live] += scores[unit, :, live]
    return best


def _back(tags: Path, best: Scores, scores: Scores, chain: Chain, alive: Sequence[int]) -> None:
    """Fill in the tags before each sentence's last, from the last unit to the first."""
    column = np.arange(tags.shape[1])
    for unit in range(len(best) - 1, 0, -1):
        live = slice(alive[unit])
        chosen = tags[unit, live]
        sums = best[unit - 1, :, live] + chain.step[:, chosen]  # (tags, sentences)
        # torchcrf compares the sums with the emission in them, where rounding can make two equal.
        sums += scores[unit, chosen, column[live]]
        tags[unit - 1, live] = sums.argmax(axis=0)
