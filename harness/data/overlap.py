"""How much of one split is in another: whole sentences, most of a sentence, names of entities.

A sentence is in another split exactly where its units are those of a sentence there. It is nearly
there if that holds of its folded units, or if at least half of its shingles (12 units in a row;
Broder 1997, "On the resemblance and containment of documents") are found there, as they are or
folded: without white space and punctuation, in NFKC and without case (``fold``), none of which
makes another sentence of it. Hash sets make it linear in the units of the splits. What is kept is
of the part that is looked up, a test set, and not of the split that is gone through: train may be
thousands of times as large.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
Units: TypeAlias = tuple[str, ...]


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


class Held:
    """What of the units that were asked for the sentences of a split hold, told one at a time."""

    def __init__(self, asked: Iterable[Units]) -> None:
        self._asked = {*asked}
        self._wanted = {shingle for units in self._asked for shingle in shingles(units)}
        self._texts: set[Units] = set()
        self._shingles: set[int] = set()  # hashes

    def add(self, units: Units) -> None:
        """Go through a sentence of the split."""
        if units in self._asked:
            self._texts.add(units)
        self._shingles.update(self._wanted.intersection(shingles(units)))

    def whole(self, units: Units) -> bool:
        """Whether ``units`` are a sentence of the split; none are not."""
        return bool(units) and units in self._texts

    def mostly(self, units: Units) -> bool:
        """Whether at least half of the shingles of ``units`` are in the split."""
        found = [one in self._shingles for one in shingles(units)]
        return bool(found) and sum(found) >= HALF * len(found)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a split holds of the sentences that were asked for, as they are and folded."""

    written: Held
    folded: Held

    @classmethod
    def of(cls, sentences: Iterable[Sentence], asked: Iterable[Sentence]) -> "Seen":
        """What ``sentences`` hold of ``asked``, which ``match`` may then be asked for."""
        wanted = {one.units for one in asked}
        seen = cls(Held(wanted), Held(map(fold, wanted)))
        for sentence in sentences:
            seen.written.add(sentence.units)
            seen.folded.add(fold(sentence.units))
        return seen

    def match(self, sentence: Sentence) -> Match:
        """How ``sentence`` is in the split; one without units is not."""
        units = sentence.units
        if self.written.whole(units):
            return "exact"
        folded = fold(units)
        near = self.written.mostly(units) or self.folded.whole(folded) or self.folded.mostly(folded)
        return "near" if near else ""


def fold(units: Units) -> Units:
    """``units`` in NFKC, without case, white space, punctuation and what is not visible."""
    return tuple(folded for unit in units if (folded := _folded(unit)))


@lru_cache(1 << 16)
def _folded(unit: str) -> str:
    text = unicodedata.normalize("NFKC", unit).casefold()
    return "".join(c for c in text if unicodedata.category(c)[0] not in "CPZ" and not c.isspace())


def shingles(units: Units) -> list[int]:
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


def selected_on_train(found: Iterable[Overlap]) -> tuple[Overlap, ...]:
    """What dev shares with train, if that is most of it.

    The epoch that was kept is then the last that memorised.
    """
    pairs = (one for one in found if (one.part, one.whole) == (DEV, TRAIN))
    return tuple(one for one in pairs if one.share > HALF)


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
