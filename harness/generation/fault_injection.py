"""Faults that generators make, planted one by one into a perfect answer.

A fault is named for what was done, which is not always what repair can know of it: a pair left out
reads as a missing unit, and from tags alone a missing label cannot be told from a missing unit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from types import MappingProxyType
from typing import Literal, TypeAlias

from harness.core import Sentence
from harness.generation.formats import Format
from harness.generation.items import Item

Role: TypeAlias = Literal["key", "label"]

_STRANGERS = "鑫曦ЖЯ卍Qz7★é"
_REMARKS = ("好的，", "结果：", "以下是标注", "Sure,", "tags:", "</s>", "###", "。")
_WIDE = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


@dataclass(slots=True)
class Piece:
    """A spelling in a generation: a key (unit, position) or a label (tag, mark)."""

    role: Role
    text: str


Pieces: TypeAlias = list[Piece]


def to_pieces(form: Format, sentence: Sentence, tags: Sequence[str]) -> Pieces:
    """A perfect answer, in pieces."""
    return [Piece(_role(form, item), form.spell(item)) for item in form.items(sentence, tags)]


def _role(form: Format, item: Item) -> Role:
    marks = form.name == "inline" and item.kind == "literal"
    return "label" if marks or item.kind == "tag" else "key"


def join_pieces(form: Format, pieces: Pieces, joiner: str = "") -> str:
    """The text of ``pieces``; with a joiner, inline text keeps it between keys."""
    if form.name != "inline":
        return " ".join(piece.text for piece in pieces)
    parts: list[str] = []
    due = False
    for piece in pieces:
        if due and not piece.text.startswith("</"):
            parts.append(joiner)
            due = False
        parts.append(piece.text)
        due = due or piece.role == "key"
    return "".join(parts)


def _places(pieces: Pieces, role: Role) -> list[int]:
    return [at for at, piece in enumerate(pieces) if piece.role == role]


def _pick(pieces: Pieces, role: Role, rng: Random) -> int:
    """A place of that role."""
    return rng.choice(_places(pieces, role))


def _pair(pieces: Pieces, rng: Random) -> slice:
    """A key with the label after it, if one is there."""
    at = _pick(pieces, "key", rng)
    labelled = at + 1 < len(pieces) and pieces[at + 1].role == "label"
    return slice(at, at + 1 + labelled)


def _missing_label(pieces: Pieces, rng: Random) -> None:
    del pieces[_pick(pieces, "label", rng)]


def _duplicated_label(pieces: Pieces, rng: Random) -> None:
    at = _pick(pieces, "label", rng)
    pieces.insert(at, pieces[at])


def _missing_unit(pieces: Pieces, rng: Random) -> None:
    del pieces[_pick(pieces, "key", rng)]


def _missing_pair(pieces: Pieces, rng: Random) -> None:
    del pieces[_pair(pieces, rng)]


def _duplicated_unit(pieces: Pieces, rng: Random) -> None:
    at = _pick(pieces, "key", rng)
    pieces.insert(at, pieces[at])


def _duplicated_pair(pieces: Pieces, rng: Random) -> None:
    pair = _pair(pieces, rng)
    pieces[pair] = pieces[pair] * 2


def _substituted_unit(pieces: Pieces, rng: Random) -> None:
    pieces[_pick(pieces, "key", rng)] = Piece("key", rng.choice(_STRANGERS))


def _invented_unit(pieces: Pieces, rng: Random) -> None:
    at = _pick(pieces, "key", rng)
    labels = [piece for piece in pieces if piece.role == "label"]
    pieces[at:at] = [Piece("key", rng.choice(_STRANGERS)), *rng.sample(labels, min(1, len(labels)))]


def _unknown_label(pieces: Pieces, rng: Random) -> None:
    at = _pick(pieces, "label", rng)
    text = pieces[at].text
    prefix = "I_" if text.startswith("I_") else "B_"
    inline = "</THING>" if text.startswith("</") else "<THING>"
    pieces[at] = Piece("label", inline if text.startswith("<") else f"{prefix}THING")


def _label_typo(pieces: Pieces, rng: Random) -> None:
    at = _pick(pieces, "label", rng)
    text = pieces[at].text
    ways = [text.lower(), text.replace("_", "-"), text.translate(_WIDE), text.replace("_", " ")]
    if text.startswith("<"):
        ways = [text.lower(), text.replace(">", " >")]
    pieces[at] = Piece("label", rng.choice([way for way in ways if way != text] or [text]))


def _text_before(pieces: Pieces, rng: Random) -> None:
    pieces.insert(0, Piece("key", rng.choice(_REMARKS)))


def _text_after(pieces: Pieces, rng: Random) -> None:
    pieces.append(Piece("key", rng.choice(_REMARKS)))


def _loop(pieces: Pieces, rng: Random) -> None:
    tail = pieces[-rng.randrange(2, 13) // 2 * 2 :]
    pieces.extend(tail * rng.randrange(2, 6))


def _cut_off(pieces: Pieces, rng: Random) -> None:
    del pieces[rng.randrange(len(pieces)) :]


def _empty(pieces: Pieces, _rng: Random) -> None:
    pieces.clear()


def _merged(pieces: Pieces, rng: Random) -> None:
    pair = _pair(pieces, rng)
    pieces[pair] = [Piece("key", "".join(piece.text for piece in pieces[pair]))]


def _invalid_transition(pieces: Pieces, rng: Random) -> None:
    labels = _places(pieces, "label")
    before = {at: pieces[last].text for last, at in pairwise(labels)}
    begins = [at for at in labels if pieces[at].text.startswith("B_")]
    wrong = [at for at in begins if before.get(at, "")[1:] != pieces[at].text[1:]]
    for at in rng.sample(wrong, min(1, len(wrong))):
        pieces[at] = Piece("label", f"I{pieces[at].text[1:]}")


Fault: TypeAlias = Callable[[Pieces, Random], None]

_LABELS: Mapping[str, Fault] = {
    "missing_label": _missing_label,
    "duplicated_label": _duplicated_label,
    "unknown_label": _unknown_label,
    "label_typo": _label_typo,
}
_KEYS: Mapping[str, Fault] = {
    "missing_unit": _missing_unit,
    "duplicated_unit": _duplicated_unit,
    "substituted_unit": _substituted_unit,
}
_INVENTED: Mapping[str, Fault] = {"invented_unit": _invented_unit}
_PLACES: Mapping[str, Fault] = {**_INVENTED, "merged": _merged}
_PAIRS: Mapping[str, Fault] = {"missing_pair": _missing_pair, "duplicated_pair": _duplicated_pair}
_TEXT: Mapping[str, Fault] = {"text_before": _text_before, "text_after": _text_after, "loop": _loop}
_TAGS: Mapping[str, Fault] = {"invalid_transition": _invalid_transition}

UNRECOVERABLE: Mapping[str, Fault] = MappingProxyType({"cut_off": _cut_off, "empty": _empty})
FAULTS: Mapping[str, Fault] = MappingProxyType(
    {**_LABELS, **_KEYS, **_PLACES, **_TEXT, **_TAGS, **_PAIRS, **UNRECOVERABLE}
)


SINGLE: frozenset[str] = frozenset(FAULTS) - frozenset(_PAIRS) - frozenset(UNRECOVERABLE)
"""One thing wrong in one place, and text from which the answer can be told."""


def faults_of(form: Format) -> tuple[str, ...]:
    """The faults that can befall a format; the pieces of ``json`` are keys without labels."""
    parts = {
        "tags": (_LABELS, _TEXT, _TAGS, UNRECOVERABLE),
        "inline": (_LABELS, _KEYS, _TEXT, UNRECOVERABLE),
        "json": (_KEYS, _INVENTED, _TEXT, UNRECOVERABLE),
    }
    return tuple(name for part in parts.get(form.name, (FAULTS,)) for name in part)


def plant(pieces: Pieces, names: Sequence[str], rng: Random) -> Pieces:
    """``pieces`` with one fault of each name, in order; one that finds no place is left out."""
    planted = [Piece(piece.role, piece.text) for piece in pieces]
    for name in names:
        needed: set[Role] = {"label"} if name in {**_LABELS, **_TAGS} else set()
        needed |= {"key"} if name in {**_KEYS, **_PLACES, **_PAIRS} else set()
        if planted and needed <= {piece.role for piece in planted}:
            FAULTS[name](planted, rng)
    return planted
