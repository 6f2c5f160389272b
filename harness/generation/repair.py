"""Any text becomes exactly one legal tag per unit, always the same, and every repair has a name.

A well-formed text is taken as it is. Others are aligned with what should have been written
(``harness.generation.align``); a unit without a tag gets one only where its neighbours leave no
doubt. Without units to hold on to (format ``tags``) tags are taken in order, and length is repaired
at the end.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from harness.core import Decoded, Sentence, Text
from harness.generation.align import NO_READING, Alignment, align
from harness.generation.fates import PREDICTED, REPAIRED, UNANSWERED, changed
from harness.generation.formats import (
    CHAR_TAG,
    FORMATS,
    INDEXED,
    format_named,
    require_reading,
)
from harness.generation.lexing import (
    CHARACTER,
    NEAR,
    NORMALISED,
    NUMBER,
    UNKNOWN,
    WHOLE,
    KeyIds,
    LexedText,
    fold_tag,
    lexicon,
    read,
)
from harness.generation.repair_inline import repair_inline
from harness.generation.repair_json import repair_json
from harness.generation.repair_kinds import Repaired, count_missing, count_superfluous, unreadable
from harness.tags import OUTSIDE, may_follow, split

# What a run records as the rule its answers were repaired by. ``tests/repair_corpus.py`` holds what
# this version answers: a change of any answer needs another version, or a test fails.
POLICY = "align-bridge 2"
BEGIN, INSIDE = "B-", "I-"  # a tag whose label does not exist
HALF_KNOWN = frozenset({BEGIN, INSIDE})
BELIEVED = 3  # units in a row for which others stand, whose tags may still count
BRIDGE = 2  # units to the next tag over which a gap in an entity is closed


def repair(text: Text, sentence: Sentence, tags: tuple[str, ...]) -> Decoded:
    """One legal tag per unit of ``sentence``, out of the tag set ``tags``, for any text at all.

    Of entities (``json``) a label that ``tags`` do not have stays as it is, a wrong answer, and is
    counted as ``unknown_label``.

    Raises:
        ConfigError: for a format that does not exist.
    """
    form = format_named(text.format)
    raw = form.parse(text.text, sentence, tags)
    if raw is not None:
        if text.format not in FORMATS:
            require_reading(text.format, raw, sentence, tags)
        legal, invalid = legalise(raw)
        fates = changed(PREDICTED * len(raw), raw, legal) if invalid else ""
        return Decoded(legal, _counted(invalid), text.text, raw, fates)
    found, counts, fates = _repaired(form.name, text.text, sentence, tags)
    legal, invalid = legalise(bridge_gaps(found))
    counts["invalid_transition"] += invalid
    nothing = (OUTSIDE,) * len(sentence)
    return Decoded(legal, dict(+counts), text.text, nothing, changed(fates, found, legal))


def _counted(invalid: int) -> dict[str, int]:
    return {"invalid_transition": invalid} if invalid else {}


def _repaired(form: str, text: str, sentence: Sentence, tags: tuple[str, ...]) -> Repaired:
    """What a malformed text gives."""
    if not sentence.units:
        return Repaired((), Counter(text_after=1), "")
    if not text.strip():
        return unreadable(len(sentence), "empty")
    if form not in _REPAIRERS:  # of a distribution: nothing is known of what it looks like
        return unreadable(len(sentence), "unrecoverable")
    return _REPAIRERS[form](text, sentence, tags)


def legalise(tags: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """``tags`` with each I- that is illegal in its place as B-, and how many those were."""
    legal: list[str] = []
    previous, invalid = OUTSIDE, 0
    for tag in tags:
        fits = may_follow(previous, tag)
        previous = tag if fits else f"B-{split(tag)[1]}"
        invalid += not fits
        legal.append(previous)
    return tuple(legal), invalid


def bridge_gaps(found: Sequence[str | None]) -> list[str]:
    """``found`` with its gaps filled.

    A gap inside an entity goes on with it: the tag before is of its type, and an I- of that type
    stands at most ``BRIDGE`` units further. Right before an I- that nothing else can begin, a gap
    is its B-. All others are O. Of a label that does not exist the prefix still counts: an inner
    one goes on with the entity before it, a beginning one begins what follows.
    """
    filled: list[str] = []
    for at, tag in enumerate(found):
        if tag is None or tag in HALF_KNOWN:
            before = filled[-1] if filled else OUTSIDE
            filled.append(_filler(before, found[at : at + BRIDGE + 1]))
        else:
            filled.append(tag)
    return filled


def _filler(before: str, rest: Sequence[str | None]) -> str:
    """The tag for the gap that ``rest`` begins with."""
    if rest[0] == INSIDE and before != OUTSIDE:
        return f"I-{split(before)[1]}"
    distance, following = next(
        ((at, tag) for at, tag in enumerate(rest) if tag and tag not in HALF_KNOWN), (0, OUTSIDE)
    )
    prefix, label = split(following)
    if prefix != "I":
        return OUTSIDE
    if may_follow(before, following) and rest[0] != BEGIN:
        return following
    return f"B-{label}" if distance == 1 else OUTSIDE


def _repair_tags(text: str, sentence: Sentence, tags: tuple[str, ...]) -> Repaired:
    """Tags by count: there is nothing to align."""
    reading = read(text, (), lexicon(tags, WHOLE), len(sentence))
    places = [at for at, cost in enumerate(reading.costs) if cost < NO_READING]
    if not places:
        return unreadable(len(sentence), "unrecoverable")
    counts = count_superfluous(reading.words, [False] * len(reading.words), places)
    surplus = len(places) - len(sentence)
    counts.update(missing_label=max(0, -surplus), duplicated_label=max(0, surplus))
    used = places[: len(sentence)]
    counts.update(_count_tag_repairs(reading, used))
    counts.update(merged=reading.merged, overflow=reading.overflow)
    counts["text_before"] |= reading.before
    found = [_tag(reading, at, tags) for at in used]
    fates = "".join(PREDICTED if _is_exact(reading, at) else REPAIRED for at in used)
    short = max(0, -surplus)
    return Repaired([*found, *[OUTSIDE] * short], counts, fates + UNANSWERED * short)


def _repair_char_tag(text: str, sentence: Sentence, tags: tuple[str, ...]) -> Repaired:
    """Units with tags; without a joiner, units that lost their space are told apart."""
    keys = CHAR_TAG.key_words(sentence)
    return _repair_keyed(text, keys, tags, WHOLE if sentence.joiner else CHARACTER)


def _repair_indexed(text: str, sentence: Sentence, tags: tuple[str, ...]) -> Repaired:
    """Indices with tags: the indices are what is aligned."""
    return _repair_keyed(text, INDEXED.key_words(sentence), tags, NUMBER)


def _repair_keyed(text: str, keys: list[str], tags: tuple[str, ...], looks: str) -> Repaired:
    """Keys with tags, aligned."""
    reading = read(text, keys, lexicon(tags, looks), len(keys))
    vocabulary = KeyIds.of(keys)
    slots, items = vocabulary.slots(keys, tagged=True), vocabulary.items(reading)
    alignment = align(slots, items)
    if alignment is None:
        return unreadable(len(keys), "unrecoverable")
    units, places = alignment.items[0::2].tolist(), alignment.items[1::2].tolist()
    replaced = {slot // 2 for slot in alignment.replaced(slots, items)}
    if len(replaced) == len(alignment.matched):  # nothing but chance
        return unreadable(len(keys), "unrecoverable")
    found = [None if place < 0 else _tag(reading, place, tags) for place in places]
    for at in _doubtful(units, replaced):
        found[at] = None
    return Repaired(
        found, _count_repairs(reading, keys, alignment), _fates(reading, keys, alignment)
    )


def _fates(reading: LexedText, keys: Sequence[str], alignment: Alignment) -> str:
    """What became of each unit, given by its key, and its tag."""
    units, places = alignment.items[0::2].tolist(), alignment.items[1::2].tolist()
    return "".join(
        UNANSWERED if place < 0
        else PREDICTED if item >= 0 and reading.words[item] == key and _is_exact(reading, place)
        else REPAIRED
        for key, item, place in zip(keys, units, places, strict=True)
    )  # fmt: skip


def _is_exact(reading: LexedText, item: int) -> bool:
    """Whether a tag of the tag set is written as it is spelled."""
    return reading.tags[item] >= 0 and reading.costs[item] == 0


def _count_repairs(reading: LexedText, keys: Sequence[str], alignment: Alignment) -> Counter[str]:
    """All that is wrong with an aligned text of keys and tags."""
    units, places = alignment.items[0::2].tolist(), alignment.items[1::2].tolist()
    is_tag = [cost < NO_READING for cost in reading.costs]
    counts = count_missing(units, places)
    counts.update(count_superfluous(reading.words, is_tag, alignment.matched))
    counts.update(_count_tag_repairs(reading, [place for place in places if place >= 0]))
    pairs = [(key, item) for key, item in zip(keys, units, strict=True) if item >= 0]
    inexact = sum(reading.words[item] != key for key, item in pairs)
    counts.update(substituted_unit=inexact, merged=reading.merged, overflow=reading.overflow)
    counts.update(loop=reading.loop)
    counts["text_before"] |= reading.before
    return counts


def _doubtful(units: Sequence[int], replaced: set[int]) -> set[int]:
    """The replaced units whose tags do not count."""
    doubtful: set[int] = set()
    for at in replaced:
        if at - 1 in replaced:
            continue
        stop = next(end for end in range(at, len(units) + 1) if end not in replaced)
        if not _believed(units, at, stop):
            doubtful.update(range(at, stop))
    return doubtful


def _believed(units: Sequence[int], at: int, stop: int) -> bool:
    """Whether the tags of replaced units count: one between found ones, or a few without a gap.

    Where a model wandered off, unit after unit can be taken for another by chance.
    """
    around = [*units[max(0, at - 1) : at], *units[stop : stop + 1]]
    if any(item < 0 for item in around):
        return False
    size = stop - at
    without_gap = len(around) == 2 and around[1] - around[0] == 2 * (size + 1)
    return size == 1 or (size <= BELIEVED and without_gap)


def _count_tag_repairs(reading: LexedText, used: Sequence[int]) -> Counter[str]:
    """The tags that had to be read with good will."""
    costs = [reading.costs[at] for at in used]
    typos = costs.count(NORMALISED) + costs.count(NEAR)
    return Counter(label_typo=typos, unknown_label=costs.count(UNKNOWN))


def _tag(reading: LexedText, item: int, tags: Sequence[str]) -> str | None:
    """The tag that an item means, or what its prefix alone tells, or None."""
    tag = reading.tags[item]
    if tag >= 0:
        return tags[tag]
    return _PREFIXES.get(fold_tag(reading.words[item])[:2])


_PREFIXES: Mapping[str, str] = MappingProxyType({"b_": BEGIN, "i_": INSIDE})

_REPAIRERS: Mapping[str, Callable[[str, Sentence, tuple[str, ...]], Repaired]] = MappingProxyType(
    {
        "tags": _repair_tags,
        "char-tag": _repair_char_tag,
        "indexed": _repair_indexed,
        "inline": repair_inline,
        "json": repair_json,
    }
)
