"""Where the units of a raw line are. Offsets are into the line as given; no character is changed.

A task of characters takes each one; a task of words takes ``words``, whose rule is one pattern.
Who trained on words cut by other rules says so: ``spaces``, or a function of their own.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from operator import index
from typing import Any, TypeAlias
from unicodedata import category

from harness.core import Sentence
from harness.errors import ConfigError, did_you_mean

Place: TypeAlias = tuple[int, int]
Cut: TypeAlias = Callable[[str], Iterable[Place]]

# A word goes on over vowel signs, accents and variation selectors, which are no \w, over joiners of
# letters, and over the hyphen that shows at the end of a line only.
_SIGNS = frozenset({"Mn", "Mc"})
_PLANES = (range(0x300, 0x20000), range(0xE0100, 0xE01F0))  # where Unicode has them
_JOINING = "\u200c\u200d\xad"
# In order: links and mail; names and tags of social media; abbreviations and initials with their
# stops; numbers with their marks; English as the Penn Treebank cuts it, "do n't" and "it 's"; words
# with inner hyphens and apostrophes; one mark repeated ("..."); any other mark by itself. M stands
# for the signs above, which after a mark belong to it; mail has at most 64 characters before its @,
# as its standard says, or a run of them would be read again from each.
_WORD = r"""
      (?:https?://|www\.)\S+
    | [\wM.+-]{1,64}@\w[\wM-]*(?:\.\w[\wM-]*)+
    | [@\#]\w[\wM]*
    | (?:[^\W\d_](?-i:[M]*)\.){2,}
    | \b[^\W\d_](?-i:[M]*)\.(?=\s+[^\W\d_])
    | [+-]?\d+(?:[.,:/]\d+)*[\wM]*%?
    | ['’](?:s|m|d|ll|re|ve)\b
    | n['’]t\b
    | [\wM]+?(?=n['’]t\b)
    | [\wM]+(?:[-'’&][\wM]+)*?(?=['’](?:s|m|d|ll|re|ve)\b)
    | [\wM]+(?:[-'’&][\wM]+)*
    | ([^\w\s])\1*(?-i:[M]*)
    """
_PIECE = re.compile("[^ ]+")
_SHOWN = 40  # characters of a line in a message
_MANY = 3  # units, from which on single characters between spaces are no accident


def characters(line: str) -> list[Place]:
    """Each code point."""
    return [(at, at + 1) for at in range(len(line))]


def spaces(line: str) -> list[Place]:
    """What stands between spaces, for lines that are cut already."""
    return [match.span() for match in _PIECE.finditer(line)]


def words(line: str) -> list[Place]:
    """Words, with punctuation by itself: ``Paris, France.`` has four."""
    return [match.span() for match in _pattern().finditer(line)]


@cache
def _pattern() -> re.Pattern[str]:
    """The rule of ``words``: made once, where it is needed, since it looks at all of Unicode."""
    points = (chr(point) for plane in _PLANES for point in plane)
    signs = "".join(point for point in points if category(point) in _SIGNS)
    return re.compile(_WORD.replace("M", signs + _JOINING), re.VERBOSE | re.IGNORECASE)


NAMED: dict[str, Cut] = {"characters": characters, "spaces": spaces, "words": words}


@dataclass(frozen=True, slots=True)
class CutLine:
    """A line and its units; ``places[i]`` is where unit ``i`` stands in the line."""

    line: str
    places: tuple[Place, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """The units, as the line has them."""
        return tuple(self.line[start:end] for start, end in self.places)

    def sentence(self, identity: str, joiner: str) -> Sentence:
        """The sentence that a backend is asked about."""
        return Sentence(identity, self.units, joiner)


def chosen(name: str | Cut | None, joiner: str) -> Cut:
    """What cuts lines: a function, one by name, or what a task with ``joiner`` is cut by.

    ``package.module:function`` names a function that gives the start and end of each unit.

    Raises:
        ConfigError: for a name that stands for none.
    """
    if name is None:
        return words if joiner else characters
    if callable(name):
        return name
    if name in NAMED:
        return NAMED[name]
    return _imported(name)


def _imported(name: str) -> Cut:
    module, colon, function = name.partition(":")
    if not colon:
        msg = (
            f"no units {name!r}{did_you_mean(name, NAMED)}: choose one of {', '.join(NAMED)}, or "
            "name a function as package.module:function"
        )
        raise ConfigError(msg)
    try:
        found: Any = getattr(import_module(module), function)
    except Exception as error:  # a module of the user may raise anything
        msg = f"units {name!r}: {error}"
        raise ConfigError(msg) from error
    if not callable(found):
        msg = f"units {name!r}: {function} is no function, but {found!r}"
        raise ConfigError(msg)
    by: Cut = found
    return by


def cut(line: str, by: Cut) -> CutLine:
    """``line`` in its units.

    Raises:
        ConfigError: when ``by`` gives no units, or one that is empty, out of the line, or before
            another.
    """
    places = _places(line, by)
    ends = (0, *(end for _, end in places))
    for (start, end), before in zip(places, ends, strict=False):
        if not before <= start < end <= len(line):
            msg = (
                f"units by {_name(by)}: {start} to {end} after {before} in a line of {len(line)} "
                "characters; units must be in order, not empty, and inside the line"
            )
            raise ConfigError(msg)
    return CutLine(line, places)


def _places(line: str, by: Cut) -> tuple[Place, ...]:
    try:
        return tuple((index(start), index(end)) for start, end in by(line))
    except Exception as error:  # a function of the user may do anything
        msg = (
            f"units by {_name(by)}: for the line {line[:_SHOWN]!r}: {type(error).__name__}: "
            f"{error}; it must give the start and end of each unit, as whole numbers"
        )
        raise ConfigError(msg) from error


def _name(by: Cut) -> object:
    return getattr(by, "__name__", by)


def warning(lines: Sequence[CutLine], joiner: str, by: Cut) -> str:
    """What a user should know of how ``lines`` were cut; empty where nothing is odd."""
    if by is characters and not joiner:
        return _spaced(lines)
    return _split(lines) if by is words else ""


def _spaced(lines: Sequence[CutLine]) -> str:
    """A file of units with spaces between them, as training data have it, given as raw text."""
    filled = [one.line for one in lines if one.line.strip()]
    odd = [line for line in filled if _is_spaced(line)]
    if not odd or 2 * len(odd) < len(filled):
        return ""
    return (
        f"{len(odd)} of {len(filled)} lines are single characters with spaces between them, such "
        f"as {odd[0][:20]!r}: the spaces were tagged, too; `--units spaces` leaves them out"
    )


def _is_spaced(line: str) -> bool:
    pieces = line.strip(" ").split(" ")
    return len(pieces) >= _MANY and all(len(piece) == 1 for piece in pieces)


def _split(lines: Sequence[CutLine]) -> str:
    """Words that were cut where no space stands: right for raw text, wrong for cut text."""
    odd = [one for one in lines if len(one.places) != len(one.line.split())]
    if not odd:
        return ""
    piece, parts = _first_split(odd[0])
    return (
        f"{len(odd)} of {len(lines)} lines were cut into words not only at spaces, such as "
        f"{piece!r} into {parts}; `--units spaces` takes the words of a line that is cut already"
    )


def _first_split(one: CutLine) -> tuple[str, str]:
    for match in re.finditer(r"\S+", one.line):
        inside = [(s, e) for s, e in one.places if match.start() <= s and e <= match.end()]
        if inside != [match.span()]:
            return match.group(), " ".join(one.line[s:e] for s, e in inside)
    return one.line, " ".join(one.units)
