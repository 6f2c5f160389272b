"""What each word that a generator wrote can mean: all readings are kept, and alignment decides.

``O`` is a tag and a Latin letter, ``B_PER`` may be a word of the sentence. So a word is read as a
key (the unit or its index before a tag), as a tag (exactly, or at the cost of how far its spelling
is off), or both; words that lost the space between them are taken apart. Costs are those of
``harness.generation.align``.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from harness.generation.align import NO_READING, Items, Slots
from harness.generation.formats import spellings
from harness.generation.repetition import length_without_repetition
from harness.tags import OUTSIDE, split

# b-per and B PER; B_PERR; B_XYZ. All less than the 0.35 of a tag taken from far away: at more than
# that, an unknown label would be passed over for one out of a loop that follows.
NORMALISED, NEAR, UNKNOWN = 4, 5, 6
NO_TAG = -1  # the id of a tag out of the tag set
WILD = frozenset({"<unk>", "<UNK>", "[UNK]", "\ufffd"})
LEAST = 3  # letters of a label that one edit leaves it recognisable: of T, any letter is one
CAP, CAP_EXTRA = 4, 64  # at most 4 items a key, and 64
CHARACTER, NUMBER, WHOLE = ".", r"[0-9]+", "(?!)"  # what a key looks like, for taking words apart

_TAG_SHAPED = re.compile(r"[bi]_[\w.\-]*")
_LOOSE_TAG = r"[BIbiＢＩ][-_－＿][A-Za-z]+"
_WRAPPING = "<>()[]{}\"'「」,，.。:：;；*`"
_HEADS = frozenset("BIbiＢＩ")


@lru_cache(maxsize=1 << 14)
def fold(text: str) -> str:
    """What the spellings of one unit have in common: compatibility form, no case."""
    return unicodedata.normalize("NFKC", text).casefold()


def fold_tag(text: str) -> str:
    """What the spellings of one tag have in common: hyphen and space as ``_``, no brackets."""
    folded = fold(text)
    return (folded.strip(_WRAPPING) or folded).replace("-", "_").replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The spellings of a tag set: exact, folded, all at one edit (the longest too); labels.

    At one edit are those of labels of at least ``LEAST`` letters: a foreign short one stays one.
    ``ending`` splits an exact tag off a word, ``atoms`` cuts a word into tags and keys.
    """

    exact: Mapping[str, int]
    folded: Mapping[str, int]
    near: Mapping[str, frozenset[int]]
    longest: int
    labels: frozenset[str]
    ending: re.Pattern[str]
    atoms: re.Pattern[str]

    def spelled(self, word: str) -> tuple[int, int]:
        """The id of the tag that ``word`` spells, in its way, and the cost of reading it so."""
        if word in self.exact:
            return self.exact[word], 0
        tag = self.folded.get(fold_tag(word), NO_TAG)
        return tag, NO_READING if tag == NO_TAG else NORMALISED

    def tag(self, word: str) -> tuple[int, int]:
        """The same for a word that may also be a tag with an edit, or one out of the tag set."""
        tag, cost = self.spelled(word)
        if tag != NO_TAG:
            return tag, cost
        folded = fold_tag(word)
        edits = _edits(folded) if len(folded) <= self.longest else set()
        meant = frozenset[int]().union(*(self.near.get(key, ()) for key in edits))
        if len(meant) == 1:
            return next(iter(meant)), NEAR
        return NO_TAG, UNKNOWN if meant or _TAG_SHAPED.fullmatch(folded) else NO_READING


@lru_cache(maxsize=64)
def lexicon(tags: tuple[str, ...], key: str) -> Lexicon:
    """How the tags of a tag set may be spelled, between keys that look like ``key``."""
    exact = {spelling: tags.index(tag) for spelling, tag in spellings(tags).items()}
    folds = [fold_tag(spelling) for spelling in exact]
    pairs = zip(folds, exact.values(), strict=True)
    folded = {text: tag for text, tag in pairs if folds.count(text) == 1}
    near: dict[str, frozenset[int]] = {}
    long = {text: tag for text, tag in folded.items() if len(split(tags[tag])[1]) >= LEAST}
    for text, tag in long.items():
        for edit in _edits(text):
            near[edit] = near.get(edit, frozenset()) | {tag}
    labels = frozenset(fold_tag(split(tag)[1]) for tag in tags if tag != OUTSIDE)
    known = "|".join(map(re.escape, sorted(exact, key=len, reverse=True)))
    ending = re.compile(rf"(.+?)({known})", re.DOTALL)
    atoms = re.compile(f"{known}|{_LOOSE_TAG}|{key}", re.DOTALL)
    longest = max(map(len, folds)) + 1
    return Lexicon(exact, folded, near, longest, labels, ending, atoms)


def _edits(text: str) -> set[str]:
    """Keys of which two words of at least 3 letters share one if one edit at most is between them.

    A key marks a place: with its letter taken out, or between two letters.
    """
    if len(text) < 3:
        return set()
    letters = {f"{text[:at]}\0{text[at + 1 :]}" for at in range(len(text))}
    return letters | {f"{text[:at]}\0{text[at:]}" for at in range(len(text) + 1)}


