"""What the training data say about a mention, stored with a run so that analysis needs no data.

Small on purpose: counts of mentions, characters, labels, lengths and tag transitions, no sentence.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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
        values = asdict(self) | {"characters": "".join(sorted(self._single()))}
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


def train_facts(train: Sequence[Example]) -> TrainFacts:
    """The facts of ``train``: whole sentences, before any window is cut."""
    mentions: dict[str, Counter[str]] = {}
    transitions: dict[str, Counter[str]] = {}
    for example in train:
        tags = encode(outermost(example.spans), len(example.sentence))
        for before, after in pairwise((OUTSIDE, *tags)):
            transitions.setdefault(before, Counter())[after] += 1
        for span in example.spans:
            mentions.setdefault(example.sentence.mention(span), Counter())[span.label] += 1
    return TrainFacts(
        mentions={mention: dict(counts) for mention, counts in mentions.items()},
        characters=frozenset(unit for example in train for unit in example.sentence.units),
        labels=dict(Counter(span.label for example in train for span in example.spans)),
        lengths=dict(Counter(len(example.sentence) for example in train)),
        transitions={before: dict(counts) for before, counts in transitions.items()},
    )
