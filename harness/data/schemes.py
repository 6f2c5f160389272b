"""How files spell tags, converted once into spans; a spelling without a meaning is an error.

BIO, BIOES, BMES and BILOU; ``B_PER`` or ``B-PER``. The label is all that follows the separator
after the one letter, so ``B-creative-work``, ``I_PER.NOM`` and ``B_A-B`` keep theirs. Letters are
capitals: a lower-case ``b-PER`` is not guessed at.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from harness.core import Span
from harness.tags import OUTSIDE, Policy, decode

Scheme: TypeAlias = Literal["BIO", "BIOES", "BMES", "BILOU"]

LETTERS: dict[Scheme, frozenset[str]] = {
    "BIO": frozenset("BI"),
    "BIOES": frozenset("BIES"),
    "BMES": frozenset("BMES"),
    "BILOU": frozenset("BILU"),
}
# How each writes the first, a middle and the last unit of an entity, and the only one.
_ENTITY: dict[Scheme, tuple[str, str, str, str]] = {
    "BIO": ("B", "I", "I", "B"),
    "BIOES": ("B", "I", "E", "S"),
    "BMES": ("B", "M", "E", "S"),
    "BILOU": ("B", "I", "L", "U"),
}
SEPARATORS = "_-"
BEGINS = frozenset("BSU")
ENDS = frozenset("ESLU")


@dataclass(frozen=True, slots=True)
class Spelling:
    """The scheme of a file and what stands between letter and label."""

    scheme: Scheme
    separator: str

    def __str__(self) -> str:
        return f"{self.scheme}, B{self.separator}X"


@dataclass(frozen=True, slots=True)
class ParsedGold:
    """The spans of a sentence, and the indices of the tags that may not stand where they do."""

    spans: tuple[Span, ...]
    malformed: tuple[int, ...] = ()


@lru_cache(maxsize=4096)
def parse(tag: str) -> tuple[str, str]:
    """The letter and the label of a tag as a file spells it; the label of ``O`` is empty.

    Raises:
        ValueError: for anything that no scheme spells.
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    letter, separator, label = tag[:1], tag[1:2], tag[2:]
    if letter.upper() not in set("BIMESLU") or not separator or separator not in SEPARATORS:
        msg = f"{tag!r} is not a tag: expected O, B-X, I-X (or B_X, I_X), or those of BIOES or BMES"
        raise ValueError(msg)
    if letter.islower():
        msg = f"{tag!r} begins with a lower-case letter; write {letter.upper() + tag[1:]!r}"
        raise ValueError(msg)
    if not label:
        msg = f"{tag!r} has no label"
        raise ValueError(msg)
    return letter, label


def detect(tags: Iterable[str]) -> Spelling:
    """The spelling that the distinct ``tags`` of a file share.

    Raises:
        ValueError: for a mixture of schemes or separators.
    """
    entities = sorted(set(tags) - {OUTSIDE})
    letters = {parse(tag)[0] for tag in entities}
    separators = {tag[1] for tag in entities} or {"-"}
    if len(separators) > 1:
        pair = [next(tag for tag in entities if tag[1] == mark) for mark in sorted(separators)]
        msg = f"one file writes tags in two ways: {pair[0]!r} and {pair[1]!r}"
        raise ValueError(msg)
    for scheme, allowed in LETTERS.items():
        if letters <= allowed:
            return Spelling(scheme, separators.pop())
    msg = f"the letters {', '.join(sorted(letters))} belong to none of {', '.join(LETTERS)}"
    raise ValueError(msg)


def read(tags: Sequence[str], scheme: Scheme, policy: Policy) -> ParsedGold:
    """The spans that ``tags``, of a spelling already checked, mean under ``policy``.

    In schemes with an end, E, L, S and U end an entity. One that goes on after its end is an
    orphan, which the policy reads as it reads any other; one that never ends stops where the tags
    stop, and counts as malformed.
    """
    if all(tag == OUTSIDE for tag in tags):
        return ParsedGold(())
    letters = [parse(tag) for tag in tags]
    malformed = tuple(dict.fromkeys(_malformed(letters, closes=scheme != "BIO")))  # each tag once
    return ParsedGold(decode(tuple(_bio(letters, policy)), policy), malformed)


def written(spans: Sequence[Span], length: int, spelling: Spelling) -> list[str]:
    """The tags of ``length`` units that ``spelling`` has for ``spans``, which do not overlap."""
    begin, inside, end, single = _ENTITY[spelling.scheme]
    tags = [OUTSIDE] * length
    for span in spans:
        size = span.end - span.start
        letters = single if size == 1 else begin + inside * (size - 2) + end
        tags[span.start : span.end] = [f"{one}{spelling.separator}{span.label}" for one in letters]
    return tags


def _malformed(letters: Sequence[tuple[str, str]], *, closes: bool) -> Iterator[int]:
    """The indices of tags that may not follow the one before, or may not be the last one."""
    open_label = ""
    for index, (letter, label) in enumerate(letters):
        goes_on = letter not in BEGINS and letter != OUTSIDE
        if (goes_on and label != open_label) or (closes and open_label and not goes_on):
            yield index
        open_label = "" if letter in ENDS else label
    if closes and open_label:
        yield len(letters) - 1


def _bio(letters: Sequence[tuple[str, str]], policy: Policy) -> Iterator[str]:
    """BIO tags that the policy reads as it would read ``letters``.

    Only one thing cannot be said in BIO by the letter alone: a tag that goes on after an end of
    its own label. It begins an entity where orphans do, else it is none.
    """
    ended = ""
    for letter, label in letters:
        if letter == OUTSIDE:
            yield OUTSIDE
        elif letter in BEGINS:
            yield f"B-{label}"
        elif label != ended:
            yield f"I-{label}"
        else:
            yield f"B-{label}" if policy == "conlleval" else OUTSIDE
        ended = label if letter in ENDS else ""
