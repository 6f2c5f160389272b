"""Gold that contradicts itself: each check compares an entity with the others of the corpus.

None knows what is right: it shows the few that are not as the many are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from harness.core import Sentence, Span
from harness.data import nesting, schemes
from harness.data.examples import LocatedExample
from harness.data.lint.finding import Finding, examples, in_gold, many
from harness.data.task import Draft
from harness.tags import OUTSIDE

OFTEN = 5  # how often something is so before the exception is worth a look
RARE = 0.1  # of all, that an exception may be
LONGEST = 12  # units of a surface that is looked for where it is not labelled
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
        with_b, without = 0, list[tuple[LocatedExample, int]]()
        for item in items:
            for position, letter in _adjacent(item):
                if letter == "B":
                    with_b += 1
                else:
                    without.append((item, position))
        if without:
            item, position = without[0]
            tags = item.record.tags or ()
            message = (
                f"{len(without):,} of {len(without) + with_b:,} entities right after another begin "
                f"without B in {name}, here {tags[position]} after {tags[position - 1]}"
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
    places = list(_bare(draft, often))
    bare = Counter(surface for _, _, surface in places)
    for item, position, surface in places:
        if bare[surface] <= RARE * often[surface]:
            message = (
                f"{joiner.join(surface)!r} is no entity here, and {label[surface]} "
                f"{often[surface]} times elsewhere"
            )
            yield in_gold(item, message, position)


def _bare(
    draft: Draft, surfaces: Mapping[tuple[str, ...], int]
) -> Iterator[tuple[LocatedExample, int, tuple[str, ...]]]:
    """Where one of ``surfaces`` stands with no entity in it, the longest at each place."""
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for surface in surfaces:
        lengths[surface[0]].add(len(surface))
    for item in examples(draft):
        units, covered = item.example.sentence.units, _covered(item)
        position = 0
        while position < len(units):
            for length in sorted(lengths.get(units[position], ()), reverse=True):
                surface = units[position : position + length]
                if surface in surfaces and covered.isdisjoint(range(position, position + length)):
                    yield item, position, surface
                    position += length - 1
                    break
            position += 1


def _covered(item: LocatedExample) -> set[int]:
    return {at for span in item.example.spans for at in range(span.start, span.end)}


def off_by_one(draft: Draft) -> Iterator[Finding]:
    """An entity that ends or begins a unit beside where the same text nearly always does."""
    ends: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for item, span in _entities(draft):
        for text, how in _readings(item.example.sentence, span):
            ends[text, span.label][how] += 1
    usual = {key: _usual(counts) for key, counts in ends.items()}
    for item, span in _entities(draft):
        for text, how in _readings(item.example.sentence, span):
            wanted = usual[text, span.label]
            if wanted and how != wanted:
                times = ends[text, span.label][wanted]
                message = (
                    f"of {text!r} {how} is the entity here ({span.label}), {wanted} "
                    f"{times} times elsewhere"
                )
                yield in_gold(item, message, span.start)


def _readings(sentence: Sentence, span: Span) -> Iterator[tuple[str, str]]:
    """The text of ``span``, and that with the unit before or after it: how much is the entity."""
    yield sentence.mention(span), "all"
    if span.end < len(sentence):
        yield sentence.mention(Span(span.start, span.end + 1, span.label)), "all but the end"
    if span.start:
        yield sentence.mention(Span(span.start - 1, span.end, span.label)), "all but the beginning"


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
    found = [item for item in examples(draft) if item.example.spans]
    if draft.file.nested and found and not any(map(_overlaps, found)):
        yield in_gold(found[0], f"none of the entities of {draft.file.name} overlap")


def _overlaps(item: LocatedExample) -> bool:
    return nesting.undecided(item.example.spans, "error") is not None


def _mention(item: LocatedExample, span: Span) -> Finding:
    return in_gold(item, f"{span.label} {item.example.sentence.mention(span)!r}", span.start)


def _entities(draft: Draft) -> Iterator[tuple[LocatedExample, Span]]:
    for item in examples(draft):
        for span in item.example.spans:
            yield item, span