@dataclass(frozen=True, slots=True)
class LexedText:
    """The words of a text with their readings.

    ``merged`` words had to be taken apart; 1 in ``before``, ``loop`` and ``overflow`` says that
    words before these, or a loop or just more after them, were left out.
    """

    words: tuple[str, ...]
    tags: tuple[int, ...]
    costs: tuple[int, ...]
    merged: int = 0
    before: int = 0
    overflow: int = 0
    loop: int = 0

    def is_tag(self, item: int) -> bool:
        """Whether the word reads as a tag at all."""
        return self.costs[item] < NO_READING


def plain_reading(points: Sequence[str], cap: int) -> LexedText:
    """The first ``cap`` code points as words that are no tags."""
    words = tuple(points[:cap])
    size = len(words)
    return LexedText(
        words, (NO_TAG,) * size, (NO_READING,) * size, overflow=int(len(points) > size)
    )


def read(text: str, keys: Sequence[str], lexicon: Lexicon, size: int) -> LexedText:
    """The words of ``text``, for a sentence of ``size`` units whose keys are ``keys``."""
    known = frozenset(keys)
    words: list[str] = []
    apart: dict[str, tuple[str, ...]] = {}
    merged = 0
    for word in _rejoin(text.split(), known, lexicon):
        if word in known or word in lexicon.exact:
            words.append(word)
            continue
        if word not in apart:
            apart[word] = _take_apart(word, known, lexicon)
        words.extend(apart[word])
        merged += len(apart[word]) > 1 and _was_meant(apart[word], known, lexicon)
    spelled = (at for at, word in enumerate(words) if lexicon.spelled(word)[1] < NO_READING)
    useless = max(0, next(spelled, 0) - size)  # before any tag there is no use for more than units
    end = length_without_repetition(words, keys, lexicon.exact)
    kept = tuple(words[useless : min(end, useless + CAP * size + CAP_EXTRA)])
    meant = {
        word: lexicon.spelled(word) if word in known else lexicon.tag(word) for word in set(kept)
    }
    tags, costs = zip(*(meant[word] for word in kept), strict=True) if kept else ((), ())
    left_out = int(useless > 0), int(end - useless > len(kept)), int(end < len(words))
    return LexedText(kept, tags, costs, merged, *left_out)


def _rejoin(words: list[str], known: frozenset[str], lexicon: Lexicon) -> Iterator[str]:
    """``words``, with ``B PER`` as the one word that it was meant to be."""
    if _HEADS.isdisjoint(words):
        yield from words
        return
    skip = False
    for word, following in zip(words, [*words[1:], ""], strict=True):
        joins = word in _HEADS and following not in known and fold_tag(following) in lexicon.labels
        if not skip:
            yield f"{word} {following}" if joins else word
        skip = joins and not skip


def _take_apart(word: str, known: frozenset[str], lexicon: Lexicon) -> tuple[str, ...]:
    """The words that were written as one ``word``, or that word itself."""
    if lexicon.spelled(word)[1] < NO_READING or word in WILD:
        return (word,)
    ending = lexicon.ending.fullmatch(word)
    if ending and (ending[1] in known or ending[1] in lexicon.exact):
        return ending[1], ending[2]
    atoms = tuple(lexicon.atoms.findall(word))
    if "".join(atoms) != word:  # a word, not characters: only an unmistakable tag is split off
        return (ending[1], ending[2]) if ending and len(ending[2]) > 1 else (word,)
    if all(atom in known or atom in lexicon.exact for atom in atoms):
        return atoms
    return (word,) if lexicon.tag(word)[1] < NO_READING else atoms


def _was_meant(words: Sequence[str], known: frozenset[str], lexicon: Lexicon) -> bool:
    """Whether ``words`` should have stood there with spaces, and are not letters of a remark."""
    return all(word in known or word in lexicon.exact for word in words) or any(
        len(word) > 1 and word in lexicon.exact for word in words
    )


@dataclass(frozen=True, slots=True)
class KeyIds:
    """Ids of the distinct keys of a sentence and of what is left of them when folded."""

    units: Mapping[str, int]
    folded: Mapping[str, int]

    @classmethod
    def of(cls, keys: Sequence[str]) -> "KeyIds":
        """Ids in order of appearance."""
        units: dict[str, int] = {}
        folded: dict[str, int] = {}
        for key in keys:
            units.setdefault(key, len(units))
            folded.setdefault(fold(key), len(folded))
        return cls(units, folded)

    def slots(self, keys: Sequence[str], *, tagged: bool) -> Slots:
        """A slot for each key and, where ``tagged``, one for the tag after it."""
        units = [self.units[key] for key in keys]
        folded = [self.folded[fold(key)] for key in keys]
        if not tagged:
            return Slots(units, folded)
        return Slots(
            [each for unit in units for each in (unit, -1)],
            [each for unit in folded for each in (unit, -1)],
        )

    def items(self, reading: LexedText) -> Items:
        """The readings as arrays: an exact tag never stands for another unit."""
        distinct = {
            word: (self.units.get(word, -1), self.folded.get(fold(word), -1))
            for word in set(reading.words)
        }
        ids = np.array([distinct[word] for word in reading.words], np.int32).reshape(-1, 2)
        costs = np.array(reading.costs, np.int32)
        is_key = ids[:, 0] >= 0
        plain = is_key | (costs > 0)
        wild = np.array([word in WILD for word in reading.words], np.bool_) & ~is_key
        folded = np.where(plain, ids[:, 1], -1).astype(np.int32)
        return Items(ids[:, 0].copy(), folded, costs == NO_READING, wild, costs)
