"""Where a text was most probably copied from that the sentence does not have letter by letter.

It is aligned with the sentence by the one alignment that there is, both without case and width, and
stands where at most one character in ``ODD`` is otherwise. A letter and the marks after it are one
character, however they are written.
"""

import unicodedata
from collections.abc import Sequence
from itertools import accumulate

from harness.core import Sentence
from harness.generation.align import align
from harness.generation.lexing import KeyIds, fold, plain_reading
from harness.generation.placing import Place

ODD = 4


def nearest(sentence: Sentence, text: str) -> Place | None:
    """The units that ``text`` was most probably written for, None where it was for none."""
    if not text.strip() or len(_composed(text)) > 2 * len(sentence.text):
        return None
    characters, asked = _characters(sentence.text), _characters(text)
    folded = [fold(each) for each in characters]
    reading = plain_reading([fold(each) for each in asked], len(asked))
    vocabulary = KeyIds.of(folded)
    slots, items = vocabulary.slots(folded, tagged=False), vocabulary.items(reading)
    alignment = align(slots, items)
    if alignment is None:
        return None
    matched = [slot for slot, item in enumerate(alignment.items) if item >= 0]
    right = sorted({*matched} - {*alignment.replaced(slots, items)})
    if not right:
        return None
    starts = [*accumulate(map(len, characters), initial=0)]
    place = _units(sentence, starts[right[0]], starts[right[-1] + 1] - 1)
    covered = _covered(sentence, place, starts)
    odd = max(covered, len(asked)) - len(right)
    return place if odd * ODD <= len(asked) else None


def _characters(text: str) -> list[str]:
    """``text`` in pieces: each a code point with those after it that belong to it."""
    found: list[str] = []
    for point in text:
        if found and _belongs(point, found[-1]):
            found[-1] += point
        else:
            found.append(point)
    return found


def _belongs(point: str, before: str) -> bool:
    """Whether ``point`` is a mark on ``before``, or a part of a syllable that it begins."""
    if point.isascii() or unicodedata.combining(point):
        return not point.isascii()
    return len(_composed(before + point)) == len(_composed(before))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _covered(sentence: Sentence, place: Place, starts: Sequence[int]) -> int:
    """How many characters of those that begin at ``starts`` the units at ``place`` have."""
    first, last = sentence.starts[place[0]], sentence.starts[place[1] - 1]
    end = min(last + len(sentence.units[place[1] - 1]), starts[-1])
    return sum(first <= start < end for start in starts)


def _units(sentence: Sentence, first: int, last: int) -> Place:
    """The units that the code points from ``first`` to ``last`` of the text touch."""
    touched = [
        unit
        for unit, start in enumerate(sentence.starts)
        if start <= last and start + len(sentence.units[unit]) > first
    ]
    return touched[0], touched[-1] + 1
