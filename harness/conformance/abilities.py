"""What the optional methods promise, where a backend has them."""

import math

from harness.conformance.check import NotApplicableError, Promise, PromiseError, require_same
from harness.conformance.lessons import FIRST, QUESTIONS
from harness.conformance.subject import ASKED, Subject
from harness.core import Example
from harness.oracle.ceiling import first_difference
from harness.protocol import Generates, Linearises, MeasuresSurprisal
from harness.runs.contract import require_answers, require_bits, require_texts
from harness.tags import decode, encode


def oracle(subject: Subject) -> None:
    """Its ceiling is 100: gold that goes through its own path comes back as it was."""
    if not issubclass(subject.backend, Linearises):
        raise NotApplicableError("it has no method oracle")
    made, gold = subject.make(), FIRST.train
    sentences = [example.sentence for example in gold]
    found = made.call("oracle", gold, gold)
    outputs = require_answers(made.name, "oracle", found, sentences)
    for example, tags in zip(gold, made.read(outputs, sentences), strict=True):
        if tags != encode(example.spans, len(tags)):
            raise PromiseError(first_difference(example, decode(tags)))


def generate(subject: Subject) -> None:
    """What generate writes is one Text for each sentence, in a format that the harness reads."""
    if not issubclass(subject.backend, Generates):
        raise NotApplicableError("it has no method generate")
    trained = subject.trained
    found = trained.call("generate", tuple(QUESTIONS))
    trained.read(require_texts(trained.name, found, QUESTIONS), QUESTIONS)


def surprisal(subject: Subject) -> None:
    """The bits of each unit that surprisal gives are not negative, and it changes no answer."""
    if not issubclass(subject.backend, MeasuresSurprisal):
        raise NotApplicableError("it has no method surprisal")
    trained = subject.trained
    found = trained.call("surprisal", FIRST.dev)
    for example, bits in zip(FIRST.dev, require_bits(trained.name, found, FIRST.dev), strict=True):
        _require_bits_of(example, bits)
    require_same(ASKED, subject.answers, trained.tags(ASKED))


def _require_bits_of(example: Example, bits: object) -> None:
    if bits is None:
        return
    values = list(bits) if isinstance(bits, list | tuple) else []
    if len(values) != len(example.sentence):
        msg = f"{len(values)} bits for {len(example.sentence)} units"
        raise PromiseError(msg)
    wrong = [value for value in values if not -1e-6 <= value < math.inf]
    if wrong:
        msg = f"{wrong[0]} bits"
        raise PromiseError(msg)


CHECKS = (
    Promise(
        "oracle",
        oracle,
        "see `python -m harness oracle`: what the format or the vocabulary "
        "cannot hold is lost before anything is learned",
        ("constructor",),
    ),
    Promise(
        "generate",
        generate,
        "answer Text(text, format) with a format of harness.generation.formats",
        ("predict",),
    ),
    Promise(
        "surprisal",
        surprisal,
        "give -log2 of the probability of each gold tag, or None for a "
        "sentence that cannot be measured",
        ("repeat", "no-shared-state"),
    ),
)
