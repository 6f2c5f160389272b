"""Characters that look like others, like nothing, or like an accident of an earlier program."""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.data.examples import LocatedExample
from harness.data.lint.finding import Finding, examples, in_text, many
from harness.data.task import Draft

LONG = 510  # units: what BERT reads at once, less its two marks
HALF = 0.5
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_MARKUP = re.compile(
    r"&(?:amp|lt|gt|quot|nbsp|#\d{2,5});"
    r"|</?(?:br|p|div|span|b|i|a|img|td|tr|li|h\d)(?: [^<>]*)?/?>",
    re.IGNORECASE,
)
# UTF-8 read as Latin-1 or Windows-1252, and what Chinese encodings make of lost or unset bytes.
_MOJIBAKE = re.compile(
    "锟斤拷|烫烫烫|屯屯屯|Ã[\u0080-\u00bf]|â€[\u0080-\u00bf™œž¢¦“”]|ï¼[\u0080-\u00bf]"
)
_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


def invisible(draft: Draft) -> Iterator[Finding]:
    """Zero-width and direction characters."""
    yield from _by_unit(draft, lambda unit: _INVISIBLE.search(unit) is not None, _named)


def not_composed(draft: Draft) -> Iterator[Finding]:
    """Units that Unicode's form NFC writes in another way."""

    def words(unit: str) -> str:
        composed = unicodedata.normalize("NFC", unit)
        return f"{_points(unit)} ({unit!r}), which NFC writes {_points(composed)}"

    yield from _by_unit(draft, lambda unit: not unicodedata.is_normalized("NFC", unit), words)


def compatibility(draft: Draft) -> Iterator[Finding]:
    """Characters that NFKC, and with it many tokenizers, replace; full-width forms apart."""
    for items in draft.items.values():
        found = _odd(items, _is_compatibility)
        if found:
            first = found[0]
            replaced = unicodedata.normalize("NFKC", first.unit)
            message = (
                f"{many(_times(found), 'unit')} of {many(len(found), 'kind')} "
                f"that NFKC replaces, here {first.unit!r} by {replaced!r}"
            )
            yield in_text(first.item, message, first.position)


def mixed_width(draft: Draft) -> Iterator[Finding]:
    """Digits and letters in both widths, where one is the exception."""
    for name, items in draft.items.items():
        wide = _odd(items, lambda unit: _WIDE.search(unit) is not None)
        narrow = _odd(items, lambda unit: unit.isascii() and unit.isalnum())
        if wide and narrow:
            rarer, others = sorted((wide, narrow), key=_times)
            first = rarer[0]
            width = "full" if rarer is wide else "half"
            message = (
                f"{many(_times(rarer), 'unit')} of {name} with letters or digits of {width} width, "
                f"here {first.unit!r}, beside {many(_times(others), 'other')}"
            )
            yield in_text(first.item, message, first.position)


def blank_units(draft: Draft) -> Iterator[Finding]:
    """Units that are nothing but white space."""
    yield from _by_unit(draft, str.isspace, _named)


def line_breaks(draft: Draft) -> Iterator[Finding]:
    """Texts of several lines, which nobody will give a line at a time: one finding for a split."""
    for name, items in draft.items.items():
        found = [(item, at) for item in items if (at := _line_break(item)) is not None]
        if found:
            crossed = sum(_is_crossed(item) for item, _ in found)
            message = (
                f"{many(len(found), 'text')} of {name} with line breaks, here first; "
                f"in {crossed} of them an entity goes over one"
            )
            yield in_text(found[0][0], message, found[0][1])


def _line_break(item: LocatedExample) -> int | None:
    """The place of the first unit with a line break."""
    sentence = item.example.sentence
    if _BREAKS.isdisjoint(sentence.text):
        return None
    return next(at for at, unit in enumerate(sentence.units) if not _BREAKS.isdisjoint(unit))


def _is_crossed(item: LocatedExample) -> bool:
    mentions = map(item.example.sentence.mention, item.example.spans)
    return any(not _BREAKS.isdisjoint(mention) for mention in mentions)


def markup(draft: Draft) -> Iterator[Finding]:
    """What a page of HTML has, and its text has not."""
    yield from _by_pattern(draft, _MARKUP)


