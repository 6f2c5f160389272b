"""Offsets in code points, exact or refused: a span that does not fit its text is never corrected.

What went wrong is said if it can be told: offsets in UTF-16 code units (JavaScript, Java) and
inclusive ends (CLUENER) are the two mistakes of the field. Only a span that says its text can be
told to be another one; without, an inclusive end shows where a name has one character: it is empty.
"""

from collections.abc import Sequence
from typing import Any

from harness.core import Sentence, Span
from harness.data import nesting
from harness.data.readers.entry_errors import EntryError


def spans(entries: Any, units: tuple[str, ...], joiner: str) -> tuple[Span, ...]:
    """The spans over ``units`` that ``entries`` mean, in order, overlapping or not.

    Raises:
        EntryError: for entries of another form, out of the text, or between units.
    """
    if not isinstance(entries, list):
        raise EntryError("json", '"spans" must be a list')
    sentence = Sentence("", units, joiner)
    starts, ends = sentence.borders()
    found = []
    for entry in entries:
        start, end, label = _checked(entry, sentence.text)
        if start not in starts or end not in ends:
            message = (
                f"{entry} does not begin and end with a unit; give tokens, cut as the spans are"
            )
            raise EntryError("span", message)
        found.append(Span(starts[start], ends[end], label))
    return tuple(sorted(found))


def answered(entries: Any, sentence: Sentence, *, nested: bool) -> tuple[Span, ...]:
    """As ``spans``, of answers.

    Raises:
        EntryError: as ``spans``, and as ``require_decided``.
    """
    found = spans(entries, sentence.units, sentence.joiner)
    require_decided(found, sentence, nested=nested)
    return found


def require_decided(found: Sequence[Span], sentence: Sentence, *, nested: bool) -> None:
    """Refuse entities that overlap, and where gold is ``nested``, one that is there twice.

    Raises:
        EntryError: naming the two.
    """
    pair = nesting.undecided(found, "all" if nested else "error")
    if pair:
        both = nesting.together(pair, sentence)
        flat = "overlap; keep one, a unit carries one tag"
        raise EntryError("overlap", f"{both} {'are one entity; give it once' if nested else flat}")


def _checked(entry: Any, text: str) -> tuple[int, int, str]:
    """The offsets and the label of one entry that agrees with ``text``."""
    if not isinstance(entry, dict):
        raise EntryError("span", f"{entry!r} is not a span: expected start, end and label")
    start, end, label = (entry.get(key) for key in ("start", "end", "label"))
    if type(start) is not int or type(end) is not int or not isinstance(label, str) or not label:
        raise EntryError(
            "span", f"{entry} is not a span: expected whole start and end, and a label"
        )
    if wrong := _wrong_order(start, end) or _outside(start, end, text):
        raise EntryError("span", f"{entry} {wrong}{_hint(entry, text)}")
    mention = entry.get("text")
    if mention is not None and text[start:end] != mention:
        message = f"{entry}: the text there is {text[start:end]!r}{_hint(entry, text)}"
        raise EntryError("span", message)
    return start, end, label


def _wrong_order(start: int, end: int) -> str:
    if start > end:
        return f"ends at {end}, before it begins at {start}: reversed, or the second is a length"
    return "is empty" if start == end else ""


def _outside(start: int, end: int, text: str) -> str:
    inside = start >= 0 and end <= len(text)
    return "" if inside else f"leaves the text of {len(text)} characters"


def _hint(entry: dict[str, Any], text: str) -> str:
    """What the offsets of ``entry`` may have been meant as."""
    start, end, mention = entry["start"], entry["end"], entry.get("text")
    if start < 0 or start > end:
        return ""
    if text[start : end + 1] == mention or (mention is None and start == end < len(text)):
        return "; the end looks inclusive: add 1"
    if not isinstance(mention, str):
        return ""
    units = text.encode("utf-16-le")[2 * start : 2 * end]
    if units.decode("utf-16-le", errors="replace") == mention:
        point = len(text.encode("utf-16-le")[: 2 * start].decode("utf-16-le", errors="replace"))
        return (
            "; the offsets look like UTF-16 code units: in code points they are"
            f" {point} to {point + len(mention)}"
        )
    return ""
