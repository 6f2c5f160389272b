"""What the training data say about a mention, stored with a run so that analysis needs no data.

Small on purpose: counts of mentions, characters, labels, lengths and tag transitions, no sentence.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

from harness.core import Example
from harness.errors import DataError
from harness.tags import OUTSIDE, encode, outermost

FACTS = "train_facts.json"


@dataclass(frozen=True, slots=True)
class TrainFacts:
    """Counts over the training sentences, in units.

    ``mentions[text][label]`` counts entities; ``characters`` are all units seen;
    ``lengths[n]`` counts sentences of n units; ``transitions[a][b]`` counts tag b after tag a,
    where the first tag of a sentence follows ``O``; of nested gold, the tags of outermost entities.
    """

    mentions: Mapping[str, Mapping[str, int]]
    characters: frozenset[str]
    labels: Mapping[str, int]
    lengths: Mapping[int, int]
    transitions: Mapping[str, Mapping[str, int]]

    def frequency(self, mention: str) -> int:
        """How often ``mention`` is an entity in train, with any label."""
        return sum(self.mentions.get(mention, {}).values())

    def consistency(self, mention: str, label: str) -> float | None:
        """The share of the mention's training labels that are ``label``; None if unseen."""
        total = self.frequency(mention)
        return self.mentions[mention].get(label, 0) / total if total else None

    def to_json(self) -> str:
        """The facts as JSON with sorted keys, so equal data give equal bytes."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["characters"] = "".join(sorted(self._single()))
        values["words"] = sorted(self.characters - self._single())
        return json.dumps(values, ensure_ascii=False, sort_keys=True) + "\n"

    def _single(self) -> frozenset[str]:
        return frozenset(unit for unit in self.characters if len(unit) == 1)

    @classmethod
    def from_json(cls, text: str) -> "TrainFacts":
        """The facts that ``to_json`` wrote.

        Raises:
            DataError: for any other text.
        """
        try:
            values = json.loads(text)
            seen = frozenset(values.pop("characters")) | frozenset(values.pop("words"))
            lengths = {int(length): count for length, count in values.pop("lengths").items()}
            return cls(characters=seen, lengths=lengths, **values)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            msg = f"not a {FACTS}: {error!r}; delete the file, the run can be repeated without it"
            raise DataError(msg) from error


class _Mentions:
    """Counts of labels by mention; most are met once, and share their counts by label."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}
        self._once: dict[str, dict[str, int]] = {}

    def add(self, mention: str, label: str) -> None:
        """Count one more of ``mention`` with ``label``."""
        known = self.counts.get(mention)
        if known is None:
            self.counts[mention] = self._once.setdefault(label, {label: 1})
            return
        if sum(known.values()) == 1:  # those of others, too
            known = self.counts[mention] = dict(known)
        known[label] = known.get(label, 0) + 1


def train_facts(train: Sequence[Example]) -> TrainFacts:
    """The facts of ``train``: whole sentences, before any window is cut."""
    mentions, transitions = _Mentions(), defaultdict[str, Counter[str]](Counter)
    characters: set[str] = set()
    labels, lengths = Counter[str](), Counter[int]()
    for example in train:  # once: they may lie on disk
        sentence, spans = example.sentence, example.spans
        characters.update(sentence.units)
        lengths[len(sentence)] += 1
        labels.update(span.label for span in spans)
        for before, after in pairwise((OUTSIDE, *encode(outermost(spans), len(sentence)))):
            transitions[before][after] += 1
        for span in spans:
            mentions.add(sentence.mention(span), span.label)
    return TrainFacts(
        mentions=mentions.counts,
        characters=frozenset(characters),
        labels=dict(labels),
        lengths=dict(lengths),
        transitions={before: dict(counts) for before, counts in transitions.items()},
    )
