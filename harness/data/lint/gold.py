"""Gold that contradicts itself: each check compares an entity with the others of the corpus.

None knows what is right: it shows the few that are not as the many are.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from harness.core import Sentence, Span
from harness.data import nesting, schemes
from harness.data.examples import LocatedExample
from harness.data.lint.finding import Finding, examples, in_gold, many
from harness.data.task import Draft
from harness.tags import OUTSIDE

OFTEN = 5  # how often something is so before the exception is worth a look
RARE = 0.1  # of all, that an exception may be
LONGEST = 12  # units of a surface that is looked for where it is not labelled
_BUCKETS = 1 << 22
FAR = 50  # units of an entity that hardly is one
_MARKS = frozenset("，。、；：,;:")  # not ! and ?, which end many names
_BRACKETS = {
    "(": ")",
    "（": "）",
    "[": "]",
    "【": "】",
    "《": "》",
    "「": "」",
    "『": "』",
    "“": "”",
}


def adjacent_without_b(draft: Draft) -> Iterator[Finding]:
    """A file that writes no B where an entity follows another at once."""
    for name, items in draft.items.items():
        letters: Counter[str] = Counter()
        first: tuple[LocatedExample, int] | None = None
        for item in items:
            for position, letter in _adjacent(item):
                letters[letter] += 1
                first = first or ((item, position) if letter != "B" else None)
        if first:
            item, position = first
            tags = item.record.tags or ()
            message = (
                f"{letters.total() - letters['B']:,} of {letters.total():,} entities right after "
                f"another begin without B in {name}, here {tags[position]} after "
                f"{tags[position - 1]}"
            )
            yield in_gold(item, message, position)


def _adjacent(item: LocatedExample) -> Iterator[tuple[int, str]]:
    """Where an entity follows another at once, and the letter that it begins with."""
    tags = item.record.tags or ()
    for position in range(1, len(tags)):
        if OUTSIDE in (tags[position], tags[position - 1]):
            continue
        (_, before), (letter, label) = map(schemes.parse, tags[position - 1 : position + 1])
        if letter in schemes.BEGINS:
            yield position, "B"
        elif label != before:
            yield position, letter


def contradictory_labels(draft: Draft) -> Iterator[Finding]:
    """A name that nearly always has one label, and another one here."""
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, span in _entities(draft):
        labels[item.example.sentence.mention(span)][span.label] += 1
    usual = {name: _usual(counts) for name, counts in labels.items()}
    for item, span in _entities(draft):
        name = item.example.sentence.mention(span)
        if usual[name] and span.label != usual[name]:
            times = labels[name][usual[name]]
            message = f"{name!r} is {span.label} here and {usual[name]} {times} times elsewhere"
            yield in_gold(item, message, span.start)


def _usual(counts: Counter[str]) -> str:
    """What nearly all are; empty where nothing is."""
    if not counts:
        return ""
    (value, times), *_ = counts.most_common(1)
    others = counts.total() - times
    return value if times >= OFTEN and others <= RARE * times else ""


def unlabelled(draft: Draft) -> Iterator[Finding]:
    """A name that nearly always is an entity, and none here."""
    labelled: Counter[tuple[str, ...]] = Counter()
    label: dict[tuple[str, ...], str] = {}
    for item, span in _entities(draft):
        surface = item.example.sentence.units[span.start : span.end]
        labelled[surface] += 1
        label.setdefault(surface, span.label)
    joiner = draft.file.joiner
    often = {
        s: n
        for s, n in labelled.items()
        if n >= OFTEN and len(s) + len(joiner) >= 2 and len(s) <= LONGEST
    }
    for bare in _rarely_bare(draft, often):
        message = (
            f"{joiner.join(bare.surface)!r} is no entity here, and {label[bare.surface]} "
            f"{often[bare.surface]} times elsewhere"
        )
        yield in_gold(draft.items[bare.split][bare.place], message, bare.position)


@dataclass(frozen=True, slots=True, order=True)
class _Bare:
    """The place of a name that is no entity there: its number, split, sentence and first unit."""

    number: int
    split: str
    place: int
    position: int
    surface: tuple[str, ...]


def _rarely_bare(draft: Draft, often: Mapping[tuple[str, ...], int]) -> list[_Bare]:
    """The places, in order, of those that are no entity in few of theirs."""
    times: Counter[tuple[str, ...]] = Counter()
    places: dict[tuple[str, ...], list[_Bare]] = {}
    for bare in _bare(draft, often):
        surface = bare.surface
        times[surface] += 1
        if times[surface] <= RARE * often[surface]:
            places.setdefault(surface, []).append(bare)
        else:
            places.pop(surface, None)
    return sorted(chain.from_iterable(places.values()))


def _bare(draft: Draft, surfaces: Mapping[tuple[str, ...], int]) -> Iterator[_Bare]:
    """Where one of ``surfaces`` stands with no entity in it, the longest at each place."""
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for surface in surfaces:
        lengths[surface[0]].add(len(surface))
    number = count()
    for split, items in draft.items.items():
        for place, item in enumerate(items):
            for position, surface in _uncovered(item, surfaces, lengths):
                yield _Bare(next(number), split, place, position, surface)


def _uncovered(
    item: LocatedExample, surfaces: Mapping[tuple[str, ...], int], lengths: Mapping[str, set[int]]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The places of ``surfaces`` in one sentence; ``lengths`` are theirs, by the first unit."""
    units, covered = item.example.sentence.units, _covered(item)
    position = 0
    while position < len(units):
        for length in sorted(lengths.get(units[position], ()), reverse=True):
            surface = units[position : position + length]
            if surface in surfaces and covered.isdisjoint(range(position, position + length)):
                yield position, surface
                position += length - 1
                break
        position += 1