def mojibake(draft: Draft) -> Iterator[Finding]:
    """Text that was once decoded in the wrong encoding."""
    yield from _by_pattern(draft, _MOJIBAKE)


def long_units(draft: Draft) -> Iterator[Finding]:
    """Units that should be characters and are longer than one code point."""
    if draft.file.joiner:
        return
    for name, items in draft.items.items():
        found = _odd(items, lambda unit: len(unit) > 1)
        if found:
            first = found[0]
            message = (
                f"{many(_times(found), 'unit')} of {name} longer than one character, "
                f"here {first.unit!r}"
            )
            yield in_text(first.item, message, first.position)


def spaced_characters(draft: Draft) -> Iterator[Finding]:
    """A task of words whose words are Chinese characters."""
    if not draft.file.joiner:
        return
    for name, items in draft.items.items():
        units = Counter(unit for item in items for unit in item.example.sentence.units)
        chinese = (unit for unit in units if len(unit) == 1 and _CHINESE.match(unit))
        single, every = sum(units[unit] for unit in chinese), units.total()
        if single > HALF * every:
            message = f"{single:,} of {every:,} words of {name} are a Chinese character each"
            yield Finding(str(draft.path), None, message)


def long_sentences(draft: Draft) -> Iterator[Finding]:
    """Sentences that no encoder reads at once."""
    for name, items in draft.items.items():
        sizes = [len(item.example.sentence) for item in items]
        found = [place for place, size in enumerate(sizes) if size > LONG]
        if found:
            message = (
                f"{many(len(found), 'sentence')} of {name} longer than {LONG} units; "
                f"the longest has {max(sizes):,}"
            )
            yield in_text(items[found[0]], message)


def _is_compatibility(unit: str) -> bool:
    if unit.isascii() or unit.isspace() or all(ord(c) in _FULL_WIDTH for c in unit):
        return False
    return not unicodedata.is_normalized("NFKC", unit) and unicodedata.is_normalized("NFC", unit)


@dataclass(frozen=True, slots=True)
class _OddUnit:
    """A unit, how often it is there, and where it stands first."""

    unit: str
    times: int
    item: LocatedExample
    position: int


def _odd(items: Sequence[LocatedExample], is_odd: Callable[[str], bool]) -> list[_OddUnit]:
    """The units that are odd, in the order of their first places; each is asked about once."""
    distinct = {unit for item in items for unit in item.example.sentence.units}
    odd = {unit for unit in distinct if is_odd(unit)}
    times: Counter[str] = Counter()
    first: dict[str, tuple[LocatedExample, int]] = {}
    for item in items if odd else ():
        units = item.example.sentence.units
        if not odd.isdisjoint(units):
            for position, unit in enumerate(units):
                if unit in odd:
                    times[unit] += 1
                    first.setdefault(unit, (item, position))
    return [_OddUnit(unit, times[unit], *place) for unit, place in first.items()]


def _times(found: Sequence[_OddUnit]) -> int:
    return sum(one.times for one in found)


def _by_unit(
    draft: Draft, is_odd: Callable[[str], bool], words: Callable[[str], str]
) -> Iterator[Finding]:
    """A finding for each distinct odd unit of a split, at its first place, with its number."""
    for items in draft.items.values():
        for one in _odd(items, is_odd):
            times = f" ({one.times:,} times, first here)" if one.times > 1 else ""
            yield in_text(one.item, words(one.unit) + times, one.position)


def _by_pattern(draft: Draft, pattern: re.Pattern[str]) -> Iterator[Finding]:
    """A finding for each match in a sentence."""
    for item in examples(draft):
        sentence = item.example.sentence
        starts = sentence.starts
        for match in pattern.finditer(sentence.text):
            position = bisect_right(starts, match.start()) - 1
            yield in_text(item, repr(match.group()), position)


def _named(unit: str) -> str:
    """The odd characters of a unit by number and name."""
    odd = [c for c in unit if c.isspace() or _INVISIBLE.match(c)]
    inside = f" in {unit!r}" if len(unit) > 1 else ""
    return (
        ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'without a name')}" for c in odd) + inside
    )


def _points(text: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in text)
