"""How well repair undoes faults: gold is damaged on purpose, repaired and scored.

Without faults every format scores 100, so what is lost is lost to the fault and its repair alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from harness.core import Counts, Example, Text
from harness.generation.fault_injection import (
    SINGLE,
    UNRECOVERABLE,
    faults_of,
    join_pieces,
    plant,
    to_pieces,
)
from harness.generation.formats import Format, format_named
from harness.generation.repair import repair
from harness.tags import decode, encode

MOST = 3  # faults a sentence, at least one
NONE, MIXED = "none", "mixed"


@dataclass(frozen=True, slots=True)
class Robustness:
    """One kind of fault in one format: entity counts (conlleval policy) before and after repair.

    ``fault`` is ``none``, ``mixed`` (any of ``fault_injection.SINGLE``) or the name of one;
    ``recoverable`` is False for those of ``UNRECOVERABLE``. ``repairs`` counts all repairs.
    """

    format: str
    fault: str
    recoverable: bool
    sentences: int
    malformed: int
    units: int
    repairs: int
    raw: Counts
    repaired: Counts


def robustness(
    examples: Sequence[Example], tags: tuple[str, ...], form: str, seed: int
) -> tuple[Robustness, ...]:
    """A row without faults, one with all single ones mixed, and one for each fault.

    One to three faults are planted in each sentence; the same ones for the same seed.
    """
    chosen = format_named(form)
    possible = faults_of(chosen)
    mixed = tuple(name for name in possible if name in SINGLE)
    kinds = [(NONE, ()), (MIXED, mixed), *((name, (name,)) for name in possible)]
    return tuple(_row(examples, tags, chosen, fault, names, seed) for fault, names in kinds)


def _row(
    examples: Sequence[Example],
    tags: tuple[str, ...],
    form: Format,
    fault: str,
    names: tuple[str, ...],
    seed: int,
) -> Robustness:
    """All sentences with faults out of ``names``."""
    malformed = repairs = 0
    raw = repaired = Counts()
    rng = Random(f"{seed} {form.name} {fault}")  # noqa: S311  chooses faults, guards nothing
    for example, text in _damaged(examples, form, names, rng):
        decoded = repair(text, example.sentence, tags)
        malformed += form.parse(text.text, example.sentence, tags) is None
        repairs += sum(decoded.repairs.values())
        raw += _counts(example, decoded.raw_tags or ())
        repaired += _counts(example, decoded.tags)
    units = sum(len(example.sentence) for example in examples)
    recoverable = fault not in UNRECOVERABLE
    size = len(examples)
    return Robustness(form.name, fault, recoverable, size, malformed, units, repairs, raw, repaired)


def _damaged(
    examples: Sequence[Example], form: Format, names: tuple[str, ...], rng: Random
) -> Iterator[tuple[Example, Text]]:
    """What each example's gold would read like with one to three faults out of ``names``."""
    for example in examples:
        sentence = example.sentence
        pieces = to_pieces(form, sentence, encode(example.spans, len(sentence)))
        if names:
            pieces = plant(pieces, rng.choices(names, k=rng.randint(1, MOST)), rng)
        yield example, Text(join_pieces(form, pieces, sentence.joiner), form.name)


def _counts(example: Example, tags: Sequence[str]) -> Counts:
    """What was found against the gold of one example."""
    gold, found = set(example.spans), set(decode(tags))
    both = len(gold & found)
    return Counts(both, len(found) - both, len(gold) - both)
