"""The order in which sentences are worth labelling.

*Uncertainty* is the probability that some entity that a system found is wrong, its confidences
taken as independent; *disagreement* is how little the entities of two systems overlap, 1 - F1 of
the one against the other. Both are means over systems, from 0 to 1, and add up. *Novelty* is how
little a sentence is like those chosen before it: 1 minus the largest cosine of bigram vectors. The
next sentence is the one with the largest product (maximal marginal relevance, Carbonell and
Goldstein 1998, as a product), so that two of a kind are not both at the top. Blank lines and
repeated ones are not among them.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import log, prod
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.labelling import pool
from harness.labelling.answers import Answer, Answered

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence to label: ``line`` of the text, from 1, and why."""

    line: int
    text: str
    uncertainty: float
    disagreement: float
    novelty: float

    @property
    def score(self) -> float:
        """What it is ranked by."""
        return (self.uncertainty + self.disagreement) * self.novelty


def ranked(answered: Answered, number: int) -> list[Suggestion]:
    """The ``number`` sentences to label first, in order."""
    unsure = np.array([uncertainty(answers) for answers in _by_sentence(answered)])
    apart = np.array([disagreement(answers) for answers in _by_sentence(answered)])
    left_out = pool.blank(answered.texts) | pool.repeated(answered.texts)
    order = _diverse(unsure + apart, vectors(answered.texts), left_out, number)
    return [
        Suggestion(i + 1, answered.texts[i], float(unsure[i]), float(apart[i]), float(new))
        for i, new in order
    ]


def _by_sentence(answered: Answered) -> list[tuple[Answer, ...]]:
    return list(zip(*answered.answers, strict=True))


def uncertainty(answers: Sequence[Answer]) -> float:
    """The mean over systems of the probability that something they found is wrong."""
    given = [1 - prod(a.confidence) for a in answers if a.confidence is not None]
    return sum(given) / len(given) if given else 0.0


def disagreement(answers: Sequence[Answer]) -> float:
    """1 - F1 of two systems against each other, the mean over pairs; two empty ones agree."""
    found = [set(answer.entities) for answer in answers]
    pairs = [_apart(a, b) for a, b in combinations(found, 2)]
    return sum(pairs) / len(pairs) if pairs else 0.0


def _apart(one: set[Any], other: set[Any]) -> float:
    size = len(one) + len(other)
    return 1 - 2 * len(one & other) / size if size else 0.0


def vectors(texts: Sequence[str]) -> Any:
    """Bigrams of each text, weighted by their rareness, of length 1: (texts, bigrams), sparse."""
    from scipy.sparse import csr_array

    counts = [Counter(pairwise(text)) for text in texts]
    seen = Counter(bigram for one in counts for bigram in one)
    place = {bigram: i for i, bigram in enumerate(seen)}
    rows = np.repeat(np.arange(len(texts)), [len(one) for one in counts])
    columns = [place[bigram] for one in counts for bigram in one]
    values = [n * log(1 + len(texts) / seen[bigram]) for one in counts for bigram, n in one.items()]
    made = csr_array((values, (rows, columns)), shape=(len(texts), max(1, len(place))))
    lengths = np.sqrt(made.multiply(made).sum(axis=1))
    return csr_array(made / np.maximum(lengths, 1e-12)[:, None])


def _diverse(
    scores: Floats, units: Any, left_out: Collection[int], number: int
) -> list[tuple[int, float]]:
    """The places of the best of ``scores``, each less for what is like one before it."""
    nearest = np.zeros(len(scores))  # the largest cosine with what was chosen
    left = np.ones(len(scores), bool)
    left[list(left_out)] = False
    chosen: list[tuple[int, float]] = []
    for _ in range(min(number, int(left.sum()))):
        worth = np.where(left, scores * (1 - nearest), -1.0)
        best = int(worth.argmax())
        chosen.append((best, float(1 - nearest[best])))
        left[best] = False
        alike = units @ units[[best]].T
        nearest = np.clip(np.maximum(nearest, alike.toarray().ravel()), 0.0, 1.0)
    return chosen
