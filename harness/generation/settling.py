"""What a task keeps of an answer of entities; each loss is counted. In a flat one, none overlap.

Entities are taken by one rule: those of labels that the task has first, then the most probable
where all have a score, the longest, the leftmost, the one listed first. One that overlaps what was
taken is dropped: it says the same again (``duplicated_entity``), lies inside of an entity or around
one (``nested``), or crosses its border (``overlap``). A label that the task does not have stays as
it is, a wrong answer, unless it is another spelling of one that it has (``label_typo``); what no
label may have, such as a line break, is written as its code point. In a task with nested gold all
stay, each once.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeAlias

from harness.core import PlacedEntity, Sentence, Span, Spans, WrittenEntity
from harness.generation.fates import PREDICTED, REPAIRED, UNANSWERED
from harness.generation.formats import ESCAPE, spell_tag
from harness.generation.lexing import CAP, CAP_EXTRA, NO_TAG, WHOLE, lexicon
from harness.generation.nearest import nearest
from harness.generation.placing import Placing, place
from harness.tags import is_visible, split


@dataclass(frozen=True, slots=True)
class Settled:
    """The entities that stand, in order, the probability of each where all have one, all faults.

    ``fates`` has a letter for each unit (``harness.generation.fates``).
    """

    spans: tuple[Span, ...]
    scores: tuple[float, ...] | None
    faults: Counter[str]
    fates: str


@dataclass(frozen=True, slots=True)
class _Claim:
    """An entity with its place, whether its label is one of the task's, and if it was mended."""

    entity: PlacedEntity
    known: bool
    mended: bool

    @property
    def place(self) -> slice:
        return slice(self.entity.start, self.entity.end)


# From claims, and how many units there are, to the entities that stand, in order, and for each unit
# whether a repair touched it.
_Choose: TypeAlias = Callable[
    [Sequence[_Claim], int, Counter[str]], tuple[list[PlacedEntity], list[bool]]
]


def settle(answer: Spans, sentence: Sentence, tags: tuple[str, ...]) -> Settled:
    """What ``answer`` means for ``sentence`` in a flat task, under the tag set ``tags``."""
    return _settled(answer, sentence, tags, _flat)


def settle_nested(answer: Spans, sentence: Sentence, tags: tuple[str, ...]) -> Settled:
    """As ``settle``, in a task with nested gold."""
    return _settled(answer, sentence, tags, _each_once)


def _settled(answer: Spans, sentence: Sentence, tags: tuple[str, ...], choose: _Choose) -> Settled:
    faults: Counter[str] = Counter()
    cap = CAP * len(sentence) + CAP_EXTRA
    faults["overflow"] += len(answer.entities) > cap
    claims = list(_claims(answer.entities[:cap], sentence, tags, faults))
    kept, mended = choose(claims, len(sentence), faults)
    read = len(sentence) - answer.unread
    fates = "".join(REPAIRED if each else PREDICTED for each in mended[:read])
    scores = tuple(each.score for each in kept if each.score is not None)
    return Settled(
        tuple(Span(each.start, each.end, each.label) for each in kept),
        scores if len(scores) == len(kept) else None,
        +faults,
        fates + UNANSWERED * answer.unread,
    )


def _claims(
    entities: Sequence[PlacedEntity | WrittenEntity],
    sentence: Sentence,
    tags: tuple[str, ...],
    faults: Counter[str],
) -> Iterator[_Claim]:
    """The entities that have a place, in the order of the answer."""
    for entity, fault in _placed(entities, sentence):
        if entity is None:
            faults[fault] += 1
            continue
        label, known, misspelt = _label(entity.label, tags)
        found = [each for each in (fault, misspelt) if each]
        faults.update(found)
        yield _Claim(replace(entity, label=label), known, mended=bool(found))


def _placed(
    entities: Sequence[PlacedEntity | WrittenEntity], sentence: Sentence
) -> Iterator[tuple[PlacedEntity | None, str]]:
    """Each entity at its place, None where it has none, with the fault of finding it."""
    written = {n: each for n, each in enumerate(entities) if isinstance(each, WrittenEntity)}
    given = [(each.start, each.end) for each in entities if isinstance(each, PlacedEntity)]
    places = place(sentence, written, nearest, given) if written else dict[int, Placing]()
    for number, entity in enumerate(entities):
        if isinstance(entity, PlacedEntity):
            yield entity, ""
        else:
            where, fault = places[number]
            yield where and PlacedEntity(*where, entity.label, entity.score), fault


def _label(label: str, tags: tuple[str, ...]) -> tuple[str, bool, str]:
    """The label that is meant, whether the task has it, and the fault of reading it."""
    if f"B-{label}" in tags:
        return label, True, ""
    tag, _ = lexicon(tags, WHOLE).tag(spell_tag(f"B-{label}"))
    if tag == NO_TAG:
        return _legible(label), False, "unknown_label"
    return split(tags[tag])[1], True, "label_typo"


def _legible(label: str) -> str:
    """``label`` as one word, which fits into lines and columns."""
    return "".join(each if is_visible(each) else f"{ESCAPE}{ord(each):x};" for each in label)


def _flat(
    claims: Sequence[_Claim], units: int, faults: Counter[str]
) -> tuple[list[PlacedEntity], list[bool]]:
    """Those of which no two overlap."""
    owner: list[PlacedEntity | None] = [None] * units
    mended = [False] * units
    scored = all(claim.entity.score is not None for claim in claims)
    kept = []
    for claim in sorted(claims, key=lambda each: _rank(each, scored=scored)):
        owners = {each for each in owner[claim.place] if each is not None}
        size = claim.entity.end - claim.entity.start
        if owners:
            faults[_company(claim.entity, owners)] += 1
        else:
            owner[claim.place] = [claim.entity] * size
            kept.append(claim.entity)
        if owners or claim.mended:
            mended[claim.place] = [True] * size
    return sorted(kept, key=lambda each: each.start), mended


def _each_once(
    claims: Sequence[_Claim], units: int, faults: Counter[str]
) -> tuple[list[PlacedEntity], list[bool]]:
    """All of them; of what was said twice, the more probable."""
    mended = [False] * units
    scored = all(claim.entity.score is not None for claim in claims)
    kept: dict[Span, PlacedEntity] = {}
    for claim in sorted(claims, key=lambda each: _rank(each, scored=scored)):
        entity = claim.entity
        said = Span(entity.start, entity.end, entity.label)
        faults["duplicated_entity"] += said in kept
        if said in kept or claim.mended:
            mended[claim.place] = [True] * len(said)
        kept.setdefault(said, entity)
    return [kept[said] for said in sorted(kept)], mended


def _rank(claim: _Claim, *, scored: bool) -> tuple[bool, float, int, int]:
    entity = claim.entity
    sure = entity.score if scored and entity.score is not None else 0.0
    return not claim.known, -sure, entity.start - entity.end, entity.start


def _company(entity: PlacedEntity, owners: Set[PlacedEntity]) -> str:
    """What an entity is to those that already own units of it."""
    place = entity.start, entity.end
    others = [(each.start, each.end, each.label) for each in owners]
    if others == [(*place, entity.label)]:
        return "duplicated_entity"
    around = all(place[0] <= start and end <= place[1] for start, end, _ in others)
    inside = any(start <= place[0] and place[1] <= end for start, end, _ in others)
    same = any((start, end) == place for start, end, _ in others)
    return "overlap" if same or not (around or inside) else "nested"