def _covered(item: LocatedExample) -> set[int]:
    return {at for span in item.example.spans for at in range(span.start, span.end)}


def off_by_one(draft: Draft) -> Iterator[Finding]:
    """An entity that ends or begins a unit beside where the same text nearly always does."""
    often = _often((text, span.label) for item, span in _entities(draft)
                   for text, _ in _readings(item.example.sentence, span))  # fmt: skip
    ends: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for item, span in _entities(draft):
        for text, how in _readings(item.example.sentence, span):
            if often((text, span.label)):
                ends[text, span.label][how] += 1
    usual = {key: _usual(counts) for key, counts in ends.items()}
    for item, span in _entities(draft):
        for text, how in _readings(item.example.sentence, span):
            wanted = usual.get((text, span.label))
            if wanted and how != wanted:
                times = ends[text, span.label][wanted]
                message = (
                    f"of {text!r} {how} is the entity here ({span.label}), {wanted} "
                    f"{times} times elsewhere"
                )
                yield in_gold(item, message, span.start)


def _readings(sentence: Sentence, span: Span) -> Iterator[tuple[str, str]]:
    """The text of ``span``, and that with the unit before or after it: how much is the entity."""
    units, text = sentence.units, sentence.joiner.join
    yield text(units[span.start : span.end]), "all"
    if span.end < len(units):
        yield text(units[span.start : span.end + 1]), "all but the end"
    if span.start:
        yield text(units[span.start - 1 : span.end]), "all but the beginning"


def _often(keys: Iterable[Hashable]) -> Callable[[Hashable], bool]:
    """Whether a key may be there ``OFTEN`` times: never False for one that is.

    Most readings are there once, and are counted by their hashes alone, so that none is kept.
    """
    counts = bytearray(_BUCKETS)
    for key in keys:
        bucket = hash(key) % _BUCKETS
        if counts[bucket] < OFTEN:
            counts[bucket] += 1
    return lambda key: counts[hash(key) % _BUCKETS] >= OFTEN


def blank_edges(draft: Draft) -> Iterator[Finding]:
    """Entities that begin or end with white space."""
    for item, span in _entities(draft):
        if item.example.sentence.mention(span) != item.example.sentence.mention(span).strip():
            yield _mention(item, span)


def marks_at_edges(draft: Draft) -> Iterator[Finding]:
    """Entities that begin or end with a comma or the like."""
    for item, span in _entities(draft):
        units = item.example.sentence.units[span.start : span.end]
        if len(units) > 1 and not _MARKS.isdisjoint((units[0], units[-1])):
            yield _mention(item, span)


def half_brackets(draft: Draft) -> Iterator[Finding]:
    """Entities with one of a pair of brackets, where the other stands right beside them."""
    for item, span in _entities(draft):
        units = item.example.sentence.units
        inside = units[span.start : span.end]
        before = units[span.start - 1] if span.start else ""
        after = units[span.end] if span.end < len(units) else ""
        for left, right in _BRACKETS.items():
            opened, closed = inside.count(left), inside.count(right)
            if (opened > closed and after == right) or (closed > opened and before == left):
                yield _mention(item, span)


def long_entities(draft: Draft) -> Iterator[Finding]:
    """Entities that are longer than entities are."""
    for item, span in _entities(draft):
        if len(span) > FAR:
            yield in_gold(item, f"{span.label} of {len(span)} units", span.start)


def no_entities(draft: Draft) -> Iterator[Finding]:
    """Splits without any gold; of labels that the task does not name, its error tells."""
    if any(problem.code == "unknown-label" for problem in draft.problems):
        return
    for name, items in draft.items.items():
        if items and not any(item.example.spans for item in items):
            yield in_gold(items[0], f"no entity in the {many(len(items), 'sentence')} of {name}")


def nothing_nested(draft: Draft) -> Iterator[Finding]:
    """A task with nested gold that a flat one could be."""
    if not draft.file.nested:
        return
    found = (item for item in examples(draft) if item.example.spans)
    first = next(found, None)
    if first and not any(map(_overlaps, chain((first,), found))):
        yield in_gold(first, f"none of the entities of {draft.file.name} overlap")


def _overlaps(item: LocatedExample) -> bool:
    return nesting.undecided(item.example.spans, "error") is not None


def _mention(item: LocatedExample, span: Span) -> Finding:
    return in_gold(item, f"{span.label} {item.example.sentence.mention(span)!r}", span.start)


def _entities(draft: Draft) -> Iterator[tuple[LocatedExample, Span]]:
    for item in examples(draft):
        for span in item.example.spans:
            yield item, span
