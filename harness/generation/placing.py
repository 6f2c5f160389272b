"""Where entities stand that a system wrote down as text alone; whatever is not certain is counted.

A text stands where the sentence has it on unit borders. Longer texts are placed first, so that 北京
is not looked for inside of 北京大学 where it also stands alone. A text that has as many free places
as it was written down takes them in order. One that has more is ambiguous (``found_twice``): each
goes to the first place after that of the entity listed before it. One that has none goes where it
stands all the same, and is settled there with what it overlaps (``harness.generation.settling``).

A text that the sentence does not have stands where it is aligned (``inexact_text``,
``harness.generation.nearest``), or nowhere (``not_found``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from harness.core import Sentence, Span, WrittenEntity
from harness.generation.readback import occurrences

ALIGNED = 32  # texts of one answer that are aligned; a system that invents more has said nothing
Place: TypeAlias = tuple[int, int]
Nearest: TypeAlias = Callable[[Sentence, str], Place | None]


class Placing(NamedTuple):
    """The half-open units of an entity, None where it has none, and the fault of finding them."""

    place: Place | None
    fault: str = ""


def written(sentence: Sentence, spans: Iterable[Span]) -> tuple[WrittenEntity, ...]:
    """``spans`` as texts that ``place`` finds again, numbered where a text has several places."""
    return tuple(_written(sentence, span) for span in spans)


def _written(sentence: Sentence, span: Span) -> WrittenEntity:
    text = sentence.mention(span)
    places = list(occurrences(sentence, text))
    number = places.index((span.start, span.end)) + 1 if len(places) > 1 else None
    return WrittenEntity(text, span.label, None, number)


def place(
    sentence: Sentence,
    entities: Mapping[int, WrittenEntity],
    nearest: Nearest,
    taken: Iterable[Place] = (),
) -> dict[int, Placing]:
    """Where each of ``entities`` stands, by the number that it has in its answer.

    ``nearest`` finds a place for a text that the sentence does not have. ``taken`` are places that
    the system itself gave to others.
    """
    search = _Search(sentence, nearest, taken)
    by_text: dict[str, list[int]] = {}
    for number, entity in sorted(entities.items()):
        by_text.setdefault(entity.text, []).append(number)
    for text in sorted(by_text, key=len, reverse=True):
        search.place(text, {number: entities[number].occurrence for number in by_text[text]})
    return search.found


class _Search:
    """What was placed so far; a place is free if nothing that was placed before overlaps it."""

    def __init__(self, sentence: Sentence, nearest: Nearest, taken: Iterable[Place]) -> None:
        self.sentence, self.nearest = sentence, nearest
        self.found: dict[int, Placing] = {}
        self.occupied = bytearray(len(sentence))
        self.aligned = 0
        for start, end in taken:
            self._occupy(start, end)

    def place(self, text: str, wanted: Mapping[int, int | None]) -> None:
        """Place the entities that share ``text``, by number; some say which occurrence is meant."""
        everywhere = list(occurrences(self.sentence, text))
        if not everywhere:
            placing = self._inexact(text)
            for number in wanted:
                self._take(number, placing)
            return
        others = []
        for number, occurrence in wanted.items():
            if occurrence is not None and 1 <= occurrence <= len(everywhere):
                self._take(number, Placing(everywhere[occurrence - 1]))
            else:
                others.append(number)
        wrong = frozenset(number for number in others if wanted[number] is not None)
        self._choose(others, everywhere, wrong)

    def _choose(
        self, numbers: Sequence[int], everywhere: Sequence[Place], wrong: frozenset[int]
    ) -> None:
        """Give each of ``numbers`` a place out of ``everywhere``, each free one to one at most."""
        free = [place for place in everywhere if self.occupied.find(1, *place) < 0]
        fault = "found_twice" if len(free) > len(numbers) else ""
        last = everywhere[0]
        for number in numbers:
            if free:
                after = self._end_before(number) if fault else 0
                last = next((place for place in free if place[0] >= after), free[0])
                free.remove(last)
            self._take(number, Placing(last, "wrong_occurrence" if number in wrong else fault))

    def _take(self, number: int, placing: Placing) -> None:
        self.found[number] = placing
        if placing.place:
            self._occupy(*placing.place)

    def _occupy(self, start: int, end: int) -> None:
        self.occupied[start:end] = b"\1" * (end - start)

    def _end_before(self, number: int) -> int:
        """Where the last entity ends that is listed before ``number`` and has its place."""
        before = [each for each in self.found if each < number and self.found[each].place]
        place = self.found[max(before)].place if before else None
        return place[1] if place else 0

    def _inexact(self, text: str) -> Placing:
        if self.aligned == ALIGNED:
            return Placing(None, "not_found")
        self.aligned += 1
        place = self.nearest(self.sentence, text)
        return Placing(place, "inexact_text" if place else "not_found")
