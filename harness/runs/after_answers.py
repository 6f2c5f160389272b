"""What is asked of a backend once its answers to the test set are final: questions about gold.

The scaling of its confidences is fitted on the development set, whose gold it knows from
training. What its model pays for the gold of the test set, and whether its weights knew it before,
need that gold: it is handed out when the answers are stored and the model is saved, so that nothing
of it can reach either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import inf

from harness.core import Decoded, Example
from harness.data.splits import TEST, TRAIN
from harness.data.windows import Window, WindowPolicy, clip
from harness.errors import BackendError
from harness.protocol import Backend, CompletesText, MeasuresSurprisal
from harness.results.run_record import Calibration, Contamination
from harness.runs.contamination import probe
from harness.runs.handout import Handout, unnamed
from harness.scoring.calibration import fit_scaling, judge
from harness.tags import decode

_LEAST = -1e-6  # of bits: what rounding may leave of none


def calibration(
    backend: Backend, given: Handout, answers: Mapping[str, Decoded]
) -> Calibration | None:
    """The scaling that suits the development set.

    None where ``answers`` have no confidence, or nothing was found to fit it on.

    Raises:
        BackendError: for outputs that do not fit the development set.
    """
    if any(decoded.confidence is None for decoded in answers.values()):
        return None
    scorer = given.score_dev
    outputs = backend.predict([example.sentence for example in given.dev])
    decoded = scorer.decoded(outputs)
    found = [(e.spans, decoded[e.sentence.id]) for e in scorer.examples if len(e.sentence)]
    sure = [
        (spans, decode(one.tags) if one.entities is None else one.entities, one.confidence)
        for spans, one in found
        if one.confidence is not None
    ]
    if len(sure) < len(found):
        return None
    judged = judge(*zip(*sure, strict=True)) if sure else None
    if not judged:
        return None
    fitted, right = fit_scaling(judged), int(judged.right.sum())
    return Calibration(
        temperature=fitted.temperature, bias=fitted.bias, entities=len(judged), right=right
    )


def gold_bits(
    backend: Backend, examples: Sequence[Example], policy: WindowPolicy
) -> dict[str, float]:
    """The bits that gold costs, by the id of the sentence, of those that were measured.

    Units are paid for once, in the window that owns them, given the gold before them in its view.

    Raises:
        BackendError: for a number of bits that does not fit, or bits that are no number.
    """
    nested = any(example.nested for example in examples)  # no tags, and so no bits of any
    if nested or not isinstance(backend, MeasuresSurprisal):
        return {}
    cut = [(window, _gold(example, window)) for example in examples
           for window in policy.cut(example.sentence)]  # fmt: skip
    found = backend.surprisal([gold for _, gold in cut])
    paid: dict[str, list[float | None]] = {example.sentence.id: [] for example in examples}
    for (window, _), bits in zip(cut, found, strict=True):
        paid[window.sentence.id].append(_owned(window, bits))
    return {key: sum(known) for key, parts in paid.items() if (known := _all(parts)) is not None}


def contamination(
    backend: Backend, examples: Mapping[str, Sequence[Example]]
) -> Contamination | None:
    """What the weights of ``backend`` knew of the test set; None where they cannot be asked.

    Args:
        backend: what answered.
        examples: those of each split.

    Raises:
        BackendError: for what is not one text for each that was asked about.
    """
    if not isinstance(backend, CompletesText) or backend.complete((), 0) is None:
        return None

    def complete(texts: Sequence[str], characters: int) -> Sequence[str]:
        found = backend.complete(texts, characters)
        if found is None:
            raise _NotAskedError
        return found

    try:
        return probe(
            complete, examples[TEST], examples[TRAIN], gold=getattr(backend, "shows_gold", True)
        )
    except _NotAskedError:
        return None


class _NotAskedError(Exception):
    """The weights could not be asked after all."""


def _gold(example: Example, window: Window) -> Example:
    seen = clip(example.spans, window.start, window.end)
    return replace(example, sentence=unnamed(window.view), spans=seen)


def _owned(window: Window, bits: Sequence[float] | None) -> float | None:
    """The bits of the units that ``window`` owns."""
    if bits is None:
        return None
    if len(bits) != len(window.view):
        msg = f"sentence {window.view.id}: {len(bits)} bits for {len(window.view)} units"
        raise BackendError(msg)
    values: Sequence[object] = bits
    for one in values:
        if not isinstance(one, float | int) or not _LEAST <= one < inf:  # NaN is refused too
            msg = f"sentence {window.view.id}: bits are finite and not negative, not {one!r}"
            raise BackendError(msg)
    owned = islice(bits, window.owned_start - window.start, window.owned_end - window.start)
    return max(0.0, sum(owned))


def _all(parts: Sequence[float | None]) -> list[float] | None:
    known = [part for part in parts if part is not None]
    return known if len(known) == len(parts) else None
