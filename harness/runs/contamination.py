"""Whether weights that read other text have read the test set: they are asked to go on with it.

A model is given the first half of a sentence, and continues it word for word where it knows it; or
the first half of its lines in a file of columns, tags and all, and continues the file. How often it
does so is counted beside two controls: sentences of train, which were published with those of test,
and, as what chance and set phrases give, its continuations held against other test sentences.

Golchin and Surdeanu 2023, "Time travel in LLMs: tracing data contamination in large language
models" (arXiv:2308.08493), ask so; that a model does not go on is no proof that it never read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from harness.core import Example
from harness.protocol import PROBED, REACH
from harness.results.run_record import Contamination, Continued, ContinuedShare
from harness.tags import encode, outermost

# What goes on with each of some texts, by about so many characters.
Complete: TypeAlias = Callable[[Sequence[str], int], Sequence[str]]
SHORTEST = 2 * 8  # units of a sentence: half of it has to be too long to be guessed


@dataclass(frozen=True, slots=True)
class _Cloze:
    """What is shown, and what stands behind it."""

    shown: str
    behind: str


def probe(
    complete: Complete, test: Sequence[Example], train: Sequence[Example], *, gold: bool = True
) -> Contamination:
    """How often ``complete`` goes on with sentences of ``test``, and with their gold.

    Sentences are chosen by the hash of their text, those apart that stand in both. Without ``gold``
    none is shown, and none is asked for.
    """
    both = {e.sentence.units for e in test}.intersection(e.sentence.units for e in train)
    sides = [_chosen(examples, both) for examples in (test, train)]
    named = [filter(_ends_named, side) if gold else () for side in sides]
    return Contamination(
        text=_share(complete, *(_clozes(_text, side) for side in sides)),
        gold=_share(complete, *(_clozes(_columns, side) for side in named)),
    )


def _chosen(examples: Sequence[Example], apart: set[tuple[str, ...]]) -> list[Example]:
    """Some long sentences, the same for everybody and each text once."""
    found: dict[bytes, Example] = {}
    for example in examples:
        if len(example.sentence) >= SHORTEST and example.sentence.units not in apart:
            text = example.sentence.text.encode("utf-8", "backslashreplace")
            found[sha256(text).digest()] = example
        if len(found) > 2 * PROBED:
            found = _least(found)
    return [*_least(found).values()]


def _least(found: Mapping[bytes, Example]) -> dict[bytes, Example]:
    """As many as are asked about, those of the least hashes, in their order."""
    return {key: found[key] for key in sorted(found)[:PROBED]}


def _ends_named(example: Example) -> bool:
    """Whether an entity begins in what has to be continued: a run of O says little."""
    half = len(example.sentence) // 2
    return any(half <= span.start < half + REACH for span in example.spans)


def _clozes(cut: Callable[[Example], _Cloze], examples: Iterable[Example]) -> list[_Cloze]:
    return [cut(example) for example in examples]


def _text(example: Example) -> _Cloze:
    sentence, half = example.sentence, len(example.sentence) // 2
    units = sentence.units
    return _Cloze(
        sentence.joiner.join(units[:half]), sentence.joiner.join(units[half : half + REACH])
    )


def _columns(example: Example) -> _Cloze:
    """Lines of a unit and its tag, as CoNLL and most corpora are written."""
    units = example.sentence.units
    half = len(units) // 2
    tags = encode(outermost(example.spans), len(units))
    lines = [f"{unit} {tag}\n" for unit, tag in zip(units, tags, strict=True)]
    return _Cloze("".join(lines[:half]), "".join(lines[half : half + REACH]).rstrip())


def _share(complete: Complete, test: Sequence[_Cloze], train: Sequence[_Cloze]) -> ContinuedShare:
    written, of_train = _written(complete, test), _written(complete, train)
    others = [*test[1:], *test[:1]]
    return ContinuedShare(
        test=_continued(written, test),
        train=_continued(of_train, train),
        chance=_continued(written, others) if len(test) > 1 else Continued(continued=0, asked=0),
    )


def _written(complete: Complete, asked: Sequence[_Cloze]) -> list[str]:
    """What is written behind each; no text is asked for where there is none."""
    if not asked:
        return []
    longest = max(len(one.behind) for one in asked)
    return list(complete([one.shown for one in asked], longest + 1))  # and a space at the seam


def _continued(written: Sequence[str], asked: Sequence[_Cloze]) -> Continued:
    """How many texts go on as they should; spaces at the seam are nobody's."""
    right = sum(
        text.lstrip().startswith(one.behind.strip())
        for text, one in zip(written, asked, strict=True)
    )
    return Continued(continued=right, asked=len(asked))
