"""How much of one split is in another: whole sentences, most of a sentence, names of entities.

A sentence is in another split exactly where its units are those of a sentence there, and nearly
where it is not, but at least half of its shingles (12 units in a row; Broder 1997, "On the
resemblance and containment of documents") are found there. Sentences shorter than a shingle are in
it exactly or not at all. Hash sets make it linear in the units of the splits. What is kept is of
the part that is looked up, a test set, and not of the split that is gone through: train may be
thousands of times as large.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Literal, TypeAlias

from harness.core import Example, Sentence
from harness.data.splits import DEV, TEST, TRAIN, split_of, test_set
from harness.errors import DataError

SHINGLE = 12  # units
HALF = 0.5
TOLD = 0.01  # of the sentences of a split: more than this is said beside the score
PAIRS = ((TEST, TRAIN), (TEST, DEV), (DEV, TRAIN))

Match: TypeAlias = Literal["exact", "near", ""]


@dataclass(frozen=True, slots=True)
class Overlap:
    """What ``part`` shares with ``whole``, two splits.

    ``exact`` and ``near`` count sentences of ``part``, of ``sentences`` that have units.
    ``shared_surfaces`` of its ``surfaces``, the distinct texts of its entities, are those of an
    entity of ``whole`` too.
    """

    part: str
    whole: str
    sentences: int
    exact: int
    near: int
    surfaces: int
    shared_surfaces: int

    @property
    def share(self) -> float:
        """The share of the sentences of ``part`` that are in ``whole``, exactly or nearly."""
        return (self.exact + self.near) / self.sentences if self.sentences else 0.0

    @property
    def words(self) -> str:
        """The numbers of sentences: ``40 of 270 test sentences are in train, 7 nearly``."""
        near = f", {self.near} more nearly" if self.near else ""
        return f"{self.exact} of {self.sentences} {self.part} sentences are in {self.whole}{near}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a split holds of the sentences that were asked for; shingles are their hashes."""

    texts: frozenset[tuple[str, ...]]
    shingles: frozenset[int]

    @classmethod
    def of(cls, sentences: Iterable[Sentence], asked: Iterable[Sentence]) -> "Seen":
        """What ``sentences`` hold of ``asked``, which ``match`` may then be asked for."""
        units = {one.units for one in asked}
        wanted = {shingle for each in units for shingle in shingles(each)}
        texts: set[tuple[str, ...]] = set()
        found: set[int] = set()
        for sentence in sentences:
            if sentence.units in units:
                texts.add(sentence.units)
            found.update(wanted.intersection(shingles(sentence.units)))
        return cls(frozenset(texts), frozenset(found))

    def match(self, sentence: Sentence) -> Match:
        """How ``sentence`` is in the split; one without units is not."""
        if sentence.units in self.texts:
            return "exact" if sentence.units else ""
        found = [one in self.shingles for one in shingles(sentence.units)]
        return "near" if found and sum(found) >= HALF * len(found) else ""


def shingles(units: tuple[str, ...]) -> list[int]:
    """The hashes of every ``SHINGLE`` units in a row."""
    return [hash(units[at : at + SHINGLE]) for at in range(len(units) - SHINGLE + 1)]


def overlaps(
    splits: Mapping[str, Sequence[Example]],
    sets: Mapping[str, Sequence[Example]] = MappingProxyType({}),
) -> tuple[Overlap, ...]:
    """What test and dev share with train, and test with dev; then what each of the test sets does.

    ``sets`` has the examples of each set of a test of several, by its name.
    """
    # The sentences of the sets are those of test.
    asked = {TRAIN: (TEST, DEV), DEV: (TEST,)}
    seen = {
        name: Seen.of(
            _sentences(splits[name]), chain.from_iterable(_sentences(splits[one]) for one in parts)
        )
        for name, parts in asked.items()
    }
    parts = {**splits, **{test_set(name): examples for name, examples in sets.items()}}
    of_sets = ((test_set(name), whole) for name in sets for whole in (TRAIN, DEV))
    return tuple(
        _overlap(part, whole, parts, [seen[whole].match(one.sentence) for one in parts[part]])
        for part, whole in (*PAIRS, *of_sets)
    )


def _overlap(
    part: str, whole: str, splits: Mapping[str, Sequence[Example]], matches: Sequence[Match]
) -> Overlap:
    surfaces = set(_surfaces(splits[part]))
    shared = surfaces.intersection(_surfaces(splits[whole]))
    return Overlap(
        part, whole, sum(len(example.sentence) > 0 for example in splits[part]),
        matches.count("exact"), matches.count("near"), len(surfaces), len(shared),
    )  # fmt: skip


def _surfaces(examples: Sequence[Example]) -> Iterator[str]:
    return (example.sentence.mention(span) for example in examples for span in example.spans)


def _sentences(examples: Iterable[Example]) -> Iterator[Sentence]:
    return (example.sentence for example in examples)


def seen_in_train(splits: Mapping[str, Sequence[Example]]) -> tuple[bool, ...]:
    """Whether each test sentence is in train, exactly or nearly."""
    train = Seen.of(_sentences(splits[TRAIN]), _sentences(splits[TEST]))
    return tuple(train.match(example.sentence) != "" for example in splits[TEST])


def in_train(found: Iterable[Overlap]) -> Overlap | None:
    """What test shares with train, where it is enough to be said beside a score."""
    pairs = (one for one in found if (one.part, one.whole) == (TEST, TRAIN))
    return next((one for one in pairs if one.share > TOLD), None)


def contained(found: Iterable[Overlap]) -> tuple[Overlap, ...]:
    """The overlaps that make a test score worthless: most of a test set is in train or in dev."""
    return tuple(one for one in found if split_of(one.part) == TEST and one.share > HALF)


def refuse(task: str, found: Iterable[Overlap]) -> None:
    """Refuse a task whose test set is one it trains on or selects on.

    Raises:
        DataError: with the counts and what to do.
    """
    if bad := contained(found):
        told = "; ".join(one.words for one in bad)
        msg = (
            f"task {task!r}: {told}. A score on it would be one of memory; nothing was run. Give "
            "the task a test split of its own (`carve` takes one out of train), or run with "
            "--allow-overlap, which marks every row"
        )
        raise DataError(msg)
