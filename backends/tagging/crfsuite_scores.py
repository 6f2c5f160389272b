"""The scores behind a model of CRFsuite, which itself tells a best path and no more than marginals.

Weights come as CRFsuite prints them, with six decimals, so a probability is right to some 1e-5.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from backends.tagging.posterior import Floats
from backends.tagging.viterbi import Chain, Scores


class CrfsuiteScores:
    """Scores of units, and the chain between them, over all ``tags``.

    A tag that training never saw is impossible.

    Args:
        info: what ``pycrfsuite.Tagger.info`` gives.
        tags: the tag set.
    """

    def __init__(self, info: Any, tags: Sequence[str]) -> None:
        column = {tag: number for number, tag in enumerate(tags)}
        self.size = len(info.state_features) + len(info.transitions)
        self.seen = np.array([tag in info.labels for tag in tags])
        attributes = dict.fromkeys(attribute for attribute, _ in info.state_features)
        self._row = {attribute: number for number, attribute in enumerate(attributes, start=1)}
        self._weights: Floats = np.zeros((len(attributes) + 1, len(tags)))  # row 0: none is known
        for (attribute, tag), weight in info.state_features.items():
            self._weights[self._row[attribute], column[tag]] = weight
        step = np.zeros((len(tags), len(tags)))
        for (before, tag), weight in info.transitions.items():
            step[column[before], column[tag]] = weight
        possible = np.where(self.seen, 0.0, -np.inf)
        self.chain = Chain(*(part.astype(np.float32) for part in (
            possible, step + possible, possible,
        )))  # fmt: skip

    def of(self, features: Sequence[Sequence[str]]) -> Scores:
        """The scores (units, tags) of units, at least one."""
        widest = max(map(len, features))
        known = np.zeros((len(features), widest), np.int64)
        for place, unit in enumerate(features):
            known[place, : len(unit)] = [self._row.get(one, 0) for one in unit]
        scores: Scores = self._weights[known].sum(axis=1).astype(np.float32)
        return scores
