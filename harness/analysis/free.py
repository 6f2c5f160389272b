"""What generators wrote unconstrained: rows of their own, and what had to be repaired in them.

Free answers share model and seed with the constrained ones, so they say nothing about a gold that
may be wrong, and no vote is theirs in the suspects.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.analysis.answers import FinishedRun, load
from harness.errors import DataError
from harness.results import evaluate, verify
from harness.results.reader import Result
from harness.results.record import Prediction

FREE, VARIANT = "free.jsonl", "free"


@dataclass(frozen=True, slots=True)
class RepairKind:
    """A kind of repair: its sentences, how often it was made, and the shortest answer with it."""

    kind: str
    sentences: int
    times: int
    example: Prediction


def with_free(result: Result) -> tuple[FinishedRun, ...]:
    """The answers of a run and, where its backend generates text, what it wrote freely.

    Raises:
        DataError: for a file that is damaged.
    """
    scored = load(result)
    path = result.folder / FREE
    if result.metrics.free is None:
        return (scored,)
    try:
        written, digest = verify.read(path)
    except (OSError, ValueError) as error:
        msg = f"{path}: not the free answers of this run ({error}); run this cell again"
        raise DataError(msg) from error
    stored = result.metrics
    gold = evaluate.EvaluationSetup(stored.labels, stored.policy, stored.split)
    variant = " ".join(filter(None, (result.run.variant, VARIANT)))
    run = result.run.model_copy(update={"variant": variant})
    metrics = evaluate.metrics(gold, written, digest, None)
    return scored, replace(scored, run=run, metrics=metrics, predictions=tuple(written), history=())


def repairs_by_kind(predictions: Sequence[Prediction]) -> tuple[RepairKind, ...]:
    """What was repaired, in most sentences first."""
    times: Counter[str] = Counter()
    found: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        times.update(prediction.repairs)
        for kind in filter(prediction.repairs.get, prediction.repairs):
            found.setdefault(kind, []).append(prediction)
    told = [
        RepairKind(
            kind, len(repaired), times[kind], min(repaired, key=lambda one: len(one.raw or ""))
        )
        for kind, repaired in found.items()
    ]
    return tuple(sorted(told, key=lambda repair: (-repair.sentences, repair.kind)))
