"""Entities grouped by a property: a bucket is a property, its levels are the possible values.

A level depends only on a span and its sentence, never on the other side, so found entities have one
as gold entities do: a right entity has the same level on both sides, the counts of the levels of a
bucket add up to the scorer's counts, and F1 is defined for every bucket. Two levels depend on the
run as well, ``edge`` on its windows and ``repair`` on what was repaired: of two runs they may hold
different gold, and are compared only where they hold the same. Buckets that need the training data
are left out if the run stored no facts of it, and between runs that learned from other parts of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from harness.core import Span
from harness.data.train_facts import TrainFacts
from harness.results.record import Prediction

_LAST_LATIN = 0x24F  # the end of the block Latin Extended-B


@dataclass(frozen=True, slots=True)
class Place:
    """A span where it stands; ``facts`` is what the training data say."""

    span: Span
    prediction: Prediction
    facts: TrainFacts

    @property
    def units(self) -> tuple[str, ...]:
        """The units of the mention."""
        return self.prediction.units[self.span.start : self.span.end]

    @property
    def mention(self) -> str:
        """The text of the mention."""
        return self.prediction.mention(self.span)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A question with its possible answers in reading order; no levels: as they turn up."""

    name: str
    title: str
    level: Callable[[Place], str]
    levels: tuple[str, ...] = ()
    asks_train: bool = False


def _ranges(*ends: int) -> tuple[str, ...]:
    """Names of the ranges that end at ``ends``, and one for all above the last."""
    starts = (1, *(end + 1 for end in ends))
    closed = [
        f"{a}" if a == b else f"{a}\N{EN DASH}{b}" for a, b in zip(starts, ends, strict=False)
    ]
    return (*closed, f"{starts[-1]}+")


def _in_range(value: int, ends: Sequence[int], names: Sequence[str]) -> str:
    return names[sum(value > end for end in ends)]


_MENTION, _SENTENCE, _OFTEN = (1, 2, 3, 5, 9), (10, 25, 50, 100), (1, 4, 19)
_EDGE, _SHARE = (2, 8, 32), (10, 25, 50)
_MENTIONS, _SENTENCES, _FREQUENCIES = _ranges(*_MENTION), _ranges(*_SENTENCE), _ranges(*_OFTEN)
_EDGES, _SHARES = _ranges(*_EDGE), tuple(f"{name} %" for name in _ranges(*_SHARE))


def _seen(place: Place) -> str:
    labels = place.facts.mentions.get(place.mention, {})
    if not labels:
        return "unseen"
    if place.span.label not in labels:
        return "other type"
    return "seen" if len(labels) == 1 else "ambiguous"


def _frequency(place: Place) -> str:
    count = place.facts.frequency(place.mention)
    return _in_range(count, _OFTEN, _FREQUENCIES) if count else "0"


def _consistency(place: Place) -> str:
    share = place.facts.consistency(place.mention, place.span.label)
    if share is None:
        return "unseen"
    if share in (0.0, 1.0):
        return "never" if share == 0.0 else "always"
    return "under half" if share < 0.5 else "half or more"


def _density(place: Place) -> str:
    covered = sum(end - start for start, end, _ in place.prediction.gold)
    percent = -(-100 * covered // len(place.prediction.units))
    return _in_range(percent, _SHARE, _SHARES) if covered else "0 %"


def _position(place: Place) -> str:
    if place.span.start == 0:
        return "first unit"
    third = 3 * place.span.start // len(place.prediction.units)
    return ("first third", "middle third", "last third")[third]


def _unknown_units(place: Place) -> str:
    unknown = sum(unit not in place.facts.characters for unit in place.units)
    return str(unknown) if unknown < 2 else "2+"


def _script(place: Place) -> str:
    mention = normalize("NFKC", place.mention)  # letters of full width are Latin, too
    digits = any(character.isdigit() for character in mention)
    latin = any(c.isalpha() and ord(c) <= _LAST_LATIN for c in mention)
    if digits:
        return "digits and Latin" if latin else "digits"
    return "Latin" if latin else "neither"


def _edge(place: Place) -> str:
    """Units between the mention and the nearest border of two windows."""
    borders = place.prediction.borders
    if not borders:
        return "one window"
    start, end = place.span.start, place.span.end
    if any(start < border < end for border in borders):
        return "across"
    nearest = min(min(abs(border - start), abs(border - end)) for border in borders)
    return _in_range(max(nearest, 1), _EDGE, _EDGES)


def _repaired(place: Place) -> str:
    return "repaired" if any(place.prediction.repairs.values()) else "as answered"


BUCKETS: tuple[Bucket, ...] = (
    Bucket("type", "type", lambda place: place.span.label),
    Bucket("length", "mention length", lambda place: _in_range(
        len(place.span), _MENTION, _MENTIONS), _MENTIONS),
    Bucket("seen", "mention seen in train", _seen,
           ("seen", "ambiguous", "other type", "unseen"), asks_train=True),
    Bucket("frequency", "times in train", _frequency, ("0", *_FREQUENCIES), asks_train=True),
    Bucket("consistency", "train says this type", _consistency,
           ("always", "half or more", "under half", "never", "unseen"), asks_train=True),
    Bucket("sentence", "sentence length", lambda place: _in_range(
        len(place.prediction.units), _SENTENCE, _SENTENCES), _SENTENCES),
    Bucket("density", "share of units in gold", _density, ("0 %", *_SHARES)),
    Bucket("position", "position", _position,
           ("first unit", "first third", "middle third", "last third")),
    Bucket("new units", "units unseen in train", _unknown_units, ("0", "1", "2+"),
           asks_train=True),
    Bucket("script", "digits or Latin", _script,
           ("neither", "digits", "Latin", "digits and Latin")),
    Bucket("edge", "units to a window edge", _edge, ("one window", *_EDGES[::-1], "across")),
    Bucket("repair", "sentence repaired", _repaired, ("as answered", "repaired")),
)  # fmt: skip
NO_FACTS = TrainFacts({}, frozenset(), {}, {}, {})


def available(facts: TrainFacts | None) -> tuple[Bucket, ...]:
    """The buckets that can be asked with or without facts about the training data."""
    return tuple(bucket for bucket in BUCKETS if facts or not bucket.asks_train)


def known_alike(told: Sequence[TrainFacts | None]) -> tuple[Bucket, ...]:
    """The buckets on whose levels runs put an entity alike: train's only where facts are equal."""
    return available(told[0] if all(facts == told[0] for facts in told) else None)
