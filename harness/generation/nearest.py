"""Where a text was most probably copied from that the sentence does not have letter by letter.

It is aligned with the sentence by the one alignment that there is, both without case and width, and
stands where at most one code point in ``ODD`` is otherwise.
"""

from harness.core import Sentence
from harness.generation.align import align
from harness.generation.lexing import KeyIds, fold, plain_reading
from harness.generation.placing import Place

ODD = 4


def nearest(sentence: Sentence, text: str) -> Place | None:
    """The units that ``text`` was most probably written for, None where it was for none."""
    points = [fold(point) for point in sentence.text]
    if not text.strip() or len(text) > 2 * len(points):
        return None
    reading = plain_reading([fold(point) for point in text], len(text))
    vocabulary = KeyIds.of(points)
    slots, items = vocabulary.slots(points, tagged=False), vocabulary.items(reading)
    alignment = align(slots, items)
    if alignment is None:
        return None
    matched = [slot for slot, item in enumerate(alignment.items) if item >= 0]
    right = sorted({*matched} - {*alignment.replaced(slots, items)})
    if not right:
        return None
    place = _units(sentence, right[0], right[-1])
    first, last = sentence.starts[place[0]], sentence.starts[place[1] - 1]
    covered = last + len(sentence.units[place[1] - 1]) - first
    odd = max(covered, len(text)) - len(right)
    return place if odd * ODD <= len(text) else None


def _units(sentence: Sentence, first: int, last: int) -> Place:
    """The units that the code points from ``first`` to ``last`` of the text touch."""
    touched = [
        unit
        for unit, start in enumerate(sentence.starts)
        if start <= last and start + len(sentence.units[unit]) > first
    ]
    return touched[0], touched[-1] + 1
