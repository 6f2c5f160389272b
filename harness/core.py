"""The nouns. Values are frozen and validated when they are made, so later code can trust them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A typed entity: half-open, in units.

    Raises:
        ValueError: for an empty or negative span, or an empty label.
    """

    start: int
    end: int
    label: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            msg = f"a span needs 0 <= start < end, not [{self.start}, {self.end})"
            raise ValueError(msg)
        if not self.label:
            raise ValueError("a span needs a label")

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Sentence:
    """What a model may see: units that carry one tag each, and no gold.

    A unit is a character, or a word in a language written with spaces; ``joiner`` is what stands
    between two units of the text.

    Raises:
        ValueError: for an empty unit.
    """

    id: str
    units: tuple[str, ...]
    joiner: str = ""

    def __post_init__(self) -> None:
        if not all(self.units):
            msg = f"sentence {self.id}: unit {self.units.index('')} is empty"
            raise ValueError(msg)

    def __len__(self) -> int:
        return len(self.units)

    @cached_property
    def text(self) -> str:
        """The untouched text."""
        return self.joiner.join(self.units)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The character offset at which each unit starts in ``text``, in code points."""
        offsets, position = [], 0
        for unit in self.units:
            offsets.append(position)
            position += len(unit) + len(self.joiner)
        return tuple(offsets)

    def characters(self, span: Span) -> tuple[int, int]:
        """The half-open character offsets of ``span`` in ``text``, in code points."""
        return self.starts[span.start], self.starts[span.end - 1] + len(self.units[span.end - 1])

    def borders(self) -> tuple[dict[int, int], dict[int, int]]:
        """The unit that begins at each offset, and the one after that which ends at each."""
        begins = {offset: unit for unit, offset in enumerate(self.starts)}
        ends = {o + len(u): i + 1 for i, (o, u) in enumerate(zip(begins, self.units, strict=True))}
        return begins, ends

    def mention(self, span: Span) -> str:
        """The text that ``span`` covers."""
        return self.joiner.join(self.units[span.start : span.end])


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with its gold: what a backend may train on.

    ``nested`` says that its task has nested gold: spans may lie inside of each other, or cross.

    Raises:
        ValueError: for spans that are out of order, leave the sentence, or overlap where they may
            not; of nested ones, for two that are one.
    """

    sentence: Sentence
    spans: tuple[Span, ...]
    nested: bool = False

    def __post_init__(self) -> None:
        for before, span in pairwise(self.spans):
            if not (before < span if self.nested else before.end <= span.start):
                msg = f"sentence {self.sentence.id}: span {span} overlaps or is out of order"
                raise ValueError(msg)
        end = max((span.end for span in self.spans), default=0)
        if end > len(self.sentence):
            msg = f"sentence {self.sentence.id}: a span ends at {end} of {len(self.sentence)} units"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Tags:
    """An answer of one BIO tag per unit, such as ``("B-PER", "I-PER", "O")``.

    ``unread`` counts the units at the end that a backend with a maximum length did not read: they
    have no tag here, and count as O.
    ``confidence`` is the probability of each entity that the tags mean (``harness.tags.decode``),
    in order; None is not given.
    """

    tags: tuple[str, ...]
    unread: int = 0
    confidence: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """An answer as a generator wrote it, in a format of ``harness.generation.formats``.

    It has no confidence: which entities it means is known only after repair.
    """

    text: str
    format: str


@dataclass(frozen=True, slots=True)
class PlacedEntity:
    """An entity that a system found at a place: half-open, in units.

    ``score`` is its probability; None is not given.
    """

    start: int
    end: int
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class WrittenEntity:
    """An entity that a system wrote down as text, without its place.

    ``occurrence`` says which of the places of ``text`` in the sentence is meant, from 1 on; without
    it, the harness finds the place. ``score`` is its probability; None is not given.
    """

    text: str
    label: str
    score: float | None = None
    occurrence: int | None = None


@dataclass(frozen=True, slots=True)
class Spans:
    """An answer of entities, placed or written, in any order, overlapping or not.

    A span classifier gives all that it believes in, ``Spans(tuple(PlacedEntity(2, 5, "PER", 0.9),
    ...))``; a system that lists names gives ``WrittenEntity("Ada", "PER")``. The harness finds the
    places of written ones and, where a task is flat, keeps of entities that overlap the most
    probable one, or the longest where a score is missing (``harness.generation.settling``). Each
    loss and each ambiguity is a counted repair; none is a reason to answer ``Tags`` instead.
    Confidence is carried through where every entity that is kept has a score.
    ``unread`` counts the units at the end that a backend with a maximum length did not read.
    """

    entities: tuple[PlacedEntity | WrittenEntity, ...]
    unread: int = 0


Output: TypeAlias = Tags | Text | Spans

_NO_REPAIRS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decoded:
    """One tag per unit after the one place of repair; every repair is named and counted.

    ``tags`` are kept rather than spans: windows are merged and policies are applied on tags.
    ``raw_tags`` is the answer without repair: all O where the generation was malformed.
    ``fates`` says what became of each unit (``harness.generation.fates``); empty: all predicted.
    ``confidence`` is the probability of each entity that ``tags`` mean, in order; None: not given.

    In a task with nested gold, ``entities`` are all that were found, in order, ``confidence`` is of
    those, and ``tags`` are of the outermost ones alone; in a flat one ``entities`` is None.
    """

    tags: tuple[str, ...]
    repairs: Mapping[str, int] = field(default_factory=lambda: _NO_REPAIRS)
    raw: str | None = None
    raw_tags: tuple[str, ...] | None = None
    fates: str = ""
    confidence: tuple[float, ...] | None = None
    entities: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives; every score derives from them.

    Scores are fractions, and None if they are undefined (nothing found and nothing to find).
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def support(self) -> int:
        """The number of gold entities."""
        return self.tp + self.fn

    @property
    def precision(self) -> float | None:
        """Share of the found entities that are right."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """Share of the gold entities that were found."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
